"""The writer at its end, and beside things that fail or take long."""

from __future__ import annotations

import asyncio
import threading
from typing import Any
from uuid import uuid4

import pytest

from django_pairchat.core import events
from django_pairchat.sending import group_commit as writers
from django_pairchat.sending.group_commit import GroupCommitter
from django_pairchat.sending.types import PendingMessage, SentMessage
from django_pairchat.signals import message_sent
from django_pairchat.testing import ChatCommunicator
from django_pairchat.utils.thread_pool import THREADS
from tests.conftest import People

pytestmark = pytest.mark.usefixtures("threads")


async def sent_by(writer: GroupCommitter, draft: PendingMessage) -> Any:
    answer = asyncio.get_running_loop().create_future()
    writer.send(draft, answer.set_result)
    return await asyncio.wait_for(answer, 5)


async def test_what_is_sent_while_it_stops_is_stored_and_it_stops(people: People, key: str, monkeypatch: Any) -> None:
    writer = GroupCommitter()
    entered, let_go = threading.Event(), threading.Event()
    really_store = writers.store

    def store_slowly(*arguments: Any, **options: Any) -> Any:
        entered.set()
        let_go.wait(5)
        return really_store(*arguments, **options)

    monkeypatch.setattr(writers, "store", store_slowly)
    first = asyncio.ensure_future(sent_by(writer, PendingMessage(people.minji, "one", uuid4(), key=key)))
    await asyncio.to_thread(entered.wait, 5)
    stopping = asyncio.ensure_future(asyncio.to_thread(writer.stop))
    while not writer._stopping:  # noqa: ASYNC110 - it happens in a thread
        await asyncio.sleep(0)
    second = asyncio.ensure_future(sent_by(writer, PendingMessage(people.minji, "two", uuid4(), key=key)))
    await asyncio.sleep(0)
    let_go.set()
    assert [isinstance(await each, SentMessage) for each in (first, second)] == [True, True]
    await asyncio.wait_for(stopping, 5)
    await asyncio.to_thread(writer.stop)


async def test_somebody_who_comes_late_to_wake_it_does_not_leave_it_asleep(people: People, key: str) -> None:
    """As a sender that the processor left between queueing a message and waking: it is written by then."""
    writer = GroupCommitter()
    try:
        assert isinstance(await sent_by(writer, PendingMessage(people.minji, "one", uuid4(), key=key)), SentMessage)
        for _ in range(2):
            async with asyncio.timeout(5):
                while not writer._is_idle:  # noqa: ASYNC110 - it happens in a thread
                    await asyncio.sleep(0)
            writer._wake_up()
        assert isinstance(await sent_by(writer, PendingMessage(people.minji, "two", uuid4(), key=key)), SentMessage)
    finally:
        await asyncio.to_thread(writer.stop)


async def test_it_goes_on_after_an_announcement_that_failed(people: People, room: Any, monkeypatch: Any) -> None:
    def fail(*arguments: Any) -> None:
        raise LookupError("somebody's mistake")

    async with ChatCommunicator(people.minji) as page:
        with monkeypatch.context() as broken:
            broken.setattr(events, "publish", fail)
            assert (await page.send(room, "one"))["type"] == "ok"
            assert (await page.send(room, "two"))["type"] == "ok"
        assert (await page.send(room, "three"))["message"]["seq"] == 3


async def test_receivers_that_take_long_hold_up_nobody_who_reads(people: People, room: Any) -> None:
    let_go = threading.Event()

    def receive(**payload: Any) -> None:
        let_go.wait(10)

    message_sent.connect(receive)
    try:
        async with ChatCommunicator(people.minji) as page:
            for number in range(2 * THREADS):
                assert (await page.send(room, str(number)))["type"] == "ok"
            assert (await page.request("history", room=str(room.pk)))["type"] == "ok"
            let_go.set()
    finally:
        let_go.set()
        message_sent.disconnect(receive)
