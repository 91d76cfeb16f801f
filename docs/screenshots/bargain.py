"""The story of the pictures about trading: two offers, a meeting, a report. It runs in the shell of the board."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

from deals.actions import answer_meeting, answer_offer, make_offer, suggest_meeting
from django.contrib.auth.models import User
from django.utils import timezone, translation
from posts.management.commands.fill_demo import PASSWORD
from posts.models import Post

from django_pairchat import services
from django_pairchat.moderation.models import Case
from django_pairchat.moderation.services import decide

STORIES: dict[str, dict[str, Any]] = {
    "en": {
        "names": ["Emma", "Liam", "Noah"],
        "titles": ["Found: guitar, three years with us", "Lost: camera"],
        "places": ["Station", "Old bridge"],
        "question": "Hello! Nobody came for the guitar. Would you sell it to me?",
        "demand": "Send the money for the postage first, then I will post your camera.",
        "report": "I lost this camera, and now I am to pay in advance.",
        "reasons": "Money was asked for before anything was handed over.",
    },
    "ko": {
        "names": ["민지", "주원", "소라"],
        "titles": ["3년 보관한 기타", "카메라 찾아요"],
        "places": ["역 앞", "다리 근처"],
        "question": "안녕하세요! 기타 주인이 안 나타났다면 저에게 파실 수 있을까요?",
        "demand": "택배비를 먼저 보내 주시면 카메라를 보내 드릴게요.",
        "report": "잃어버린 카메라인데 돈을 먼저 보내라고 해요.",
        "reasons": "물건을 돌려주기 전에 돈을 요구했어요.",
    },
    "ar": {
        "names": ["ليلى", "عمر", "سارة"],
        "titles": ["غيتار محفوظ منذ ثلاث سنوات", "أبحث عن كاميرا"],
        "places": ["المحطة", "الجسر القديم"],
        "question": "مرحبا! لم يأت أحد ليأخذ الغيتار. هل تبيعه لي؟",
        "demand": "أرسل أجرة البريد أولا، ثم أرسل إليك الكاميرا.",
        "report": "هذه كاميرتي التي ضاعت، ويُطلب مني الدفع مقدما.",
        "reasons": "طُلب المال قبل تسليم أي شيء.",
    },
}


def tell(language: str) -> None:
    """Fill the board with the story, and print the names of the people and the keys of the rooms."""
    story = STORIES[language]
    with translation.override(language):
        me, seller, finder = (
            User.objects.create_user(f"{language}{n}", first_name=name, password=PASSWORD)
            for n, name in enumerate(story["names"])
        )
        bargained = _room(me, seller, story, 0)
        services.send(bargained, me, story["question"])
        _bargain(me, seller, str(bargained.pk), story["places"][0])
        demanded = _room(me, finder, story, 1)
        demand = services.send(demanded, finder, story["demand"])
        services.report(me, str(demanded.pk), story["report"], demand.seq, category="fraud", context=True)
    User.objects.create_superuser("desk", password=PASSWORD)
    people = {"me": me.username, "finder": finder.username}
    rooms = {"bargained": str(bargained.pk), "demanded": str(demanded.pk)}
    print(json.dumps(people | rooms))  # noqa: T201 - it is what the shell is asked for


def suspend(language: str) -> None:
    """Decide about the report."""
    decide(
        Case.objects.get(),
        "suspended",
        by=User.objects.get(username="desk"),
        days=7,
        reasons=STORIES[language]["reasons"],
    )


def _bargain(me: User, seller: User, room: str, place: str) -> None:
    first = make_offer(me, room, uuid4(), 40_000)
    second = answer_offer(seller, first.pk, "counter", 55_000)
    answer_offer(me, second.pk, "accept")
    noon = timezone.now().replace(hour=3, minute=0, second=0, microsecond=0)
    meeting = suggest_meeting(seller, room, uuid4(), noon + timedelta(days=2), place)
    answer_meeting(me, meeting.pk, "agree")


def _room(me: User, peer: User, story: dict[str, Any], number: int) -> Any:
    kind, title, place = ("found", "lost")[number], story["titles"][number], story["places"][number]
    post = Post.objects.create(author=peer, kind=kind, title=title, place=place, body="-")
    return services.open_room(me, peer, topic=post)
