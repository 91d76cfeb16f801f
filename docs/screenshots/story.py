"""The story of the pictures: a visitor asks for a red umbrella. It runs in the shell of the board."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from posts.management.commands.fill_demo import PASSWORD
from posts.models import Post
from umbrella import umbrella

from django_pairchat import services

LOST = 1
"""The number of the title of what was lost; the other things were found."""

STORIES: dict[str, dict[str, Any]] = {
    "en": {
        "names": ["Emma", "Liam", "Noah", "Ava", "Mia"],
        "titles": ["Found: red umbrella", "Lost: grey scarf", "Found: bicycle key", "Found: black gloves"],
        "places": ["Bus 12", "Library", "Station", "Park"],
        "lines": [
            ("me", "Hello! Could the red umbrella be mine? I left one on the bus this morning.", None, ""),
            ("peer", "Maybe. Does it have a wooden handle?", None, ""),
            ("me", "It does, with a small scratch near the button.", 2, "👍"),
            ("peer", "Then it is yours.", None, "🎉"),
            ("me", "Could you send me a photo, so that I am sure?", None, ""),
        ],
        "photo": "Here it is",
        "others": ["Is this the one with the stripes?", "Thank you, the key fits.", "Are they still there?"],
        "word": "umbrella",
        "unsent": "That is the one. Thank you!",
    },
    "ko": {
        "names": ["민지", "주원", "소라", "하준", "서연"],
        "titles": ["빨간 우산 주웠어요", "회색 목도리 찾아요", "자전거 열쇠 주웠어요", "검은 장갑 주웠어요"],
        "places": ["12번 버스", "도서관", "역 앞", "공원"],
        "lines": [
            ("me", "안녕하세요! 혹시 그 빨간 우산이 제 것일까요? 오늘 아침 버스에 두고 내렸어요.", None, ""),
            ("peer", "그럴 수도 있겠네요. 손잡이가 나무인가요?", None, ""),
            ("me", "네, 버튼 옆에 작은 흠집이 있어요.", 2, "👍"),
            ("peer", "그럼 주인이 맞네요.", None, "🎉"),
            ("me", "확실히 하고 싶은데 우산 사진 한 장 보내 주실 수 있을까요?", None, ""),
        ],
        "photo": "여기 있어요",
        "others": ["줄무늬가 있는 목도리인가요?", "고맙습니다, 열쇠가 맞아요.", "아직 가지고 계세요?"],
        "word": "우산",
        "unsent": "맞아요, 제 우산이에요. 고맙습니다!",
    },
    "ar": {
        "names": ["ليلى", "عمر", "سارة", "يوسف", "مريم"],
        "titles": ["عُثر على مظلة حمراء", "أبحث عن وشاح رمادي", "عُثر على مفتاح دراجة", "عُثر على قفازات سوداء"],
        "places": ["الحافلة 12", "المكتبة", "المحطة", "الحديقة"],
        "lines": [
            ("me", "مرحبا، هل يمكن أن تكون المظلة الحمراء لي؟ نسيتها في الحافلة هذا الصباح.", None, ""),
            ("peer", "ربما. هل لها مقبض خشبي؟", None, ""),
            ("me", "نعم، وعليه خدش صغير قرب الزر.", 2, "👍"),
            ("peer", "إذن هي لك.", None, "🎉"),
            ("me", "هل يمكنك أن ترسل لي صورة المظلة لأتأكد؟", None, ""),
        ],
        "photo": "ها هي",
        "others": ["هل عليه خطوط؟", "شكرا، المفتاح مناسب.", "هل ما زالت عندك؟"],
        "word": "المظلة",
        "unsent": "هذه هي. شكرا جزيلا!",
    },
}


def tell(language: str) -> None:
    """Fill the board with the story, and print where everything is, as :class:`tests.browser.tour.Places` wants it."""
    story = STORIES[language]
    me, peer, *others, newcomer = (_person(f"{language}{n}", name) for n, name in enumerate(story["names"]))
    for other, title, text in zip([*others, others[0]], story["titles"][1:], story["others"], strict=True):
        services.send(_room(me, other, title), other, text)
    full = _room(me, peer, story["titles"][0])
    sent = [_send(full, me if who == "me" else peer, *line) for who, *line in story["lines"]]
    _speak(full, peer)
    token = services.store_upload(peer, str(full.pk), ContentFile(umbrella(), name="umbrella.png")).token
    services.send_once(peer, str(full.pk), client_id=str(uuid4()), content=story["photo"], upload=token)
    services.star(me, str(full.pk), sent[1].seq)
    rooms = {room.topic_title: room for room in services.inbox(me).rooms}
    blocked, archived = rooms[story["titles"][3]], rooms[story["titles"][2]]
    services.change_settings(me, str(archived.pk), archived=True)
    services.change_settings(me, str(blocked.pk), blocked=True)
    # No picture shows a room whose other person has left, so any room will do.
    places = {"full": str(full.pk), "blocked": str(blocked.pk), "alone": str(archived.pk)}
    texts = {
        "my_text": sent[2].content,
        "their_text": sent[1].content,
        "word": story["word"],
        "unsent": story["unsent"],
    }
    numbers = {"mine": sent[2].seq, "theirs": sent[1].seq, "post": Post.objects.get(title=story["titles"][0]).pk}
    print(json.dumps({"me": me.username, "newcomer": newcomer.username, **places, **texts, **numbers}))  # noqa: T201 - it is what the shell is asked for


def _speak(room: Any, sender: User) -> None:
    """Send a voice message that nobody will hear: its beginning is right, and its shape is that of speech."""
    speech = ContentFile(b"OggS" + bytes(60), name="voice.ogg")
    spoken = services.send_with_file(sender, str(room.pk), client_id=uuid4(), content="", file=speech).message
    levels = [8, 30, 72, 95, 60, 24, 12, 44, 80, 64, 30, 10, 6, 38, 90, 70, 42, 88, 52, 20, 9, 5, 34, 66, 48, 22, 10, 4]
    spoken.attachment_info["voice"] = {"duration": 4.6, "waveform": levels}
    spoken.save(update_fields=["attachment_info"])


def begin() -> None:
    """Fill the board for the moving picture: two people, and a post that one of them has written."""
    reader, author = (_person(name.lower(), name) for name in ("Emma", "Liam"))
    body = "On bus 12, under a seat. Tell me what its handle is made of."
    post = Post.objects.create(author=author, kind="found", title="Found: red umbrella", place="Bus 12", body=body)
    print(json.dumps({"reader": reader.username, "author": author.username, "post": post.pk}))  # noqa: T201 - as above


def _person(username: str, name: str) -> User:
    return User.objects.create_user(username, first_name=name, password=PASSWORD)


def _room(me: User, peer: User, title: str) -> Any:
    story = next(each for each in STORIES.values() if title in each["titles"])
    number = story["titles"].index(title)
    kind, place = "lost" if number == LOST else "found", story["places"][number]
    post = Post.objects.create(author=peer, kind=kind, title=title, place=place, body="-")
    return services.open_room(me, peer, topic=post)


def _send(room: Any, sender: User, text: str, reply_to: int | None, emoji: str) -> Any:
    message = services.send(room, sender, text, reply_to=reply_to)
    if emoji:
        services.react(room.peer_of(sender), str(room.pk), message.seq, emoji)
    return message
