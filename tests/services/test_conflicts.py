"""The database gives a transaction up because another was in its way: what the library began, it does again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction
from django.dispatch import Signal

from django_pairchat import get_message_model, get_room_model
from django_pairchat.core import transactions
from django_pairchat.core.abandoned_rooms import remove_abandoned_rooms
from django_pairchat.core.epochs import reset_epochs
from django_pairchat.core.events import FramePush
from django_pairchat.sending.room_cache import RoomCache
from django_pairchat.sending.store import store
from django_pairchat.sending.types import PendingMessage, StoredMessage
from django_pairchat.sending.write import is_plain
from django_pairchat.services import (
    change_settings,
    delete,
    edit,
    get_room,
    mark_read,
    open_room,
    react,
    send,
    send_once,
)
from django_pairchat.signals import (
    events_published,
    message_deleted,
    message_edited,
    message_reacted,
    message_sent,
    room_opened,
    room_read,
    room_settings_changed,
)
from tests.conftest import People
from tests.support.listening import Heard, received
from tests.support.options import SetOptions
from tests.support.people import make_topic

pytestmark = pytest.mark.django_db(transaction=True)


class Cause(Exception):
    """What a driver of PostgreSQL raises, as far as it is looked at."""

    def __init__(self, name: str, state: str) -> None:
        super().__init__(name)
        setattr(self, name, state)


def conflict(*arguments: Any, cause: Exception | None = None) -> OperationalError:
    error = OperationalError(*arguments)
    error.__cause__ = cause
    return error


SERIALIZATION_FAILURE = conflict("could not serialize access", cause=Cause("sqlstate", "40001"))
CONFLICTS = {
    "serialization failure": SERIALIZATION_FAILURE,
    "the same from psycopg2": conflict("could not serialize access", cause=Cause("pgcode", "40001")),
    "deadlock": conflict("deadlock detected", cause=Cause("sqlstate", "40P01")),
    "row changed since the snapshot": conflict(1020, "Record has changed since last read in table 'pairchat_room'"),
    "deadlock on MariaDB": conflict(1213, "Deadlock found when trying to get lock"),
}


@contextmanager
def failing_commits(error: Exception, times: int) -> Iterator[list[Exception]]:
    """So many commits fail, after all that was done in their transactions."""
    failed: list[Exception] = []
    commit = connection.commit

    def fail_or_commit() -> None:
        if len(failed) < times:
            failed.append(error)
            raise error
        commit()

    connection.commit = fail_or_commit
    try:
        yield failed
    finally:
        connection.commit = commit


@pytest.fixture(autouse=True)
def no_pauses(options: SetOptions) -> None:
    options(conflict_pause_seconds=0.0)


@pytest.fixture
def heard() -> Iterator[Heard]:
    listener = Heard()
    events_published.connect(listener.hear)
    yield listener
    events_published.disconnect(listener.hear)


def _send(room: Any, people: People) -> bool:
    return send(room, people.minji, "second").seq == 2


def _send_once(room: Any, people: People) -> bool:
    sent = send_once(people.juwon, str(room.pk), client_id=uuid4(), content="second")
    return (sent.seq, sent.duplicate, sent.room.head) == (2, False, 2)


def _edit(room: Any, people: People) -> bool:
    message = edit(people.minji, str(room.pk), 1, "other")
    return (message.content, message.rev) == ("other", 2)


def _delete(room: Any, people: People) -> bool:
    return bool(delete(people.minji, str(room.pk), 1).is_deleted)


def _react(room: Any, people: People) -> bool:
    return bool(react(people.juwon, str(room.pk), 1, "👍").reactions == {"2": "👍"})


def _read(room: Any, people: People) -> bool:
    return bool(mark_read(people.juwon, str(room.pk), 1).user2_read == 1)


def _set(room: Any, people: People) -> bool:
    return bool(change_settings(people.juwon, str(room.pk), archived=True).user2_archived)


def _block(room: Any, people: People) -> bool:
    return bool(change_settings(people.juwon, str(room.pk), blocked=True).user2_blocked)


def _open(room: Any, people: People) -> bool:
    opened = open_room(people.juwon, people.minji, make_topic())
    return bool(get_room_model().objects.get(pk=opened.pk).topic_title == opened.topic_title)


def _open_first(room: Any, people: People) -> bool:
    opened = open_room(people.juwon, people.stranger)
    return get_room_model().objects.filter(pk=opened.pk).count() == 1


ACTS: dict[Callable[[Any, People], bool], Signal] = {
    _send: message_sent,
    _send_once: message_sent,
    _edit: message_edited,
    _delete: message_deleted,
    _react: message_reacted,
    _read: room_read,
    _set: room_settings_changed,
    _block: room_settings_changed,
    _open: room_opened,
    _open_first: room_opened,
}


@pytest.mark.parametrize("act", ACTS)
def test_a_write_whose_transaction_was_given_up_is_done_again_and_told_once(
    room: Any, people: People, heard: Heard, act: Callable[[Any, People], bool]
) -> None:
    send(room, people.minji, "first")
    heard.changes.clear()
    with received(ACTS[act]) as payloads, failing_commits(SERIALIZATION_FAILURE, 3) as failed:
        assert act(room, people)
    assert len(failed) == 3
    assert len(payloads) == 1
    pushes = [change for change in heard.changes if isinstance(change, FramePush)]
    assert len(pushes) == len(set(pushes)) <= 1


@pytest.mark.parametrize("error", CONFLICTS.values(), ids=CONFLICTS)
def test_every_way_in_which_a_database_says_so_is_known(room: Any, people: People, error: Exception) -> None:
    with failing_commits(error, 1):
        assert send(room, people.minji, "first").seq == 1


def test_another_error_of_the_database_is_raised_at_once(room: Any, people: People) -> None:
    with failing_commits(OperationalError("terminating connection"), 1) as failed, pytest.raises(OperationalError):
        edit(people.minji, str(room.pk), send(room, people.minji, "first").seq, "other")
    assert len(failed) == 1


def test_a_conflict_without_end_is_raised_in_the_end(room: Any, people: People) -> None:
    with failing_commits(SERIALIZATION_FAILURE, 1000) as failed, pytest.raises(OperationalError):
        send(room, people.minji, "first")
    assert len(failed) == transactions.TRIES


@pytest.mark.parametrize("act", ACTS)
def test_within_a_transaction_of_the_hosts_the_host_gets_the_conflict(
    room: Any, people: People, act: Callable[[Any, People], bool]
) -> None:
    """Only the host can say whether what it read before still holds."""
    send(room, people.minji, "first")
    tries: list[str] = []

    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("UPDATE", "INSERT", "WITH given")):
            tries.append(sql)
            raise SERIALIZATION_FAILURE
        return execute(sql, params, many, context)

    def within() -> None:
        with transaction.atomic(), connection.execute_wrapper(fail):
            act(room, people)

    with pytest.raises(OperationalError):
        within()
    assert len(tries) == 1


def test_a_conflict_in_the_one_statement_of_a_known_room_costs_no_send(room: Any, people: People) -> None:
    if not (connection.vendor == "postgresql" and is_plain(get_message_model())):
        pytest.skip("This database or this model is stored in a transaction only")
    known = RoomCache()
    conflicts: list[str] = []

    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("WITH given"):
            conflicts.append(sql)
            raise SERIALIZATION_FAILURE
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        draft = PendingMessage(people.minji, "hello", uuid4(), key=str(room.pk))
        (result,) = store([draft], known, skip_locked=True)
    assert len(conflicts) == 1
    assert isinstance(result, StoredMessage)
    assert (result.seq, result.duplicate) == (1, False)


def test_rooms_that_everybody_left_go_although_a_transaction_was_in_the_way(room: Any, people: People) -> None:
    send(room, people.minji, "first")
    get_room_model().objects.update(user1=None, user2=None)
    with failing_commits(SERIALIZATION_FAILURE, 1) as failed:
        remove_abandoned_rooms()
    assert len(failed) == 1
    assert not get_room_model().objects.exists()


def test_a_restore_is_told_although_a_transaction_was_in_the_way(room: Any) -> None:
    failed: list[str] = []

    def fail_once(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not failed:
            failed.append(sql)
            raise SERIALIZATION_FAILURE
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail_once):
        assert reset_epochs() == 1
    assert get_room_model().objects.get().epoch != room.epoch


def test_nothing_of_a_try_that_failed_stays_in_the_room_of_the_host(room: Any, people: People) -> None:
    with failing_commits(SERIALIZATION_FAILURE, 1):
        send(room, people.minji, "first")
    assert get_room(people.minji, str(room.pk)).head == 1
    assert room.head == 0
