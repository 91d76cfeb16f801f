"""How fast a person usually answers, beside the button and in a room's head, where the policy shows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.template import RequestContext, Template
from django.test import RequestFactory
from django.utils import timezone
from django.utils.translation import override

from django_pairchat import get_message_model
from django_pairchat.policy import Policy
from django_pairchat.services import open_room, send
from tests.support.people import make_user
from tests.support.policies import chosen

from .browser import Browser


class ShowsJuwonsTimes(Policy):
    def shows_response_time(self, user: Any) -> bool:
        return self.profile(user).name == "juwon"


def answers(user: Any, count: int, wait: timedelta, *, unanswered: int = 0) -> None:
    for number in range(count + unanswered):
        peer = make_user(f"buyer{number}")
        room = open_room(peer, user)
        begun = timezone.now() - timedelta(days=10)
        for message, at in ((send(room, peer, "?"), begun), (number < count and send(room, user, "!"), begun + wait)):
            if message:
                get_message_model().objects.filter(pk=message.pk).update(created_at=at)
    cache.clear()


def button(user: Any, by: Any) -> str:
    request = RequestFactory().get("/")
    request.user = by
    markup = Template("{% load pairchat %}{% pairchat_button person %}")
    return markup.render(RequestContext(request, {"person": user}))


@pytest.mark.parametrize(
    "told",
    [
        (timedelta(minutes=2), "Usually answers within a few minutes"),
        (timedelta(minutes=59), "Usually answers within an hour"),
        (timedelta(hours=5), "Usually answers within a few hours"),
        (timedelta(hours=20), "Usually answers within a day"),
        (timedelta(days=3), "Usually answers within a few days"),
    ],
)
def test_the_time_is_told_in_words(
    at_minji: Browser, juwon: Any, room: Any, settings: Any, told: tuple[timedelta, str]
) -> None:
    settings.PAIRCHAT = chosen(ShowsJuwonsTimes)
    wait, words = told
    answers(juwon, 5, wait)
    assert words in at_minji.open(f"/chat/rooms/{room.pk}/").root.one(class_="pc-head-main").text
    assert words in button(juwon, room.user1)


def test_it_is_told_in_the_readers_language(minji: Any, juwon: Any, settings: Any) -> None:
    settings.PAIRCHAT = chosen(ShowsJuwonsTimes)
    answers(juwon, 5, timedelta(minutes=30))
    with override("ko"):
        assert "보통 한 시간 안에 답해요" in button(juwon, minji)


@pytest.mark.parametrize(("answered", "unanswered"), [(4, 0), (4, 5)], ids=["asked seldom", "mostly silent"])
def test_nothing_is_told_where_usually_would_not_be_true(
    minji: Any, juwon: Any, settings: Any, answered: int, unanswered: int
) -> None:
    settings.PAIRCHAT = chosen(ShowsJuwonsTimes)
    answers(juwon, answered, timedelta(minutes=30), unanswered=unanswered)
    assert "Usually" not in button(juwon, minji)


def test_nothing_is_told_unless_the_policy_says_so(at_juwon: Browser, minji: Any, juwon: Any, room: Any) -> None:
    send(room, minji, "hello")
    answers(minji, 5, timedelta(minutes=30))
    assert "Usually" not in at_juwon.open(f"/chat/rooms/{room.pk}/").text
    assert "Usually" not in button(minji, juwon)
