"""``pairchat_stats``: how much the chat is used, from queries that do not grow with it."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from django_pairchat import get_message_model, get_room_model
from django_pairchat.management import figures as figures_module
from django_pairchat.services import activity as counting
from django_pairchat.services import open_room, prune, send
from tests.conftest import People
from tests.support.counting import counted
from tests.support.people import make_topic, make_user

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("pairchat_stats", *arguments, stdout=said, no_color=True)
    return said.getvalue()


def figures() -> dict[str, Any]:
    return {name: found and found["count"] for name, found in json.loads(run("--json")).items()}


def written(room: Any, sender: Any, text: str, hours: float) -> None:
    message = send(room, sender, text)
    at = timezone.now() - timedelta(hours=hours)
    get_message_model().objects.filter(pk=message.pk).update(created_at=at)
    get_room_model().objects.filter(pk=room.pk).update(last_message_at=at)


def test_it_says_what_was_written_and_when(people: People, room: Any) -> None:
    written(room, people.minji, "long ago", 24 * 30)
    written(room, people.juwon, "the day before yesterday", 40)
    written(room, people.minji, "today", 3)
    new = open_room(people.minji, people.stranger)
    written(new, people.minji, "new", 2)
    written(new, people.stranger, "answered", 0.5)
    open_room(people.juwon, people.stranger)
    found = figures()
    assert (found["rooms"], found["active_rooms_hour"], found["active_rooms_day"], found["active_rooms_week"]) == (
        3,
        1,
        2,
        2,
    )
    assert found["messages_day"] == 3
    assert found["new_rooms_day"] == 1
    assert found["first_answers_day"] == 1
    assert found["notifications_due"] == 0


def test_messages_that_were_pruned_are_not_counted_as_new(people: People, room: Any) -> None:
    for number in range(4):
        written(room, people.minji, f"old {number}", 24 * 40)
    get_room_model().objects.update(created_at=timezone.now() - timedelta(days=50))
    written(room, people.juwon, "new", 1)
    assert list(prune(timezone.now() - timedelta(days=20)))
    found = figures()
    assert (found["messages_day"], found["new_rooms_day"], found["first_answers_day"]) == (1, 0, 0)


def test_it_says_where_it_stopped_counting(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures_module, "LIMIT", 2)
    monkeypatch.setattr(figures_module, "ROOMS_LOOKED_AT", 2)
    for _ in range(4):
        send(open_room(people.minji, people.juwon, make_topic()), people.minji, "hello")
    said = run()
    assert "at least 2" in said.splitlines()[0]
    found = json.loads(run("--json"))
    assert found["rooms"] == {"count": 2, "is_least": True}
    assert found["messages_day"] == {"count": 2, "is_least": True}


def test_more_rooms_and_messages_take_no_more_queries(people: People, room: Any) -> None:
    send(room, people.minji, "hello")
    with counted() as few:
        run()
    for _ in range(20):
        other = open_room(people.minji, make_user("Somebody"))
        for text in "abc":
            send(other, people.minji, text)
    with counted() as many:
        run()
    assert many.count == few.count


def test_rooms_are_read_in_parts(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "ROOMS_AT_ONCE", 2)
    for _ in range(5):
        send(open_room(people.minji, people.juwon, make_topic()), people.minji, "hello")
    assert figures()["messages_day"] == 5
