"""What each side sets for itself, and blocks: the peer learns nothing of the one and little of the other."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from django_pairchat import get_room_model
from django_pairchat.dispatch import dispatch
from django_pairchat.exceptions import CannotSend, NotFound
from django_pairchat.protocol.requests import Typing
from django_pairchat.services import (
    change_settings,
    edit,
    get_room,
    mark_read,
    open_room,
    react,
    room_object,
    send,
    send_once,
    unread_rooms,
)
from django_pairchat.signals import room_settings_changed
from tests.conftest import People
from tests.support.counting import counted
from tests.support.listening import listening, received
from tests.support.people import make_topic, make_user
from tests.support.replica import assert_events_explain_snapshot, view_of

TOMORROW = datetime(2030, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


@pytest.fixture
def talk(room: Any, people: People) -> str:
    """The key of a room with three messages of Minji and one of Juwon."""
    for number in range(3):
        send(room, people.minji, f"number {number}")
    send(room, people.juwon, "answer")
    return str(room.pk)


OWN_SETTINGS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"muted_until": TOMORROW}, {"muted_until": "2030-01-02T03:04:05.678Z"}),
    ({"archived": True}, {"archived": True}),
    ({"pinned": True}, {"pinned": True}),
    ({"marked_unread": True}, {"marked_unread": True}),
    ({"cleared": 2}, {"cleared": 2}),
    ({"archived": True, "muted_until": TOMORROW, "cleared": 4}, {"archived": True, "cleared": 4}),
]


@pytest.mark.parametrize(("changes", "shown"), OWN_SETTINGS)
def test_a_setting_is_mine_and_the_peer_sees_nothing_of_it(
    talk: str, people: People, changes: dict[str, Any], shown: dict[str, Any]
) -> None:
    peers_view = view_of(people.minji)
    with assert_events_explain_snapshot(*people) as heard:
        room = change_settings(people.juwon, talk, **changes)
    mine = room_object(room, people.juwon)["me"]
    assert {name: mine[name] for name in shown} == shown
    assert heard.for_user(people.minji) == []
    assert view_of(people.minji) == peers_view


@pytest.mark.parametrize(("changes", "shown"), OWN_SETTINGS)
def test_my_settings_change_my_state_and_not_the_peers(
    talk: str, people: People, changes: dict[str, Any], shown: dict[str, Any]
) -> None:
    before = (view_of(people.juwon)[talk]["state"], view_of(people.minji)[talk]["state"])
    change_settings(people.juwon, talk, **changes)
    after = (view_of(people.juwon)[talk]["state"], view_of(people.minji)[talk]["state"])
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_only_what_is_given_is_changed(talk: str, people: People) -> None:
    change_settings(people.juwon, talk, archived=True, muted_until=TOMORROW)
    change_settings(people.juwon, talk, archived=False)
    side = get_room(people.juwon, talk).side(people.juwon)
    assert side is not None
    assert (side.archived, side.muted_until) == (False, TOMORROW)
    room = change_settings(people.juwon, talk, muted_until=None)
    assert room_object(room, people.juwon)["me"]["muted_until"] is None


def test_clearing_only_moves_forward_and_never_beyond_the_last_message(talk: str, people: People) -> None:
    cleared = []
    for seq in (2, 1, 0, 2**63 - 1, 3):
        with assert_events_explain_snapshot(*people):
            change_settings(people.juwon, talk, cleared=seq)
        cleared.append(view_of(people.juwon)[talk]["me"]["cleared"])
    assert cleared == [2, 2, 2, 4, 4]


def test_what_was_cleared_counts_as_read_and_shows_no_last_message(room: Any, talk: str, people: People) -> None:
    send(room, people.minji, "one more")
    assert unread_rooms(people.juwon) == 1
    with assert_events_explain_snapshot(*people):
        change_settings(people.juwon, talk, cleared=5)
    shown = view_of(people.juwon)[talk]
    assert (shown["unread"], shown["last_message"], shown["messages"]) == (0, None, {})
    assert unread_rooms(people.juwon) == 0
    assert view_of(people.minji)[talk]["last_message"]["content"] == "one more"


def test_a_cleared_room_goes_on_with_the_next_message(room: Any, talk: str, people: People) -> None:
    change_settings(people.juwon, talk, cleared=4)
    with assert_events_explain_snapshot(*people):
        send(room, people.minji, "one more")
    shown = view_of(people.juwon)[talk]
    assert (shown["unread"], list(shown["messages"])) == (1, [5])


def test_an_archived_room_is_not_counted_as_unread(room: Any, talk: str, people: People) -> None:
    send(room, people.minji, "one more")
    change_settings(people.juwon, talk, archived=True)
    assert unread_rooms(people.juwon) == 0


def test_a_stranger_has_no_settings(talk: str, people: People) -> None:
    with assert_events_explain_snapshot(*people), pytest.raises(NotFound):
        change_settings(people.stranger, talk, archived=True)


def test_the_host_hears_of_settings(talk: str, people: People) -> None:
    with received(room_settings_changed) as settings:
        change_settings(people.juwon, talk, archived=True)
    assert [(each["user"], each["changes"]) for each in settings] == [(people.juwon, {"archived": True})]


# Blocks


def test_a_block_closes_the_room_for_both_with_one_wording(talk: str, people: People) -> None:
    with assert_events_explain_snapshot(*people) as heard:
        change_settings(people.minji, talk, blocked=True)
    mine, theirs = view_of(people.minji)[talk], view_of(people.juwon)[talk]
    assert (mine["can_send"], theirs["can_send"]) == (False, False)
    assert (mine["me"]["blocked"], theirs["me"]["blocked"]) == (True, False)
    assert heard.rooms(people.juwon) == heard.rooms(people.minji) == [talk]


def test_nothing_shows_which_of_the_two_has_blocked(talk: str, people: People) -> None:
    change_settings(people.minji, talk, blocked=True)
    blocked_by_peer = view_of(people.juwon)
    change_settings(people.juwon, talk, blocked=True)
    change_settings(people.juwon, talk, blocked=False)
    assert view_of(people.juwon) == blocked_by_peer


def test_whoever_has_blocked_is_not_told_that_the_peer_blocks_too(talk: str, people: People) -> None:
    change_settings(people.minji, talk, blocked=True)
    before = view_of(people.minji)
    with assert_events_explain_snapshot(*people) as heard:
        change_settings(people.juwon, talk, blocked=True)
    assert heard.for_user(people.minji) == []
    assert view_of(people.minji) == before
    with assert_events_explain_snapshot(*people) as heard:
        change_settings(people.juwon, talk, blocked=False)
    assert heard.for_user(people.minji) == []


def test_the_end_of_a_block_opens_the_room_again(room: Any, talk: str, people: People) -> None:
    change_settings(people.minji, talk, blocked=True)
    with assert_events_explain_snapshot(*people):
        change_settings(people.minji, talk, blocked=False)
    assert view_of(people.juwon)[talk]["can_send"]
    assert send_once(people.juwon, talk, client_id=uuid.uuid4(), content="again").message.seq == 5


def test_a_block_covers_every_room_of_the_pair_and_no_other(talk: str, people: People) -> None:
    about_something = open_room(people.juwon, people.minji, make_topic())
    send(about_something, people.juwon, "hello")
    with_another = open_room(people.minji, people.stranger)
    with assert_events_explain_snapshot(*people) as heard:
        change_settings(people.minji, talk, blocked=True)
    with pytest.raises(CannotSend):
        send(about_something, people.juwon, "hello")
    send(with_another, people.minji, "hello")
    assert sorted(heard.rooms(people.juwon)) == sorted([talk, str(about_something.pk)])
    with assert_events_explain_snapshot(*people):
        change_settings(people.minji, str(about_something.pk), blocked=False)
    assert view_of(people.juwon)[talk]["can_send"]


def test_an_empty_room_that_the_peer_has_never_seen_is_not_shown_by_a_block(people: People) -> None:
    room = open_room(people.minji, people.juwon)
    with assert_events_explain_snapshot(*people) as heard:
        change_settings(people.minji, str(room.pk), blocked=True)
    assert heard.for_user(people.juwon) == []


def test_read_marks_do_not_cross_a_block(room: Any, talk: str, people: People) -> None:
    send(room, people.minji, "one more")
    change_settings(people.minji, talk, blocked=True)
    before = view_of(people.minji)
    with assert_events_explain_snapshot(*people) as heard:
        mark_read(people.juwon, talk, 5)
    assert view_of(people.juwon)[talk]["unread"] == 0
    assert view_of(people.minji) == before
    assert heard.for_user(people.minji) == []


def test_read_marks_show_again_when_the_block_ends(room: Any, talk: str, people: People) -> None:
    send(room, people.minji, "one more")
    change_settings(people.minji, talk, blocked=True)
    mark_read(people.juwon, talk, 5)
    with assert_events_explain_snapshot(*people):
        change_settings(people.minji, talk, blocked=False)
    assert view_of(people.minji)[talk]["peer"]["read"] == 5


def test_read_marks_stay_hidden_while_the_other_side_still_blocks(room: Any, talk: str, people: People) -> None:
    send(room, people.minji, "one more")
    change_settings(people.minji, talk, blocked=True)
    change_settings(people.juwon, talk, blocked=True)
    mark_read(people.juwon, talk, 5)
    with assert_events_explain_snapshot(*people):
        change_settings(people.minji, talk, blocked=False)
    assert view_of(people.minji)[talk]["peer"]["read"] == 4


@pytest.mark.parametrize("blocking", ["minji", "juwon"])
def test_typing_does_not_cross_a_block(talk: str, people: People, blocking: str) -> None:
    change_settings(getattr(people, blocking), talk, blocked=True)
    with listening() as heard, pytest.raises(CannotSend):
        dispatch(people.minji, Typing(room=talk, on=True))
    assert heard.changes == []


def test_typing_is_told_to_the_peer_only(talk: str, people: People) -> None:
    with listening() as heard:
        dispatch(people.minji, Typing(room=talk, on=True))
    assert heard.events(people.juwon) == [
        {"type": "event", "kind": "typing", "room": talk, "user": str(people.minji.pk), "on": True}
    ]
    assert heard.for_user(people.minji) == []


def test_repeating_a_block_tells_nobody(talk: str, people: People) -> None:
    change_settings(people.minji, talk, blocked=True)
    with assert_events_explain_snapshot(*people) as heard:
        change_settings(people.minji, talk, blocked=True)
    assert heard.for_user(people.juwon) == []


def test_settings_take_a_constant_number_of_statements(talk: str, people: People) -> None:
    with counted() as one_setting:
        change_settings(people.juwon, talk, archived=True)
    with counted() as many_settings:
        change_settings(people.juwon, talk, archived=False, muted_until=TOMORROW, marked_unread=True, cleared=2)
    assert one_setting.count == many_settings.count <= 6


def test_a_block_of_an_account_that_is_gone_is_kept_quietly(talk: str, people: People) -> None:
    people.juwon.delete()
    room = change_settings(people.minji, talk, blocked=True)
    assert room_object(room, people.minji)["me"]["blocked"]
    assert get_room_model().objects.count() == 1


def test_changes_after_a_block_reach_nobody(talk: str, people: People) -> None:
    change_settings(people.juwon, talk, blocked=True)
    with assert_events_explain_snapshot(*people) as heard:
        for refused in (
            lambda: edit(people.minji, talk, 1, "changed"),
            lambda: react(people.minji, talk, 1, "👍"),
        ):
            with pytest.raises(CannotSend):
                refused()
    assert heard.changes == []


def test_blocking_somebody_does_not_block_others(talk: str, people: People) -> None:
    other = make_user("Other")
    room = open_room(other, people.minji)
    change_settings(people.minji, talk, blocked=True)
    assert send(room, other, "hello").seq == 1


def test_a_setting_that_does_not_exist_is_a_mistake_of_the_caller(key: str, people: People) -> None:
    with received(room_settings_changed) as changes, pytest.raises(TypeError, match="archive"):
        change_settings(people.minji, key, archive=True)
    assert changes == []


def test_a_block_begins_its_transaction_with_a_lock(key: str, people: People) -> None:
    """On SQLite a transaction that reads first cannot write while others do."""
    outside = len(connection.savepoint_ids)
    inside: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if len(connection.savepoint_ids) > outside and "SAVEPOINT" not in sql:
            inside.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        change_settings(people.minji, key, blocked=True)
    assert inside[0].startswith("UPDATE") or re.search("FOR (NO KEY )?UPDATE", inside[0])
