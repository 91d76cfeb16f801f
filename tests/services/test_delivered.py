"""How far messages have reached a device of the peer: seen by the sender, and private where read marks are."""

from __future__ import annotations

from typing import Any

import pytest

from django_pairchat.exceptions import NotFound
from django_pairchat.policy import Policy
from django_pairchat.services import change_settings, get_room, mark_delivered, mark_read, room_object, send
from tests.conftest import People
from tests.support.counting import counted
from tests.support.policies import ReadsInPrivate, chosen
from tests.support.replica import assert_events_explain_snapshot


class GetsInPrivate(Policy):
    def shows_delivered(self, user: Any) -> bool:
        return False


@pytest.fixture
def talk(room: Any, people: People) -> str:
    for number in range(4):
        send(room, people.minji, f"number {number}")
    return str(room.pk)


def seen_by(user: Any, key: str) -> tuple[int | None, int | None]:
    peer = room_object(key, user)["peer"]
    return peer["read"], peer["delivered"]


def test_it_moves_forward_only_and_not_beyond_the_last_message(talk: str, people: People) -> None:
    for told, shown in ((2, 2), (1, 2), (99, 4)):
        mark_delivered(people.juwon, talk, told)
        assert seen_by(people.minji, talk) == (0, shown)
    assert get_room(people.juwon, talk).side(people.juwon).unread == 4


def test_only_the_sender_hears_of_it_and_of_nothing_twice(talk: str, people: People) -> None:
    with assert_events_explain_snapshot(people.minji, people.juwon) as heard:
        mark_delivered(people.juwon, talk, 3)
        mark_delivered(people.juwon, talk, 3)
    assert (len(heard.for_user(people.minji)), heard.for_user(people.juwon)) == (1, [])


def test_what_was_read_was_delivered_and_is_not_written_again(talk: str, people: People) -> None:
    mark_read(people.juwon, talk, 3)
    assert seen_by(people.minji, talk) == (3, 3)
    with counted() as statements:
        mark_delivered(people.juwon, talk, 3)
    assert statements.count == 1


def test_it_does_not_cross_a_block(talk: str, people: People) -> None:
    mark_delivered(people.juwon, talk, 1)
    change_settings(people.juwon, talk, blocked=True)
    mark_delivered(people.juwon, talk, 4)
    assert seen_by(people.minji, talk) == (0, 1)


@pytest.mark.parametrize(("policy", "shown"), [(GetsInPrivate, (0, None)), (ReadsInPrivate, (None, None))])
def test_where_it_is_private_nothing_is_stored(
    talk: str, people: People, settings: Any, policy: type[Policy], shown: tuple[int | None, int | None]
) -> None:
    settings.PAIRCHAT = chosen(policy)
    with counted() as statements:
        mark_delivered(people.juwon, talk, 4)
    assert statements.count == 1
    assert seen_by(people.minji, talk) == shown
    assert get_room(people.juwon, talk).side(people.juwon).delivered == 0


def test_a_stranger_cannot_tell(talk: str, people: People) -> None:
    with pytest.raises(NotFound):
        mark_delivered(people.stranger, talk, 1)
