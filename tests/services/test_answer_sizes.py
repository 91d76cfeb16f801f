"""An answer has a limit in bytes, and a client that asks for the next pages still gets everything."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

import pytest

from django_pairchat import get_message_model
from django_pairchat.core.answer_size import ANSWER_LIMIT_BYTES
from django_pairchat.dispatch import dispatch
from django_pairchat.protocol import requests
from django_pairchat.protocol.frames import ok
from django_pairchat.protocol.requests import Position
from django_pairchat.services import get_room, open_room
from tests.conftest import People
from tests.support.counting import counted

LARGE = "😀" * 4000
MESSAGES = 120
LARGEST_BYTES = 17_000


def fill(room: Any, count: int, content: str = LARGE) -> None:
    """So many messages, without the work of sending them."""
    model = get_message_model()
    numbers = range(room.head + 1, room.head + count + 1)
    model._default_manager.bulk_create(
        model(room=room, seq=number, rev=number, side=1, client_id=uuid.uuid4(), content=content) for number in numbers
    )
    room.head = room.rev = numbers[-1]
    room.save()


def asked(user: Any, request: requests.Request, limit: int = ANSWER_LIMIT_BYTES) -> Any:
    """The answer, which is not too large."""
    result = dispatch(user, request).result
    assert len(ok(1, result).encode()) <= limit
    return result


def seqs(messages: Iterable[Any]) -> list[int]:
    return [message["seq"] for message in messages]


@pytest.fixture
def large(room: Any) -> str:
    """The key of a room with messages as large as they come."""
    fill(room, MESSAGES)
    return str(room.pk)


@pytest.mark.parametrize("limit", [1, 50, 100])
def test_a_history_of_large_messages_can_be_read_to_its_beginning(people: People, large: str, limit: int) -> None:
    page = asked(people.minji, requests.History(large, limit=limit))
    found = seqs(page["messages"])
    assert not page["has_after"]
    while page["has_before"]:
        page = asked(people.minji, requests.History(large, before=found[0], limit=limit))
        assert page["has_after"]
        found = seqs(page["messages"]) + found
    assert found == list(range(1, MESSAGES + 1))


def test_a_history_of_large_messages_can_be_read_to_its_end(people: People, large: str) -> None:
    found: list[int] = []
    page: Any = {"has_after": True}
    while page["has_after"]:
        page = asked(people.minji, requests.History(large, after=found[-1] if found else 0, limit=100))
        assert page["has_before"] is bool(found)
        found += seqs(page["messages"])
    assert found == list(range(1, MESSAGES + 1))


@pytest.mark.parametrize("around", [1, 2, 60, MESSAGES])
def test_a_page_around_a_large_message_has_what_is_nearest(people: People, large: str, around: int) -> None:
    page = asked(people.minji, requests.History(large, around=around, limit=100))
    found = seqs(page["messages"])
    assert around in found
    assert found == list(range(found[0], found[-1] + 1))
    assert (page["has_before"], page["has_after"]) == (found[0] > 1, found[-1] < MESSAGES)
    assert len(found) >= 20


def test_a_search_that_finds_large_messages_goes_on_from_its_cursor(people: People, large: str) -> None:
    found: list[int] = []
    cursor = None
    while True:
        page = asked(people.minji, requests.Search("😀", before=cursor, limit=100))
        found += seqs(page["messages"])
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(found) == list(range(1, MESSAGES + 1))


def rooms_of(people: People, count: int) -> list[Any]:
    """Rooms of the same two, each about something else."""
    return [open_room(people.minji, people.juwon, topic) for topic in [None, *topics(count - 1)]]


def topics(count: int) -> list[Any]:
    from django.contrib.auth.models import Group

    return [Group.objects.create(name=f"topic {number}") for number in range(count)]


def test_an_inbox_of_large_messages_goes_on_from_its_cursor(people: People) -> None:
    rooms = rooms_of(people, 60)
    for room in rooms:
        fill(room, 1)
    page = asked(people.minji, requests.Inbox(limit=100))
    states = {page["state"]}
    found = [room["room"] for room in page["rooms"]]
    assert len(found) < 60
    while page["next"] is not None:
        page = asked(people.minji, requests.Inbox(before=page["next"], limit=100))
        states.add(page["state"])
        found += [room["room"] for room in page["rooms"]]
    assert sorted(found) == sorted(str(room.pk) for room in rooms)
    assert states == {asked(people.minji, requests.Inbox(limit=20))["state"]}


def position(room: Any, rev: int) -> Position:
    return Position(room.epoch, rev, None)


def sync_of(rooms: Iterable[Any], rev: int = 0) -> requests.Sync:
    return requests.Sync({str(room.pk): position(room, rev) for room in rooms})


def test_a_room_with_more_than_goes_into_an_answer_is_limited_and_can_be_paged_back(people: People, room: Any) -> None:
    fill(room, 100)
    (entry,) = asked(people.minji, sync_of([room]))["rooms"]
    assert (entry["limited"], entry["reset"], entry["rev"]) == (True, False, 100)
    found = seqs(entry["changes"])
    assert found[-1] == 100
    assert 20 < len(found) < 50
    older = asked(people.minji, requests.History(str(room.pk), before=found[0], limit=50))
    assert seqs(older["messages"])[-1] == found[0] - 1


def test_fifty_rooms_share_one_answer_and_none_is_left_out(people: People) -> None:
    """What is least has its place: the room itself and its newest message, of each."""
    rooms = rooms_of(people, 50)
    for room in rooms:
        fill(room, 30)
    least = 2 * len(rooms) * LARGEST_BYTES
    entries = asked(people.minji, sync_of(rooms), least)["rooms"]
    assert {entry["room"] for entry in entries} == {str(room.pk) for room in rooms}
    assert all(entry["limited"] and entry["changes"][-1]["seq"] == 30 for entry in entries)


def test_rooms_with_few_changes_are_caught_up_with_before_one_with_many(people: People) -> None:
    rooms = rooms_of(people, 20)
    for room in rooms:
        fill(room, 2, "short")
    fill(rooms[0], 150)
    entries = {entry["room"]: entry for entry in asked(people.minji, sync_of(rooms))["rooms"]}
    assert [key for key, entry in entries.items() if entry["limited"]] == [str(rooms[0].pk)]
    assert all(seqs(entries[str(room.pk)]["changes"]) == [1, 2] for room in rooms[1:])


def test_a_client_behind_in_fifty_rooms_has_everything_in_the_end(people: People) -> None:
    rooms = rooms_of(people, 50)
    for number, room in enumerate(rooms):
        fill(room, number + 1, LARGE if number % 3 else "short")
    for entry in asked(people.minji, sync_of(rooms), 2 * len(rooms) * LARGEST_BYTES)["rooms"]:
        room = get_room(people.minji, entry["room"])
        held = seqs(entry["changes"])
        while entry["limited"] and held[0] > 1:
            held = seqs(asked(people.minji, requests.History(entry["room"], before=held[0]))["messages"]) + held
        assert held == list(range(1, room.head + 1))


def test_small_changes_of_many_rooms_are_read_together(people: People) -> None:
    rooms = rooms_of(people, 20)
    for room in rooms:
        fill(room, 10, "short")
    with counted() as few:
        asked(people.minji, sync_of(rooms))
    # One that is about something, as most of them.
    with counted() as one:
        asked(people.minji, sync_of(rooms[-1:]))
    assert few.count == one.count


def test_many_changes_are_read_piece_by_piece_and_no_more_of_them_than_there_is_place_for(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = rooms_of(people, 12)
    for room in rooms:
        fill(room, 100)
    model = get_message_model()
    made = []
    from_db = model.from_db.__func__

    def count(cls: Any, *arguments: Any, **options: Any) -> Any:
        made.append(1)
        return from_db(cls, *arguments, **options)

    monkeypatch.setattr(model, "from_db", classmethod(count))
    asked(people.minji, sync_of(rooms))
    # The last message of each room, one piece of changes, a page for what is left of the answer, and a message or two
    # of each other room; not 1200.
    assert len(made) <= len(rooms) + 200 + 51 + 2 * len(rooms)
