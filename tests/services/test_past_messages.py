"""Messages from another chat: once, in their order, told to open pages and to nobody else."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from django_pairchat.exceptions import CannotSend, Conflict, Unsupported
from django_pairchat.services import (
    PastMessage,
    add_past_messages,
    change_settings,
    get_room,
    history,
    inbox,
    open_room,
    send,
)
from django_pairchat.services import past_messages as past_messages_module
from django_pairchat.signals import message_sent
from tests.conftest import People
from tests.support.people import make_topic
from tests.support.replica import assert_events_explain_snapshot

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = timezone.now() - timedelta(days=900)


def past(sender: Any, text: str, minute: int, **fields: Any) -> PastMessage:
    client_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{minute} {text}")
    return PastMessage(sender, text, LONG_AGO + timedelta(minutes=minute), client_id, **fields)


def texts(user: Any, room: Any) -> list[str]:
    return [message.content for message in history(user, room).messages]


def test_open_pages_follow_and_no_receiver_is_called(people: People, room: Any) -> None:
    called: list[Any] = []

    def remember(**payload: Any) -> None:
        called.append(payload)

    message_sent.connect(remember)
    try:
        with assert_events_explain_snapshot(*people[:2]):
            add_past_messages(*people[:2], [past(people.minji, "a", 0), past(people.juwon, "b", 1, was_read=False)])
    finally:
        message_sent.disconnect(remember)
    assert not called
    assert [get_room(user, room).side(user).unread for user in people[:2]] == [1, 0]


def test_a_new_room_is_as_old_as_its_first_message_and_sorted_by_its_last(people: People) -> None:
    send(open_room(people.minji, people.juwon), people.minji, "now")
    topic = make_topic("Bicycle")
    old = add_past_messages(people.juwon, people.minji, [past(people.juwon, "then", 3)], topic).room
    assert (
        get_room(people.minji, old).created_at == get_room(people.minji, old).last_message_at == past(0, "", 3).sent_at
    )
    assert [room.topic_title for room in inbox(people.minji).rooms] == ["", str(topic)]


def test_a_new_room_is_blocked_as_the_others_of_the_pair(people: People, room: Any) -> None:
    send(room, people.minji, "hello")
    for number, blocker in enumerate(people[:2]):
        change_settings(blocker, room, blocked=True)
        result = add_past_messages(*people[:2], [past(people.minji, "then", number)], make_topic(f"Bicycle {number}"))
        assert (result.added, texts(people.juwon, result.room)) == (1, ["then"])
        with pytest.raises(CannotSend):
            send(result.room, people.minji, "now")
        assert get_room(blocker, result.room).side(blocker).blocked
        assert not get_room(blocker, result.room).side(blocker).peer.blocked
        change_settings(blocker, room, blocked=False)
        assert send(str(result.room.pk), people.minji, "again")


def test_it_goes_on_where_it_was_interrupted(people: People, room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_messages_module, "MESSAGES_AT_ONCE", 2)
    messages = [past(people[number % 2], str(number), number) for number in range(5)]

    def interrupted() -> Any:
        yield from messages[:3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_past_messages(*people[:2], interrupted())
    assert texts(people.minji, room) == ["0", "1"]
    assert add_past_messages(*people[:2], messages).added == 3
    assert texts(people.minji, room) == ["0", "1", "2", "3", "4"]
    assert [message.seq for message in history(people.minji, room).messages] == [1, 2, 3, 4, 5]


def test_nothing_is_put_behind_what_was_written_since(people: People, room: Any) -> None:
    send(room, people.juwon, "since")
    with pytest.raises(Conflict):
        add_past_messages(*people[:2], [past(people.minji, "before", 0)])
    assert texts(people.minji, room) == ["since"]


def test_a_file_that_is_not_accepted_leaves_its_name(people: People, room: Any) -> None:
    program = past(people.minji, "", 0, file=ContentFile(b"MZ", name="game.exe"))
    result = add_past_messages(*people[:2], [program])
    ((left_out, error),) = result.left_out
    assert (left_out, type(error)) == (program, Unsupported)
    assert texts(people.juwon, room) == ["game.exe"]


def test_the_name_of_a_file_that_is_not_accepted_stands_below_its_text(people: People, room: Any) -> None:
    name = f"{'n' * 96}.exe"
    for number, text in enumerate(("Try this", "x" * 4000)):
        add_past_messages(*people[:2], [past(people.minji, text, number, file=ContentFile(b"MZ", name=name))])
    short, long, rest = texts(people.juwon, room)
    assert short == f"Try this\n{name}"
    assert (long.removesuffix(f"\n{name}") + rest, len(long)) == ("x" * 4000, 4000)


def test_a_long_message_that_was_deleted_is_one_tombstone(people: People, room: Any) -> None:
    assert add_past_messages(*people[:2], [past(people.minji, "x" * 9000, 0, is_deleted=True)]).added == 1
    assert [message.is_deleted for message in history(people.juwon, room).messages] == [True]


def test_wrong_calls_are_told_and_add_nothing(people: People, room: Any) -> None:
    with pytest.raises(ValueError, match="order of their times"):
        add_past_messages(*people[:2], [past(people.minji, "b", 1), past(people.minji, "a", 0)])
    with pytest.raises(ValueError, match="neither of the two"):
        add_past_messages(*people[:2], [past(people.stranger, "c", 2)])
    assert texts(people.minji, room) == []
