"""Sending: order, repetition, refusals, and what a send does to the room."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import models
from django.test import override_settings
from django.test.utils import isolate_apps

from django_pairchat import get_message_model
from django_pairchat.base_models import AbstractMessage
from django_pairchat.exceptions import (
    BadId,
    BadRequest,
    BadText,
    CannotSend,
    ChatError,
    Conflict,
    Empty,
    NotFound,
    RateLimited,
    Rejected,
    TooLong,
)
from django_pairchat.sending.room_cache import RoomCache
from django_pairchat.sending.store import store
from django_pairchat.sending.types import PendingMessage, StoredMessage
from django_pairchat.sending.write import is_plain
from django_pairchat.services import (
    change_settings,
    delete,
    edit,
    get_room,
    message_object,
    open_room,
    room_object,
    send,
    send_once,
    unread_rooms,
)
from django_pairchat.signals import message_sent
from tests.conftest import People
from tests.support.counting import counted
from tests.support.listening import listening, received
from tests.support.people import make_user
from tests.support.policies import NobodySends, RefusesSpam, chosen
from tests.support.replica import assert_events_explain_snapshot


def stored() -> int:
    return get_message_model().objects.count()


def test_messages_are_numbered_without_gaps_in_the_order_they_were_sent(room: Any, people: People) -> None:
    senders = [people.minji, people.juwon, people.juwon, people.minji]
    messages = [send(room, sender, f"number {n}") for n, sender in enumerate(senders)]
    assert [(message.seq, message.rev) for message in messages] == [(1, 1), (2, 2), (3, 3), (4, 4)]
    room = get_room(people.minji, str(room.pk))
    assert (room.head, room.rev) == (4, 4)
    assert room.last_message_at == messages[-1].created_at


def test_a_send_reaches_both_people_and_their_rooms(room: Any, people: People) -> None:
    with assert_events_explain_snapshot(*people) as heard:
        message = send(room, people.minji, "hello")
    for user in (people.minji, people.juwon):
        assert [event["message"] for event in heard.events(user)] == [message_object(message)]
        assert heard.rooms(user) == [str(room.pk)]


def test_both_people_get_the_same_bytes_of_a_message(room: Any, people: People) -> None:
    with listening() as heard:
        send(room, people.minji, "hello")
    pushes = [change for change in heard.changes if hasattr(change, "frame")]
    assert len(pushes) == 1
    assert set(pushes[0].users) == {str(people.minji.pk), str(people.juwon.pk)}


def test_text_is_kept_as_it_was_written_apart_from_line_ends_and_controls(room: Any, people: People) -> None:
    message = send(room, people.minji, "a\r\nb\rc\td\x07\u202e e\u0301 😀\x85 ")
    message.refresh_from_db()
    assert message.content == "a\nb\nc\td\u202e e\u0301 😀 "


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", Empty),
        (" \n\t", Empty),
        ("\u200b\u2060\ufeff\u3164\ufe0f", Empty),
        ("a\0b", BadText),
        ("\ud800", BadText),
        ("x" * 4001, TooLong),
        ("😀" * 4001, TooLong),
    ],
)
def test_a_text_that_cannot_be_kept_is_refused(room: Any, people: People, text: str, refusal: type[ChatError]) -> None:
    with assert_events_explain_snapshot(*people) as heard, pytest.raises(refusal) as refused:
        send(room, people.minji, text)
    assert refused.value.field == "content"
    assert heard.changes == []
    assert stored() == 0


@pytest.mark.parametrize("text", ["x" * 4000, "😀" * 4000, "\u200bx"])
def test_a_text_of_4000_code_points_is_kept_whole(room: Any, people: People, text: str) -> None:
    message = send(room, people.minji, text)
    message.refresh_from_db()
    assert message.content == text


# Repetition


def test_a_repetition_answers_with_the_first_message_and_changes_nothing(key: str, people: People) -> None:
    client_id = uuid.uuid4()
    first = send_once(people.minji, key, client_id=client_id, content="hello\r\n")
    with assert_events_explain_snapshot(*people) as heard, received(message_sent) as sendings:
        again = send_once(people.minji, key, client_id=client_id, content="hello\n")
    assert (first.duplicate, again.duplicate) == (False, True)
    assert message_object(again.message) == message_object(first.message)
    assert heard.changes == []
    assert sendings == []
    assert stored() == 1


def test_a_repetition_is_the_same_message_over_either_way(room: Any, people: People) -> None:
    client_id = uuid.uuid4()
    first = send(room, people.minji, "hello", client_id=client_id)
    assert send_once(people.minji, str(room.pk), client_id=client_id, content="hello").message == first
    assert send(room, people.minji, "hello", client_id=client_id) == first


@pytest.mark.parametrize("other", [{"content": "bye"}, {"reply_to": 1}, {"content": "hello "}])
def test_the_same_client_id_with_another_payload_is_a_conflict(
    room: Any, people: People, other: dict[str, Any]
) -> None:
    send(room, people.juwon, "first")
    payload = {"client_id": uuid.uuid4(), "content": "hello"}
    send_once(people.minji, str(room.pk), **payload)
    with assert_events_explain_snapshot(*people), pytest.raises(Conflict) as refused:
        send_once(people.minji, str(room.pk), **{**payload, **other})
    assert refused.value.field == "client_id"
    assert stored() == 2


@pytest.mark.parametrize("other", [{"kind": "offer"}, {"data": {"price": 1}}])
def test_kind_and_data_belong_to_the_payload(room: Any, people: People, other: dict[str, Any]) -> None:
    client_id = uuid.uuid4()
    send(room, people.minji, "hello", client_id=client_id)
    with pytest.raises(Conflict):
        send(room, people.minji, "hello", client_id=client_id, **other)


def test_the_two_people_may_use_the_same_client_id(room: Any, people: People) -> None:
    client_id = uuid.uuid4()
    mine = send(room, people.minji, "hello", client_id=client_id)
    theirs = send(room, people.juwon, "hello", client_id=client_id)
    assert mine != theirs
    assert stored() == 2


def test_a_client_id_belongs_to_one_room(room: Any, people: People) -> None:
    other = open_room(people.minji, people.stranger)
    client_id = uuid.uuid4()
    assert send(room, people.minji, "hello", client_id=client_id) != send(
        other, people.minji, "bye", client_id=client_id
    )


@pytest.mark.parametrize("payload", ["hello", "something else"])
def test_after_an_edit_a_repetition_answers_the_present_state_whatever_its_payload(
    key: str, people: People, payload: str
) -> None:
    client_id = uuid.uuid4()
    send_once(people.minji, key, client_id=client_id, content="hello")
    edit(people.minji, key, 1, "changed")
    again = send_once(people.minji, key, client_id=client_id, content=payload)
    assert again.duplicate
    assert message_object(again.message)["content"] == "changed"


def test_after_a_deletion_a_repetition_answers_the_tombstone(key: str, people: People) -> None:
    client_id = uuid.uuid4()
    send_once(people.minji, key, client_id=client_id, content="hello")
    delete(people.minji, key, 1)
    again = send_once(people.minji, key, client_id=client_id, content="hello again")
    assert again.duplicate
    assert message_object(again.message)["deleted_at"] is not None


@pytest.mark.parametrize("who", ["me", "peer"])
def test_a_repetition_is_answered_although_a_block_came_in_between(
    room: Any, key: str, people: People, who: str
) -> None:
    client_id = uuid.uuid4()
    first = send_once(people.minji, key, client_id=client_id, content="hello")
    change_settings(people.minji if who == "me" else people.juwon, key, blocked=True)
    assert send_once(people.minji, key, client_id=client_id, content="hello").message == first.message


def test_a_repetition_is_answered_although_the_policy_has_changed(key: str, people: People) -> None:
    client_id = uuid.uuid4()
    first = send_once(people.minji, key, client_id=client_id, content="spam")
    with override_settings(PAIRCHAT=chosen(RefusesSpam)):
        assert send_once(people.minji, key, client_id=client_id, content="spam").message == first.message


# Refusals, in their order


def test_whoever_is_not_in_the_room_learns_nothing_of_it(room: Any, key: str, people: People) -> None:
    with assert_events_explain_snapshot(*people), pytest.raises(NotFound):
        send_once(people.stranger, key, client_id=uuid.uuid4(), content="\0 bad text")
    with assert_events_explain_snapshot(*people), pytest.raises(NotFound):
        send(room, people.stranger, "hello")
    assert stored() == 0


def test_content_is_looked_at_before_the_block(key: str, people: People) -> None:
    change_settings(people.juwon, key, blocked=True)
    with pytest.raises(Empty):
        send_once(people.minji, key, client_id=uuid.uuid4(), content=" ")


@pytest.mark.parametrize("blocking", ["minji", "juwon"])
@pytest.mark.parametrize("sending", ["minji", "juwon"])
def test_a_block_by_either_stops_both(key: str, people: People, blocking: str, sending: str) -> None:
    change_settings(getattr(people, blocking), key, blocked=True)
    with assert_events_explain_snapshot(*people) as heard, pytest.raises(CannotSend):
        send_once(getattr(people, sending), key, client_id=uuid.uuid4(), content="hello")
    assert heard.changes == []
    assert stored() == 0


def test_a_block_set_after_the_room_was_loaded_still_holds(room: Any, key: str, people: People) -> None:
    loaded_before = get_room(people.minji, key)
    change_settings(people.juwon, key, blocked=True)
    with pytest.raises(CannotSend):
        send(loaded_before, people.minji, "hello")
    assert stored() == 0


def test_nobody_writes_to_an_inactive_account(key: str, people: People) -> None:
    people.juwon.is_active = False
    people.juwon.save()
    with pytest.raises(CannotSend):
        send_once(people.minji, key, client_id=uuid.uuid4(), content="hello")
    assert not room_object(get_room(people.minji, key), people.minji)["can_send"]


def test_nobody_writes_to_an_account_that_is_gone(key: str, people: People) -> None:
    people.juwon.delete()
    with pytest.raises(CannotSend):
        send_once(people.minji, key, client_id=uuid.uuid4(), content="hello")
    assert not room_object(get_room(people.minji, key), people.minji)["can_send"]


def test_the_policy_decides_who_may_send(room: Any, people: People) -> None:
    with override_settings(PAIRCHAT=chosen(NobodySends)), pytest.raises(CannotSend):
        send(room, people.minji, "hello")
    assert stored() == 0


def test_the_policy_decides_which_text_is_allowed(room: Any, people: People) -> None:
    with override_settings(PAIRCHAT=chosen(RefusesSpam)):
        with pytest.raises(Rejected):
            send(room, people.minji, "buy spam")
        send(room, people.minji, "hello")
    assert stored() == 1


@pytest.mark.parametrize("reply_to", [0, 2, 2**63 - 1, -1])
def test_a_reply_needs_a_message_that_is_there(room: Any, people: People, reply_to: int) -> None:
    send(room, people.juwon, "first")
    with pytest.raises(BadRequest) as refused:
        send(room, people.minji, "hello", reply_to=reply_to)
    assert refused.value.field == "reply_to"
    assert stored() == 1


def test_a_reply_keeps_the_number_of_what_it_answers(room: Any, people: People) -> None:
    send(room, people.juwon, "first")
    assert message_object(send(room, people.minji, "hello", reply_to=1))["reply_to"] == 1


@pytest.mark.parametrize(
    "spelling", ["01", " 1", "true", "1.0", "-1", "", "9" * 30, "ABCDEF00-0000-4000-8000-000000000000"]
)
def test_a_room_in_another_spelling_is_no_room(people: People, spelling: str) -> None:
    with pytest.raises(BadId) as refused:
        send_once(people.minji, spelling, client_id=uuid.uuid4(), content="hello")
    assert refused.value.field == "room"


# What a send does to the room


def test_unread_is_exact(room: Any, key: str, people: People) -> None:
    for text in ("one", "two", "three"):
        send(room, people.minji, text)
    delete(people.minji, key, 2)
    send(room, None, "Juwon has moved.", kind="system")
    shown = room_object(get_room(people.juwon, key), people.juwon)
    assert shown["unread"] == 4
    assert unread_rooms(people.juwon) == 1


def test_a_person_who_sends_has_read_the_room(room: Any, key: str, people: People) -> None:
    send(room, people.juwon, "one")
    change_settings(people.minji, key, marked_unread=True)
    with assert_events_explain_snapshot(*people):
        send_once(people.minji, key, client_id=uuid.uuid4(), content="two")
    shown = room_object(get_room(people.minji, key), people.minji)
    assert (shown["unread"], shown["me"]["read"], shown["me"]["marked_unread"]) == (0, 2, False)
    assert unread_rooms(people.minji) == 0


def test_a_program_that_sends_for_somebody_has_not_read_for_him(room: Any, key: str, people: People) -> None:
    send(room, people.juwon, "one")
    send(room, people.minji, "An answer while I am away.", read=False)
    assert room_object(get_room(people.minji, key), people.minji)["me"]["read"] == 0
    send(room, people.minji, "I am back.")
    assert room_object(get_room(people.minji, key), people.minji)["me"]["read"] == 3


def test_a_message_of_the_peer_brings_an_archived_room_back(room: Any, key: str, people: People) -> None:
    change_settings(people.juwon, key, archived=True)
    change_settings(people.minji, key, archived=True)
    with assert_events_explain_snapshot(*people):
        send(room, people.minji, "hello")
    assert not get_room(people.juwon, key).side(people.juwon).archived
    assert get_room(people.minji, key).side(people.minji).archived


def test_the_system_writes_for_neither_side(room: Any, key: str, people: People) -> None:
    with assert_events_explain_snapshot(*people):
        message = send(room, None, "The listing was sold.", kind="system", data={"listing": 7})
    shown = message_object(message)
    assert (shown["sender"], shown["kind"], shown["data"]) == (None, "system", {"listing": 7})
    assert message.sender is None
    assert not message.sent_by(people.minji)
    assert room_object(get_room(people.minji, key), people.minji)["unread"] == 1


def test_a_hosts_own_kind_carries_data(room: Any, people: People) -> None:
    message = send(room, people.minji, "3 000", kind="offer", data={"price": 3000})
    message.refresh_from_db()
    assert (message.kind, message.data) == ("offer", {"price": 3000})


@pytest.mark.parametrize(
    "data",
    ["x" * 4095, {"text": "한" * 1366}, [1e400], float("nan"), {"a": "\0"}, "\\\0", {"\ud800": 1}, {1, 2}, b"x"],
    ids=["long", "long in UTF-8", "infinite", "not a number", "NUL", "backslash and NUL", "surrogate", "set", "bytes"],
)
def test_data_that_is_not_four_kilobytes_of_json_is_refused(room: Any, people: People, data: Any) -> None:
    with pytest.raises(BadRequest) as refused:
        send(room, people.minji, "hello", kind="offer", data=data)
    assert refused.value.field == "data"
    assert stored() == 0


@pytest.mark.parametrize(
    "data", [{1: "one"}, (1, 2), {"b": 1, "a": [None, True, 1.5]}, "\\u0000", {"한": "글"}, 0, "", [], {}, False]
)
def test_data_repeated_is_the_same_data_however_python_wrote_it(room: Any, people: People, data: Any) -> None:
    client_id = uuid.uuid4()
    first = send(room, people.minji, "hello", kind="offer", data=data, client_id=client_id)
    assert send(room, people.minji, "hello", kind="offer", data=data, client_id=client_id) == first
    assert stored() == 1


def test_data_of_four_kilobytes_is_kept(room: Any, people: People) -> None:
    data = "x" * 4094
    message = send(room, people.minji, "hello", kind="offer", data=data)
    message.refresh_from_db()
    assert message.data == data


def test_the_host_hears_of_a_message(room: Any, people: People) -> None:
    with received(message_sent) as sendings:
        message = send(room, people.minji, "hello")
    assert [(payload["message"], payload["room"]) for payload in sendings] == [(message, room)]


# Cost


def test_a_send_into_a_loaded_room_takes_at_most_five_statements(room: Any, people: People) -> None:
    with counted() as statements:
        send(room, people.minji, "hello")
    assert statements.count <= 5, statements.texts


def test_a_send_costs_the_same_in_a_long_room(room: Any, key: str, people: People) -> None:
    with counted() as short:
        send_once(people.minji, key, client_id=uuid.uuid4(), content="hello")
    for number in range(50):
        send(room, people.juwon, f"number {number}")
    with counted() as long:
        send_once(people.minji, key, client_id=uuid.uuid4(), content="hello")
    assert short.count == long.count <= 5, long.texts


def test_a_refusal_to_a_stranger_costs_as_much_as_one_for_a_room_that_is_not_there(key: str, people: People) -> None:
    gone = open_room(people.juwon, make_user("Somebody"))
    missing = str(gone.pk)
    gone.delete()
    counts = []
    for asked in (key, missing):
        with counted() as statements, pytest.raises(NotFound):
            send_once(people.stranger, asked, client_id=uuid.uuid4(), content="hello")
        counts.append(statements.count)
    assert counts[0] == counts[1]


def test_a_repetition_leaves_the_room_of_the_caller_as_it_is(room: Any, key: str, people: People) -> None:
    client_id = uuid.uuid4()
    send(room, people.minji, "hello", client_id=client_id)
    room = get_room(people.minji, key)
    again = send(room, people.minji, "hello", client_id=client_id)
    assert (room.head, room.rev, again.room.head, again.room.rev) == (1, 1, 1, 1)


def over_rate(people: People, key: str, content: str = "hello") -> PendingMessage:
    return PendingMessage(people.juwon, content, uuid.uuid4(), key=key, wait_seconds=3.0)


def test_a_block_is_answered_before_the_rate(room: Any, key: str, people: People) -> None:
    free, blocked = over_rate(people, key), over_rate(people, key)
    results = store([free], RoomCache())
    change_settings(people.minji, key, blocked=True)
    results += store([blocked], RoomCache())
    assert list(map(type, results)) == [RateLimited, CannotSend]


def test_a_message_repeated_with_a_file_that_is_none_is_a_conflict(room: Any, key: str, people: People) -> None:
    client_id = uuid.uuid4()
    send(room, people.minji, "hello", client_id=client_id)
    draft = PendingMessage(people.minji, "hello", client_id, key=key, upload="zzz")
    assert list(map(type, store([draft], RoomCache()))) == [Conflict]


def test_a_good_send_is_stored_beside_a_bad_one_of_the_same_id(room: Any, key: str, people: People) -> None:
    client_id = uuid.uuid4()
    bad = PendingMessage(people.minji, "hello", client_id, key=key, reply_to=9)
    good = PendingMessage(people.minji, "hello", client_id, key=key)
    refused, sent = store([bad, good], RoomCache())
    assert isinstance(refused, Conflict)
    assert isinstance(sent, StoredMessage)
    assert (sent.seq, sent.duplicate) == (1, False)


def test_a_stranger_asks_for_a_remembered_room_as_for_one_that_is_not_there(
    room: Any, key: str, people: People
) -> None:
    known = RoomCache()
    store([PendingMessage(people.minji, "hello", uuid.uuid4(), key=key)], known)
    missing = open_room(people.juwon, make_user("Somebody"))
    missing_key = str(missing.pk)
    missing.delete()
    counts = []
    for asked in (key, missing_key):
        with counted() as statements:
            draft = PendingMessage(people.stranger, "hello", uuid.uuid4(), key=asked)
            results = store([draft], known)
        assert list(map(type, results)) == [NotFound]
        counts.append(statements.count)
    assert counts[0] == counts[1]


@pytest.mark.parametrize("kind", ["", "x" * 33])
def test_a_kind_that_no_column_holds_is_refused_on_every_database(room: Any, people: People, kind: str) -> None:
    with pytest.raises(BadRequest, match="kind"):
        send(room, people.minji, "hello", kind=kind)


@isolate_apps("tests")
def test_a_field_of_another_class_is_never_written_past_django() -> None:
    class Sealed(models.TextField):
        """Stores something else than it was given."""

    class Plain(AbstractMessage):
        class Meta(AbstractMessage.Meta):
            app_label = "tests"

    class Secret(AbstractMessage):
        content = Sealed()

        class Meta(AbstractMessage.Meta):
            app_label = "tests"

    assert (is_plain(Plain), is_plain(Secret)) == (True, False)
