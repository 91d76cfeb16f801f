"""Django's own pool of connections, as it is without a word about its size: four of them for everybody."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from importlib.util import find_spec
from typing import Any
from uuid import uuid4

import pytest

from .client import Socket, Twin, eventually
from .conftest import unavailable
from .ledger import Ledger
from .machines import Pair, Person, Site, Workers
from .test_goodbye import END_SECONDS
from .test_processes import acknowledged
from .traffic import Crowd

POOLS = {
    "as it comes": True,
    "of two": {"min_size": 2, "max_size": 2},
}
AT_ONCE = 40
# A pool gives up after thirty: who waits for a connection that never comes back is not answered in time.
IN_TIME_SECONDS = 25.0


@pytest.fixture(params=POOLS.values(), ids=POOLS)
def pooled(request: pytest.FixtureRequest, site: Site, watched: Callable[[Workers], None]) -> Iterator[Workers]:
    if find_spec("psycopg_pool") is None:
        unavailable("psycopg_pool is not installed")
    with site.workers(1, FAULTS_DATABASE_OPTIONS=json.dumps({"pool": request.param})) as workers:
        yield workers
    watched(workers)


async def test_four_people_ask_read_and_write_more_at_once_than_there_are_connections(
    site: Site, pooled: Workers
) -> None:
    pairs = [site.new_pair(), site.new_pair()]
    async with AsyncExitStack() as stack:
        asked: list[Any] = []
        for pair in pairs:
            for person in pair.people:
                socket = await stack.enter_async_context(await Socket.open(pooled[0], person))
                asked += [socket.request(kind, **fields) for kind, fields in requests(pair)]
                twin = await stack.enter_async_context(Twin(person))
                asked += [over_http(twin, pooled, pair) for _ in range(10)]
        answers = await asyncio.wait_for(asyncio.gather(*asked), IN_TIME_SECONDS)
    assert {answer["type"] for answer in answers} == {"ok"}


def requests(pair: Pair) -> list[tuple[str, dict[str, Any]]]:
    sends = [("send", {"room": pair.room, "client_id": str(uuid4()), "content": str(n)}) for n in range(AT_ONCE // 4)]
    reads = [("history", {"room": pair.room}), ("inbox", {})] * (AT_ONCE // 8)
    return [*sends, *reads]


async def over_http(twin: Twin, workers: Workers, pair: Pair) -> dict[str, Any]:
    answer = await twin.call(workers[0], "GET", f"/chat/api/rooms/{pair.room}/messages/")
    return {"type": "ok" if answer.status_code == 200 else answer.text}


async def test_a_crowd_talks_over_a_pool_and_nothing_is_lost(site: Site, pooled: Workers) -> None:
    ledger = Ledger()
    async with Crowd(ledger, [site.new_pair(), site.new_pair()], pooled) as crowd:
        crowd.talk()
        await acknowledged(ledger, 60)
        await asyncio.to_thread(site.database.terminate_backends)
        await acknowledged(ledger, 60)
        await crowd.ends_well(site.database)


async def test_a_worker_ends_in_time_while_everybody_waits_for_a_connection(site: Site, pooled: Workers) -> None:
    pair = site.new_pair()
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(await Socket.open(pooled[0], person)) for person in pair.people * 2]
        twin = await stack.enter_async_context(Twin(pair.people[0]))
        stack.enter_context(site.database.locked_room(pair.room))
        asked: list[Any] = [
            twin.call(pooled[0], "POST", f"/chat/api/rooms/{pair.room}/read/", json={"seq": 1}) for _ in range(6)
        ]
        asked += [socket.request(kind, **fields) for socket in sockets for kind, fields in requests(pair)]
        waiting = [asyncio.ensure_future(each) for each in asked]
        await asyncio.sleep(1)
        late = asyncio.ensure_future(_open(pooled, pair.people[0]))
        await asyncio.sleep(0.2)
        began = time.monotonic()
        pooled[0].terminate()
        await eventually(lambda: all(socket.close_code for socket in sockets), "all are told", 5)
        assert {socket.close_code for socket in sockets} == {4503}
        await asyncio.to_thread(pooled[0].await_end, END_SECONDS)
        print(f"ended after {time.monotonic() - began:.1f} s")
        for each in (*waiting, late):
            each.cancel()
        await asyncio.gather(*waiting, late, return_exceptions=True)


async def _open(workers: Workers, person: Person) -> None:
    async with await Socket.open(workers[0], person):
        return
