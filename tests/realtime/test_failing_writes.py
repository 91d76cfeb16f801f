"""What the writer does when the database fails it, or is asked too much of."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from queue import SimpleQueue
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from django_pairchat import get_message_model
from django_pairchat.exceptions import Busy
from django_pairchat.realtime.signal_dispatch import signal_dispatcher
from django_pairchat.sending import group_commit as writers
from django_pairchat.sending import sql, store, write
from django_pairchat.sending.group_commit import GroupCommitter
from django_pairchat.sending.types import LOCKED, Failed, PendingMessage, is_new
from django_pairchat.sending.write import is_plain
from django_pairchat.services import aopen_room
from django_pairchat.signals import message_sent
from django_pairchat.testing import ChatCommunicator, node_options
from tests.conftest import People

pytestmark = pytest.mark.usefixtures("threads")


@contextmanager
def first_in_writer(owner: Any, name: str, act: Callable[..., Any]) -> Iterator[None]:
    """The first call of this method in the writer's thread is ``act(method, *arguments)`` instead."""
    method = getattr(owner, name)
    done = False

    def replaced(*arguments: Any, **options: Any) -> Any:
        nonlocal done
        if done or threading.current_thread().name != "pairchat-group-commit":
            return method(*arguments, **options)
        done = True
        return act(method, *arguments, **options)

    with mock.patch.object(owner, name, replaced):
        yield
    assert done


def cut_after(method: Any, *arguments: Any, **options: Any) -> Any:
    method(*arguments, **options)
    raise OperationalError("server closed the connection unexpectedly")


@pytest.fixture
def told() -> Iterator[Callable[[], Any]]:
    """Gives the next call of a receiver of ``message_sent``."""
    calls: SimpleQueue[dict[str, Any]] = SimpleQueue()

    def receive(**payload: Any) -> None:
        calls.put(payload)

    message_sent.connect(receive)
    yield lambda: asyncio.to_thread(calls.get, timeout=5)
    message_sent.disconnect(receive)


@pytest.mark.parametrize(("owner", "name"), [(BaseDatabaseWrapper, "commit"), (sql, "update_if_unchanged")])
async def test_a_message_whose_commit_was_not_confirmed_is_announced(
    people: People, room: Any, told: Any, owner: Any, name: str
) -> None:
    if name == "update_if_unchanged" and not (connection.vendor == "postgresql" and is_plain(get_message_model())):
        pytest.skip("This database or this model is stored in a transaction only")
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as other:
        only_commits = mock.patch.object(sql, "supports_row_versions", return_value=False)
        with only_commits if name == "commit" else nullcontext(), first_in_writer(owner, name, cut_after):
            answer = await page.send(room, "hello")
        assert (answer["type"], answer["message"]["seq"]) == ("ok", 1)
        assert (await other.event("message"))["message"]["content"] == "hello"
        assert (await told())["message"].content == "hello"


async def test_it_is_announced_although_the_room_was_locked_meanwhile(
    people: People, room: Any, told: Any, settings: Any
) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "NEW_ROOMS_PER_DAY": None}
    really_store = writers.store
    results = iter([lambda _stored: Failed(OperationalError(), may_be_stored=True), lambda _stored: LOCKED])

    def store_unheard(*arguments: Any, **options: Any) -> Any:
        stored = really_store(*arguments, **options)
        return [next(results, lambda result: result)(result) for result in stored]

    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as other:
        with mock.patch.object(writers, "store", store_unheard):
            assert (await page.send(room, "hello"))["type"] == "ok"
        assert (await other.event("message"))["message"]["content"] == "hello"
        assert (await told())["message"].content == "hello"


async def test_it_is_announced_when_the_client_repeats_it_after_an_error(
    people: People, room: Any, told: Any, settings: Any
) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "NEW_ROOMS_PER_DAY": None}
    really_store = writers.store
    failures = iter([Failed(OperationalError(), may_be_stored=True), Failed(OperationalError(), may_be_stored=False)])

    def store_unheard(*arguments: Any, **options: Any) -> Any:
        stored = really_store(*arguments, **options)
        return [next(failures, result) for result in stored]

    client_id = str(uuid4())
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as other:
        with mock.patch.object(writers, "store", store_unheard):
            assert (await page.send(room, "hello", client_id=client_id))["type"] == "error"
            assert (await page.send(room, "hello", client_id=client_id))["type"] == "ok"
            assert (await other.event("message"))["message"]["content"] == "hello"
            assert (await told())["message"].content == "hello"
            assert (await page.send(room, "hello", client_id=client_id))["duplicate"]


async def test_a_deadlock_is_tried_again(people: People, room: Any) -> None:
    def deadlock(*arguments: Any, **options: Any) -> None:
        raise OperationalError("deadlock detected")

    async with ChatCommunicator(people.minji) as page:
        with first_in_writer(store, "store_locked", deadlock):
            assert (await page.send(room, "hello"))["type"] == "ok"


async def test_a_connection_that_was_cut_meanwhile_costs_no_message(people: People, room: Any) -> None:
    def cut_before(method: Any, wrapper: Any) -> Any:
        wrapper.connection.close()
        return method(wrapper)

    if connection.vendor == "sqlite":
        pytest.skip("No server that could cut it")
    async with ChatCommunicator(people.minji) as page:
        assert (await page.send(room, "one"))["type"] == "ok"
        with first_in_writer(BaseDatabaseWrapper, "cursor", cut_before):
            assert (await page.send(room, "two"))["type"] == "ok"


async def test_a_poisoned_message_harms_nobody_in_a_batch_that_is_tried_again(people: People, room: Any) -> None:
    elsewhere = await aopen_room(people.stranger, people.juwon)
    really_store = write.store_locked
    tries = 0

    def fail_or_store(candidates: Any, *, skip_locked: bool) -> Any:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OperationalError("deadlock detected")
        if any(candidate.pending.content == "poison" for candidate in candidates):
            raise ZeroDivisionError
        return really_store(candidates, skip_locked=skip_locked)

    drafts = [
        PendingMessage(people.minji, "poison", uuid4(), key=str(room.pk)),
        PendingMessage(people.stranger, "hello", uuid4(), key=str(elsewhere.pk)),
    ]
    only_there = mock.patch.object(sql, "supports_row_versions", return_value=False)
    with only_there, mock.patch.object(store, "store_locked", fail_or_store):
        results = await signal_dispatcher().run(lambda: writers._store_with_retries(drafts, GroupCommitter()._known))
    assert [is_new(result) for result in results] == [False, True]


async def test_a_full_queue_is_answered_busy_and_costs_no_rate(people: People, room: Any, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "SEND_BURST": 2, "SENDS_PER_MINUTE": 1}
    async with ChatCommunicator(people.minji) as page:
        with node_options(send_queue_limit=0):
            for _ in range(3):
                refused = await page.send(room, "hello")
                assert (refused["code"], refused["retry_after"]) == ("busy", 1)
        assert (await page.send(room, "hello"))["type"] == "ok"


async def test_an_answer_that_fails_keeps_no_other_from_its_page(people: People, room: Any) -> None:
    def fail(answer: Any) -> None:
        raise LookupError("somebody's mistake")

    answered: list[Any] = []
    busy = Busy()
    writers._call_back([(fail, Busy()), (answered.append, busy)])
    assert answered == [busy]


async def test_a_receiver_has_the_room_as_it_was_at_the_commit(people: People, room: Any, told: Any) -> None:
    async with ChatCommunicator(people.minji) as page:
        await page.send(room, "one")
        payload = await told()
        await page.send(room, "two")
        await told()
    assert payload["room"].head == payload["message"].room.head == 1
