"""Pages of history, the read mark, and catching up."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from django_pairchat import get_room_model
from django_pairchat.dispatch import dispatch
from django_pairchat.exceptions import BadId, NotFound
from django_pairchat.protocol.requests import Position, Sync
from django_pairchat.services import (
    change_settings,
    delete,
    edit,
    get_room,
    history,
    mark_read,
    message_object,
    open_room,
    reset_epochs,
    room_object,
    send,
    unread_rooms,
)
from django_pairchat.signals import room_read
from tests.conftest import People
from tests.support.counting import counted
from tests.support.listening import received
from tests.support.people import make_user
from tests.support.policies import ReadsInPrivate, chosen
from tests.support.replica import assert_events_explain_snapshot, view_of


def fill(room: Any, sender: Any, number: int) -> None:
    for each in range(1, number + 1):
        send(room, sender, f"number {each}")


def seqs(page: Any) -> list[int]:
    return [message.seq for message in page.messages]


@pytest.fixture
def ten(room: Any, people: People) -> str:
    """The key of the room with ten messages from Minji."""
    fill(room, people.minji, 10)
    return str(room.pk)


# History


@pytest.mark.parametrize(
    ("place", "expected", "beyond"),
    [
        ({}, [8, 9, 10], (True, False)),
        ({"before": 8}, [5, 6, 7], (True, True)),
        ({"before": 4}, [1, 2, 3], (False, True)),
        ({"before": 3}, [1, 2], (False, True)),
        ({"before": 1}, [], (False, True)),
        ({"before": 0}, [], (False, True)),
        ({"before": 11}, [8, 9, 10], (True, False)),
        ({"before": 2**63 - 1}, [8, 9, 10], (True, False)),
        ({"after": 0}, [1, 2, 3], (False, True)),
        ({"after": 7}, [8, 9, 10], (True, False)),
        ({"after": 8}, [9, 10], (True, False)),
        ({"after": 10}, [], (True, False)),
        ({"after": 2**63 - 1}, [], (True, False)),
        ({"around": 5}, [4, 5, 6], (True, True)),
        ({"around": 1}, [1, 2, 3], (False, True)),
        ({"around": 10}, [8, 9, 10], (True, False)),
        ({"around": 2**63 - 1}, [8, 9, 10], (True, False)),
        ({"around": 0}, [1, 2, 3], (False, True)),
    ],
)
def test_a_page_is_where_it_was_asked_for(
    ten: str, people: People, place: dict[str, int], expected: list[int], beyond: tuple[bool, bool]
) -> None:
    page = history(people.juwon, ten, limit=3, **place)
    assert (seqs(page), (page.has_before, page.has_after)) == (expected, beyond)


def test_a_page_of_an_empty_room_is_empty(key: str, people: People) -> None:
    for place in ({}, {"before": 5}, {"after": 0}, {"around": 1}):
        page = history(people.minji, key, **place)
        assert (seqs(page), page.has_before, page.has_after, page.rev) == ([], False, False, 0)


def test_a_page_names_the_position_it_belongs_to(ten: str, people: People) -> None:
    room = get_room_model().objects.get()
    page = history(people.juwon, ten, limit=1)
    assert (page.epoch, page.rev) == (room.epoch, 10)


@pytest.mark.parametrize("cleared", [1, 4, 9, 10])
def test_what_was_cleared_is_on_no_page_of_that_side(ten: str, people: People, cleared: int) -> None:
    change_settings(people.juwon, ten, cleared=cleared)
    left = list(range(cleared + 1, 11))
    for place in ({}, {"before": 11}, {"after": 0}, {"around": 2}, {"around": cleared}):
        page = history(people.juwon, ten, limit=100, **place)
        assert (seqs(page), page.has_before, page.has_after) == (left, False, False)
    assert len(history(people.minji, ten, limit=100).messages) == 10


def test_pages_going_back_end_at_what_was_cleared(ten: str, people: People) -> None:
    change_settings(people.juwon, ten, cleared=5)
    page = history(people.juwon, ten, before=8, limit=2)
    assert (seqs(page), page.has_before, page.has_after) == ([6, 7], False, True)
    page = history(people.juwon, ten, before=3, limit=2)
    assert (seqs(page), page.has_before, page.has_after) == ([], False, True)
    page = history(people.juwon, ten, after=5, limit=2)
    assert (seqs(page), page.has_before, page.has_after) == ([6, 7], False, True)


def test_tombstones_keep_their_place_in_history(ten: str, people: People) -> None:
    delete(people.minji, ten, 5)
    page = history(people.juwon, ten, around=5, limit=1)
    assert [(message.seq, message.content) for message in page.messages] == [(5, "")]


def test_a_page_takes_at_most_three_statements(ten: str, people: People) -> None:
    for place in ({}, {"before": 5}, {"after": 5}, {"around": 5}):
        with counted() as statements:
            page = history(people.juwon, ten, limit=3, **place)
            shown = [message_object(message) for message in page.messages]
        assert statements.count <= 3, statements.texts
        assert len(shown) == 3


def test_a_stranger_and_a_missing_room_are_answered_alike(ten: str, people: People) -> None:
    gone = open_room(people.juwon, make_user("Somebody"))
    missing = str(gone.pk)
    gone.delete()
    counts = []
    for asked in (ten, missing):
        with counted() as statements, pytest.raises(NotFound):
            history(people.stranger, asked)
        counts.append(statements.count)
    assert counts == [1, 1]


@pytest.mark.parametrize("spelling", ["01", "1 ", "1.0", "-1", "", "9" * 30, "x"])
def test_a_room_in_another_spelling_is_no_room(people: People, spelling: str) -> None:
    with pytest.raises(BadId):
        history(people.minji, spelling)


# The read mark


def test_the_read_mark_only_moves_forward_and_never_beyond_the_last_message(ten: str, people: People) -> None:
    marks = []
    for seq in (5, 9, 7, 0, 2**63 - 1, 3):
        with assert_events_explain_snapshot(*people):
            room = mark_read(people.juwon, ten, seq)
        marks.append(room.side(people.juwon).read)
    assert marks == [5, 9, 9, 9, 10, 10]


def test_reading_is_shown_to_the_peer(ten: str, people: People) -> None:
    with assert_events_explain_snapshot(*people) as heard:
        mark_read(people.juwon, ten, 7)
    assert heard.rooms(people.minji) == [ten]
    assert view_of(people.minji)[ten]["peer"]["read"] == 7
    assert view_of(people.juwon)[ten]["unread"] == 3


def test_reading_what_was_read_announces_nothing(ten: str, people: People) -> None:
    mark_read(people.juwon, ten, 7)
    with assert_events_explain_snapshot(*people) as heard, received(room_read) as readings:
        mark_read(people.juwon, ten, 7)
        mark_read(people.juwon, ten, 4)
    assert heard.changes == []
    assert readings == []


def test_reading_clears_the_mark_that_says_unread(ten: str, people: People) -> None:
    mark_read(people.juwon, ten, 10)
    change_settings(people.juwon, ten, marked_unread=True)
    assert unread_rooms(people.juwon) == 1
    with assert_events_explain_snapshot(*people) as heard:
        mark_read(people.juwon, ten, 10)
    assert unread_rooms(people.juwon) == 0
    assert not view_of(people.juwon)[ten]["me"]["marked_unread"]
    assert heard.rooms(people.minji) == []


def test_private_readers_show_nobody_how_far_they_are(ten: str, people: People) -> None:
    with override_settings(PAIRCHAT=chosen(ReadsInPrivate)):
        before = view_of(people.minji)
        with assert_events_explain_snapshot(*people) as heard:
            mark_read(people.juwon, ten, 7)
        assert view_of(people.minji) == before
        assert before[ten]["peer"]["read"] is None
    assert heard.for_user(people.minji) == []


def test_a_stranger_cannot_read(ten: str, people: People) -> None:
    with assert_events_explain_snapshot(*people), pytest.raises(NotFound):
        mark_read(people.stranger, ten, 5)


def test_the_host_hears_how_far_somebody_has_read(ten: str, people: People) -> None:
    with received(room_read) as readings:
        mark_read(people.juwon, ten, 7)
    assert [(each["user"], each["seq"]) for each in readings] == [(people.juwon, 7)]


# Catching up


def catch_up(user: Any, **positions: Position) -> list[dict[str, Any]]:
    rooms: list[dict[str, Any]] = dispatch(user, Sync(rooms=positions)).result["rooms"]
    return rooms


def position_of(key: str, rev: int) -> Position:
    model = get_room_model()
    return Position(model.objects.get(pk=model._meta.pk.to_python(key)).epoch, rev)


def test_catching_up_gives_exactly_what_changed_in_the_order_it_changed(ten: str, people: People) -> None:
    edit(people.minji, ten, 2, "changed")
    delete(people.minji, ten, 9)
    (shown,) = catch_up(people.juwon, **{ten: position_of(ten, 8)})
    assert [(message["seq"], message["rev"]) for message in shown["changes"]] == [(10, 10), (2, 11), (9, 12)]
    assert (shown["limited"], shown["reset"], shown["rev"]) == (False, False, 12)
    own = {name: value for name, value in shown.items() if name not in ("changes", "limited", "reset")}
    assert own == room_object(get_room(people.juwon, ten), people.juwon)


def test_whoever_is_up_to_date_gets_no_changes(ten: str, people: People) -> None:
    (shown,) = catch_up(people.juwon, **{ten: position_of(ten, 10)})
    assert (shown["changes"], shown["limited"], shown["reset"]) == ([], False, False)


def test_200_changes_are_given_whole_and_201_are_not(room: Any, key: str, people: People) -> None:
    fill(room, people.minji, 201)
    (whole,) = catch_up(people.juwon, **{key: position_of(key, 1)})
    assert [message["rev"] for message in whole["changes"]] == list(range(2, 202))
    assert not whole["limited"]
    (cut,) = catch_up(people.juwon, **{key: position_of(key, 0)})
    assert (cut["limited"], cut["reset"]) == (True, False)
    assert [message["seq"] for message in cut["changes"]] == list(range(152, 202))


def test_many_changes_of_few_messages_need_no_limit(ten: str, people: People) -> None:
    for number in range(201):
        edit(people.minji, ten, 1, f"edition {number}")
    (shown,) = catch_up(people.juwon, **{ten: position_of(ten, 5)})
    assert not shown["limited"]
    assert [message["rev"] for message in shown["changes"]] == [6, 7, 8, 9, 10, 211]


@pytest.mark.parametrize("rev", [11, 2**63 - 1])
def test_a_client_ahead_of_the_server_starts_anew(ten: str, people: People, rev: int) -> None:
    (shown,) = catch_up(people.juwon, **{ten: position_of(ten, rev)})
    assert (shown["limited"], shown["reset"]) == (False, True)
    assert [message["seq"] for message in shown["changes"]] == list(range(1, 11))


def test_a_position_of_another_epoch_is_void(ten: str, people: People) -> None:
    before = position_of(ten, 10)
    assert reset_epochs() == 1
    (shown,) = catch_up(people.juwon, **{ten: before})
    assert (shown["limited"], shown["reset"]) == (False, True)
    assert shown["epoch"] != before.epoch
    assert len(shown["changes"]) == 10


def test_catching_up_never_gives_what_was_cleared(ten: str, people: People) -> None:
    change_settings(people.juwon, ten, cleared=6)
    (shown,) = catch_up(people.juwon, **{ten: position_of(ten, 0)})
    assert [message["seq"] for message in shown["changes"]] == [7, 8, 9, 10]
    (reset,) = catch_up(people.juwon, **{ten: position_of(ten, 99)})
    assert [message["seq"] for message in reset["changes"]] == [7, 8, 9, 10]


def test_rooms_of_others_and_malformed_keys_are_left_out(ten: str, people: People) -> None:
    gone = open_room(people.juwon, make_user("Somebody"))
    missing = str(gone.pk)
    gone.delete()
    foreign = str(open_room(people.stranger, make_user("Other")).pk)
    asked = {name: Position("x", 0) for name in (missing, foreign, "01", "", "\ud800", "9" * 40)}
    assert catch_up(people.juwon, **asked) == []
    answered = catch_up(people.juwon, **asked, **{ten: position_of(ten, 9)})
    assert [shown["room"] for shown in answered] == [ten]


def test_catching_up_with_many_rooms_costs_no_more_than_with_one(people: People) -> None:
    rooms = []
    for number in range(20):
        room = open_room(people.minji, make_user(f"Peer {number}"))
        fill(room, people.minji, 2)
        rooms.append(str(room.pk))
    counts = []
    for asked in (rooms[:1], rooms):
        with counted() as statements:
            answered = catch_up(people.minji, **{key: position_of_loaded(key) for key in asked})
        assert [len(shown["changes"]) for shown in answered] == [1] * len(asked)
        counts.append(statements.count - len(asked))
    assert counts[0] == counts[1] <= 3


def position_of_loaded(key: str) -> Position:
    return position_of(key, 1)


def test_a_client_that_catches_up_holds_what_the_database_has(ten: str, room: Any, people: People) -> None:
    seen = view_of(people.juwon)[ten]
    position = position_of(ten, seen["rev"])
    edit(people.minji, ten, 3, "changed")
    delete(people.minji, ten, 4)
    send(room, people.juwon, "answer")
    mark_read(people.minji, ten, 11)
    (shown,) = catch_up(people.juwon, **{ten: position})
    merged = {**seen["messages"], **{message["seq"]: message for message in shown["changes"]}}
    now = view_of(people.juwon)[ten]
    assert merged == now["messages"]
    assert {name: shown[name] for name in now if name not in ("messages", "starred")} == {
        name: value for name, value in now.items() if name not in ("messages", "starred")
    }
