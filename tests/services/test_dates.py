"""The message at which a day begins, found by the index of ``seq``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from django_pairchat import get_message_model
from django_pairchat.dispatch import dispatch
from django_pairchat.exceptions import BadRequest, NotFound
from django_pairchat.protocol.requests import History, parse
from django_pairchat.services import change_settings, find_date, get_room, history
from tests.conftest import People
from tests.support.counting import counted

START = datetime(2026, 1, 1, tzinfo=UTC)


def filled(room: Any, number: int, *, first: int = 1) -> str:
    """The key of a room with one message an hour. Those before ``first`` were removed."""
    model = get_message_model()
    model.objects.bulk_create(
        model(room=room, seq=seq, rev=seq, side=1, content="hello", created_at=START + timedelta(hours=seq))
        for seq in range(first, number + 1)
    )
    type(room).objects.filter(pk=room.pk).update(head=number, rev=number)
    return str(room.pk)


@pytest.mark.parametrize("number", [1, 199, 200, 201, 450])
def test_it_is_the_first_message_of_that_time_or_later(room: Any, people: People, number: int) -> None:
    key = filled(room, number)
    for wanted in {1, 2, number // 2, number - 1, number} & set(range(1, number + 1)):
        at = START + timedelta(hours=wanted)
        assert find_date(people.minji, key, at) == wanted
        assert find_date(people.minji, key, at - timedelta(minutes=1)) == wanted
    assert find_date(people.minji, key, START + timedelta(days=1000)) == number
    assert find_date(people.minji, key, START - timedelta(days=1)) == 1


def test_what_was_cleared_or_removed_is_not_found(room: Any, people: People) -> None:
    key = filled(room, 450, first=440)
    assert find_date(people.minji, key, START) == 440
    assert find_date(people.minji, key, START + timedelta(hours=445)) == 445
    change_settings(people.juwon, key, cleared=448)
    assert find_date(people.juwon, key, START) == 449
    change_settings(people.juwon, key, cleared=450)
    assert find_date(people.juwon, key, START) == 0


def test_a_long_room_takes_few_statements(room: Any, people: People) -> None:
    key = filled(room, 450)
    with counted() as statements:
        page = history(people.minji, key, at=START + timedelta(hours=300), limit=5)
    assert [message.seq for message in page.messages] == [298, 299, 300, 301, 302]
    # The room, two steps, and the page to either side.
    assert statements.count == 5


def test_a_client_asks_by_time(room: Any, people: People) -> None:
    key = filled(room, 10)
    request = parse({"type": "history", "id": 1, "room": key, "at": "2026-01-01T09:00:00+02:00", "limit": 1})
    assert [message["seq"] for message in dispatch(people.minji, request).result["messages"]] == [7]
    with pytest.raises(BadRequest):
        parse({"type": "history", "id": 1, "room": key, "at": "2026-01-01T09:00:00Z", "before": 3})
    with pytest.raises(NotFound):
        dispatch(people.stranger, History(key, at=START))


def test_an_empty_room_has_no_day(room: Any, people: People) -> None:
    assert find_date(people.minji, get_room(people.minji, room), START) == 0
    assert history(people.minji, room, at=START).messages == []
