"""One person with a script: the others notice nothing."""

from __future__ import annotations

import json
import threading
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache.backends.base import BaseCache

from django_pairchat.realtime.connection import inflight, throttle
from django_pairchat.realtime.connection_limit import cache_workers
from django_pairchat.sending import group_commit as writers
from django_pairchat.services import aopen_room
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People
from tests.support.options import SetOptions

pytestmark = pytest.mark.usefixtures("threads")


async def test_the_queue_of_the_writer_has_room_for_others(
    people: People, room: Any, monkeypatch: Any, options: SetOptions
) -> None:
    options(send_queue_limit=inflight.INFLIGHT_LIMIT + 10)
    elsewhere = await aopen_room(people.stranger, people.juwon)
    let_go = threading.Event()
    really_store = writers.store

    def store_slowly(*arguments: Any, **options: Any) -> Any:
        let_go.wait(10)
        return really_store(*arguments, **options)

    monkeypatch.setattr(writers, "store", store_slowly)
    count = 2 * (inflight.INFLIGHT_LIMIT + 10)
    async with ChatCommunicator(people.minji) as flooding, ChatCommunicator(people.stranger) as other:
        for number in range(count):
            frame = {"type": "send", "id": f"flood {number}", "room": str(room.pk), "content": "!"}
            await flooding.send_text(json.dumps({**frame, "client_id": str(uuid4())}))
        threading.Timer(0.2, let_go.set).start()
        assert (await other.send(elsewhere, "hello"))["type"] == "ok"
        answers = [await flooding._next(lambda frame: str(frame.get("id")).startswith("flood")) for _ in range(count)]
    assert [answer["type"] for answer in answers] == ["ok"] * count


async def test_who_sends_faster_than_can_be_written_waits_and_is_not_refused(people: People, room: Any) -> None:
    count = 2 * (inflight.INFLIGHT_PER_ROOM_LIMIT + inflight.BACKLOG_LIMIT)
    async with ChatCommunicator(people.minji) as flooding:
        for number in range(count):
            await flooding.send_text(
                json.dumps(
                    {"type": "send", "id": number, "room": str(room.pk), "client_id": str(uuid4()), "content": "!"}
                )
            )
        answers = [await flooding._next(lambda frame: "id" in frame) for _ in range(count)]
    assert [(answer["id"], answer["type"]) for answer in answers] == [(number, "ok") for number in range(count)]


def test_a_page_that_comes_back_does_not_wait_and_a_script_does() -> None:
    paced = throttle.RequestThrottle()
    pauses = [paced.pause_seconds() for _ in range(throttle.REQUEST_BURST + 2 * throttle.REQUESTS_PER_SECOND)]
    assert not any(pauses[: throttle.REQUEST_BURST])
    assert pauses[-1] == pytest.approx(2, abs=0.5)


async def test_a_person_who_comes_and_goes_all_the_time_is_looked_at_once(people: People, monkeypatch: Any) -> None:
    blocked = threading.Event()
    reads: list[Any] = []
    really_get_many = BaseCache.get_many

    def get_many(backend: BaseCache, keys: Any, version: Any = None) -> Any:
        reads.append(keys)
        return really_get_many(backend, keys, version)

    async with ChatCommunicator(people.minji) as page:
        await cache_workers().run(lambda: None)
        monkeypatch.setattr(BaseCache, "get_many", get_many)
        cache_workers().submit(lambda: blocked.wait(10))
        for number in range(50):
            await page.request("focus", room=None, active=number % 2 == 0)
        blocked.set()
        await cache_workers().run(lambda: None)
        assert len(reads) == 1
