"""Sends into rooms that are remembered: stored in one statement where nobody has changed the room, else as ever."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, models
from django.db.models.signals import ModelSignal, post_save, pre_save
from django.utils import timezone
from django.utils.safestring import SafeString

from django_pairchat import get_message_model
from django_pairchat.exceptions import CannotSend
from django_pairchat.querysets import ROW_VERSION
from django_pairchat.sending import sql
from django_pairchat.sending.room_cache import RoomCache
from django_pairchat.sending.store import store
from django_pairchat.sending.types import PendingMessage, StoredMessage
from django_pairchat.sending.write import is_plain
from django_pairchat.services import change_settings, mark_read, open_room, send
from tests.conftest import People
from tests.support.counting import counted
from tests.support.people import make_topic

# What is stored without a transaction cannot be tried in one.
pytestmark = pytest.mark.django_db(transaction=True)


class Sender:
    """What the writer does for the sockets of one process."""

    def __init__(self) -> None:
        self._known = RoomCache()

    def draft(self, user: Any, room: Any, content: str, **fields: Any) -> PendingMessage:
        client_id = fields.pop("client_id", None) or uuid4()
        return PendingMessage(user, content, client_id, str(room.pk), **fields)

    def send(self, *drafts: PendingMessage) -> list[Any]:
        return [
            (result.seq, result.duplicate) if isinstance(result, StoredMessage) else type(result)
            for result in store(drafts, self._known, skip_locked=True)
        ]


@pytest.fixture
def sender(people: People, room: Any) -> Sender:
    """It has sent a message into the room."""
    sender = Sender()
    assert sender.send(sender.draft(people.minji, room, "first")) == [(1, False)]
    return sender


def contents(room: Any) -> list[tuple[int, str]]:
    messages = get_message_model().objects.filter(room=room.pk).order_by("seq")
    return list(messages.values_list("seq", "content"))


def state(room: Any) -> tuple[Any, ...]:
    room.refresh_from_db()
    return (room.head, room.rev, room.user1_read, room.user2_read, room.user1_has_unread, room.user2_has_unread)


def test_what_is_stored_this_way_is_what_is_stored_otherwise(people: People, room: Any, sender: Sender) -> None:
    assert sender.send(sender.draft(people.juwon, room, "second")) == [(2, False)]
    otherwise = open_room(people.minji, people.juwon, make_topic())
    send(otherwise, people.minji, "first")
    send(otherwise, people.juwon, "second")
    assert contents(room) == contents(otherwise) == [(1, "first"), (2, "second")]
    assert state(room) == state(otherwise)
    ignored = {"id", "room_id", "client_id", "created_at"}
    one, other = (
        [{name: value for name, value in row.items() if name not in ignored} for row in rows.order_by("seq").values()]
        for rows in (get_message_model().objects.filter(room=each.pk) for each in (room, otherwise))
    )
    assert one == other


def test_a_text_of_a_class_of_its_own_is_stored(people: People, room: Any, sender: Sender) -> None:
    """``str()`` returns some of them as they are."""
    assert sender.send(sender.draft(people.minji, room, SafeString("safe"))) == [(2, False)]
    assert contents(room) == [(1, "first"), (2, "safe")]


def test_it_takes_one_statement_on_postgresql(people: People, room: Any, sender: Sender) -> None:
    if not (connection.vendor == "postgresql" and is_plain(get_message_model())):
        pytest.skip("This database or this model takes three")
    drafts = [sender.draft(user, room, "one of many") for user in (people.minji, people.juwon) * 5]
    with counted() as statements:
        assert sender.send(*drafts) == [(seq, False) for seq in range(2, 12)]
    assert statements.count == 1


@pytest.mark.parametrize("signal", [pre_save, post_save], ids=["before", "after"])
def test_a_receiver_of_each_save_hears_of_every_message_and_room_of_a_batch(
    people: People, room: Any, sender: Sender, signal: ModelSignal
) -> None:
    heard: list[models.Model] = []

    def receiver(instance: models.Model, **kwargs: Any) -> None:
        heard.append(instance)

    drafts = [sender.draft(user, room, "one of many") for user in (people.minji, people.juwon) * 2]
    for model in (get_message_model(), type(room)):
        signal.connect(receiver, sender=model)
    try:
        assert sender.send(*drafts) == [(seq, False) for seq in range(2, 6)]
    finally:
        for model in (get_message_model(), type(room)):
            signal.disconnect(receiver, sender=model)
    saved = [instance for instance in heard if isinstance(instance, get_message_model())]
    assert [(message.seq, message.content) for message in saved] == contents(room)[1:]
    assert room in heard


def test_a_save_of_the_host_s_own_decides_what_is_stored(
    people: People, room: Any, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = get_message_model()

    def save(message: Any, **options: Any) -> None:
        message.kind = "note"
        models.Model.save(message, **options)

    monkeypatch.setattr(model, "save", save)
    drafts = [sender.draft(user, room, "one of many") for user in (people.minji, people.juwon)]
    assert sender.send(*drafts) == [(2, False), (3, False)]
    kinds = model.objects.filter(room=room.pk).order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["text", "note", "note"]


def test_a_message_that_came_in_between_is_counted(people: People, room: Any, sender: Sender) -> None:
    send(room, people.juwon, "in between")
    assert sender.send(sender.draft(people.minji, room, "third")) == [(3, False)]
    assert contents(room) == [(1, "first"), (2, "in between"), (3, "third")]


def test_what_was_read_in_between_stays_read(people: People, room: Any, sender: Sender) -> None:
    mark_read(people.juwon, str(room.pk), 1)
    sender.send(sender.draft(people.minji, room, "second"))
    room.refresh_from_db()
    assert (room.side(people.juwon).read, room.side(people.juwon).unread) == (1, 1)


def test_a_block_and_its_end_count_at_once(people: People, room: Any, sender: Sender) -> None:
    change_settings(people.juwon, str(room.pk), blocked=True)
    assert sender.send(sender.draft(people.minji, room, "blocked")) == [CannotSend]
    change_settings(people.juwon, str(room.pk), blocked=False)
    assert sender.send(sender.draft(people.minji, room, "welcome")) == [(2, False)]
    assert contents(room) == [(1, "first"), (2, "welcome")]


def test_a_changed_room_holds_up_no_other(people: People, room: Any, sender: Sender) -> None:
    other = open_room(people.minji, people.juwon, make_topic())
    sender.send(sender.draft(people.minji, other, "first"))
    send(room, people.juwon, "in between")
    drafts = [sender.draft(people.minji, each, text) for text in ("a", "b") for each in (room, other)]
    assert sender.send(*drafts) == [(3, False), (2, False), (4, False), (3, False)]
    assert contents(room) == [(1, "first"), (2, "in between"), (3, "a"), (4, "b")]
    assert contents(other) == [(1, "first"), (2, "a"), (3, "b")]


def test_a_repetition_in_a_batch_is_stored_once(people: People, room: Any, sender: Sender) -> None:
    again = sender.draft(people.minji, room, "again")
    assert sender.send(again) == [(2, False)]
    drafts = [
        sender.draft(people.juwon, room, "new"),
        sender.draft(people.minji, room, "again", client_id=again.client_id),
        sender.draft(people.juwon, room, "newer"),
    ]
    assert sender.send(*drafts) == [(3, False), (2, True), (4, False)]
    assert contents(room) == [(1, "first"), (2, "again"), (3, "new"), (4, "newer")]


def test_an_answer_to_what_came_in_between_is_taken(people: People, room: Any, sender: Sender) -> None:
    send(room, people.juwon, "in between")
    assert sender.send(sender.draft(people.minji, room, "yes", reply_to=2)) == [(3, False)]


def test_rows_are_exchanged_whatever_their_keys_are(people: People, room: Any) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("This database cannot")
    other = open_room(people.minji, people.juwon, make_topic())
    model = get_message_model()
    versions = dict(type(room).objects.with_row_version().values_list("pk", ROW_VERSION))
    now = timezone.now()
    own = {} if is_plain(model) else {"mood": "''"}
    rows = [
        {
            **({"id": uuid4()} if own else {}),
            "room_id": each.pk,
            "seq": 1,
            "rev": 1,
            "side": 1,
            "client_id": uuid4(),
            "kind": "text",
            "content": "",
            "reply_to": None,
            "created_at": now,
        }
        for each in (room, other)
    ]
    heads = [{"id": each.pk, "head": 1, ROW_VERSION: versions[each.pk]} for each in (room, other)]
    heads[1][ROW_VERSION] = "1"
    constants = {"reactions": "'{}'", "attachment": "''", **own}
    stored = sql.update_if_unchanged((type(room), heads), (model, rows, constants), parent="room_id", using="default")
    assert list(stored) == [str(room.pk)]
    assert dict(type(room).objects.with_row_version().values_list("pk", ROW_VERSION))[room.pk] == stored[str(room.pk)]
    assert list(model.objects.values_list("room_id", "seq")) == [(room.pk, 1)]
    assert [(each.refresh_from_db(), each.head)[1] for each in (room, other)] == [1, 0]
