"""The order of the requests of one connection."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from django_pairchat.core.access import RoomLocked
from django_pairchat.exceptions import Busy
from django_pairchat.protocol.requests import Ping
from django_pairchat.realtime.connection.request_queue import QUEUE_LIMIT, QueuedRequest, RequestQueue


async def test_nobody_overtakes_in_the_line_of_a_room_that_was_locked_for_a_moment() -> None:
    answered: asyncio.Queue[Any] = asyncio.Queue()
    locked = ["first"]

    async def answer(request_id: Any, request: Any) -> None:
        if request_id in locked:
            locked.remove(request_id)
            raise RoomLocked
        answered.put_nowait(request_id)

    turns = RequestQueue(answer, lambda request_id, error: answered.put_nowait(error))
    for name, room in (("first", "1"), ("second", "1"), ("elsewhere", "2")):
        await turns.add(QueuedRequest(name, Ping(), room))
    assert [await asyncio.wait_for(answered.get(), 5) for _ in range(3)] == ["elsewhere", "first", "second"]


async def test_a_client_whose_ping_the_answers_wait_for_is_refused_and_heard() -> None:
    pinged = asyncio.Event()
    must_be_heard = False

    async def answer(request_id: Any, request: Any) -> None:
        await pinged.wait()

    turns = RequestQueue(answer, lambda request_id, error: None)
    for number in range(QUEUE_LIMIT + 1):
        await turns.add(QueuedRequest(number, Ping(), None), lambda: must_be_heard)
        await asyncio.sleep(0)
    # It was not behind when it began to wait for its turn.
    asking = asyncio.create_task(turns.add(QueuedRequest("one more", Ping(), None), lambda: must_be_heard))
    await asyncio.sleep(0)
    assert not asking.done()
    must_be_heard = True
    with pytest.raises(Busy):
        await asyncio.wait_for(asking, 5)
    turns.cancel()
