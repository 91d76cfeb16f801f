"""The order of the requests of one connection."""

from __future__ import annotations

import asyncio
from typing import Any

from django_pairchat.live.turns import Asked, Turns
from django_pairchat.services.access import RoomLocked
from django_pairchat.wire.requests import Ping


async def test_nobody_overtakes_in_the_line_of_a_room_that_was_locked_for_a_moment() -> None:
    answered: asyncio.Queue[Any] = asyncio.Queue()
    locked = ["first"]

    async def answer(request_id: Any, request: Any) -> None:
        if request_id in locked:
            locked.remove(request_id)
            raise RoomLocked
        answered.put_nowait(request_id)

    turns = Turns(answer, lambda request_id, error: answered.put_nowait(error))
    for name, room in (("first", "1"), ("second", "1"), ("elsewhere", "2")):
        await turns.add(Asked(name, Ping(), room))
    assert [await asyncio.wait_for(answered.get(), 5) for _ in range(3)] == ["elsewhere", "first", "second"]
