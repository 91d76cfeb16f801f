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

from django_pairchat import bulk, get_message_model
from django_pairchat.live import writer as writers
from django_pairchat.live.writer import Writer
from django_pairchat.services import aopen_room, placing, sending
from django_pairchat.services.drafts import Draft
from django_pairchat.services.placing import is_plain
from django_pairchat.signals import message_sent
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People

pytestmark = pytest.mark.usefixtures("threads")


@contextmanager
def first_in_writer(owner: Any, name: str, act: Callable[..., Any]) -> Iterator[None]:
    """The first call of this method in the writer's thread is ``act(method, *arguments)`` instead."""
    method = getattr(owner, name)
    done = False

    def replaced(*arguments: Any, **options: Any) -> Any:
        nonlocal done
        if done or threading.current_thread().name != "pairchat-writer":
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


@pytest.mark.parametrize(("owner", "name"), [(BaseDatabaseWrapper, "commit"), (bulk, "exchange")])
async def test_a_message_whose_commit_was_not_confirmed_is_announced(
    people: People, room: Any, told: Any, owner: Any, name: str
) -> None:
    if name == "exchange" and not (connection.vendor == "postgresql" and is_plain(get_message_model())):
        pytest.skip("This database or this model is stored in a transaction only")
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as other:
        only_commits = mock.patch.object(bulk, "can_exchange", return_value=False)
        with only_commits if name == "commit" else nullcontext(), first_in_writer(owner, name, cut_after):
            answer = await page.send(room, "hello")
        assert (answer["type"], answer["message"]["seq"]) == ("ok", 1)
        assert (await other.event("message"))["message"]["content"] == "hello"
        assert (await told())["message"].content == "hello"


async def test_a_deadlock_is_tried_again(people: People, room: Any) -> None:
    def deadlock(*arguments: Any, **options: Any) -> None:
        raise OperationalError("deadlock detected")

    async with ChatCommunicator(people.minji) as page:
        with first_in_writer(sending, "place", deadlock):
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
    really_place = placing.place
    tries = 0

    def place(drafts: Any, skip_locked: bool) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OperationalError("deadlock detected")
        if any(draft.content == "poison" for draft in drafts):
            raise ZeroDivisionError
        really_place(drafts, skip_locked)

    drafts = [
        Draft(people.minji, "poison", uuid4(), key=str(room.pk)),
        Draft(people.stranger, "hello", uuid4(), key=str(elsewhere.pk)),
    ]
    only_there = mock.patch.object(bulk, "can_exchange", return_value=False)
    with only_there, mock.patch.object(sending, "place", place):
        await writers.receivers.run(lambda: writers._send_all(drafts, Writer()._known))
    assert [draft.is_stored for draft in drafts] == [False, True]


async def test_a_full_queue_is_answered_busy_and_costs_no_rate(
    people: People, room: Any, monkeypatch: Any, settings: Any
) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "SEND_BURST": 2, "SENDS_PER_MINUTE": 1}
    monkeypatch.setattr(writers, "QUEUE_LIMIT", 0)
    async with ChatCommunicator(people.minji) as page:
        for _ in range(3):
            refused = await page.send(room, "hello")
            assert (refused["code"], refused["retry_after"]) == ("busy", 1)
        monkeypatch.undo()
        assert (await page.send(room, "hello"))["type"] == "ok"


async def test_an_answer_that_fails_keeps_no_other_from_its_page(people: People, room: Any) -> None:
    def fail(outcome: Any) -> None:
        raise LookupError("somebody's mistake")

    answered: list[Any] = []
    jobs = []
    for answer in (fail, answered.append):
        draft = Draft(people.minji, "hello", uuid4(), key=str(room.pk))
        draft.outcome = writers.Busy()
        jobs.append(writers.Job(draft, mock.Mock(), answer))
    writers._call_answers(jobs)
    assert answered == [jobs[1].draft.outcome]


async def test_a_receiver_has_the_room_as_it_was_at_the_commit(people: People, room: Any, told: Any) -> None:
    async with ChatCommunicator(people.minji) as page:
        await page.send(room, "one")
        payload = await told()
        await page.send(room, "two")
        await told()
    assert payload["room"].head == payload["message"].room.head == 1
