"""A worker is told to end: its clients hear it, come back spread over time, and nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec

import pytest

from . import triggers
from .client import Socket, eventually
from .conftest import unavailable
from .ledger import Ledger
from .machines import Pair, Site, Worker, Workers
from .test_processes import acknowledged
from .traffic import Crowd

SOCKETS = 40
END_SECONDS = 15.0


@pytest.mark.parametrize("server", ["uvicorn", "hypercorn"])
async def test_each_is_told_of_the_end_and_when_to_come_back(site: Site, server: str) -> None:
    needs(server)
    with site.workers(1, server) as workers:
        await ends_with_goodbyes(site, workers)


async def ends_with_goodbyes(site: Site, workers: Workers) -> None:
    async with many_sockets(site, workers[0]) as sockets:
        workers[0].terminate()
        await eventually(lambda: all(socket.close_code for socket in sockets), "all are told", 10)
        assert {(socket.close_code, socket.bye and socket.bye["code"]) for socket in sockets} == {(4503, 4503)}
        pauses = sorted(socket.bye["retry_after"] for socket in sockets if socket.bye)
        assert pauses[0] >= 0.5
        assert pauses[-1] <= 3.5
        assert pauses[-1] - pauses[0] > 1.5
        await asyncio.to_thread(workers[0].await_end, END_SECONDS)


async def test_a_termination_at_the_worst_moment_ends_the_worker_all_the_same(site: Site, workers: Workers) -> None:
    pair = site.new_pair(triggers.LAST)
    async with many_sockets(site, workers[0]) as sockets:
        workers[0].running.disturbed = workers[0].running.ending = True
        async with await Socket.open(workers[0], pair.people[0]):
            await eventually(lambda: all(socket.close_code for socket in sockets), "all are told", 10)
            assert {socket.close_code for socket in sockets} == {4503}
            await asyncio.to_thread(workers[0].await_end, END_SECONDS)


@pytest.mark.parametrize("server", ["uvicorn", "daphne", "granian", "hypercorn"])
async def test_a_worker_ends_in_time_although_redis_is_frozen(site: Site, server: str) -> None:
    needs(server)
    with site.workers(1, server) as workers:
        async with await Socket.open(workers[0], site.new_pair().people[0]):
            site.redis.proxy.freeze()
            async with many_sockets(site, workers[0]):
                workers[0].terminate()
                await asyncio.to_thread(workers[0].await_end, END_SECONDS)


@pytest.mark.parametrize("server", ["daphne", "granian", "hypercorn"])
async def test_other_servers_lose_nothing_when_they_are_terminated(site: Site, pair: Pair, server: str) -> None:
    """All but hypercorn cut the connections, and the clients connect again."""
    needs(server)
    with site.workers(2, server) as workers:
        ledger = Ledger()
        async with Crowd(ledger, [pair, site.new_pair()], workers) as crowd:
            crowd.talk()
            await acknowledged(ledger, 40)
            workers[0].terminate()
            await asyncio.to_thread(workers[0].await_end)
            await acknowledged(ledger, 40)
            await asyncio.to_thread(workers[0].start)
            await acknowledged(ledger, 40)
            await crowd.ends_well(site.database)
            print(sorted({ending.code for page in crowd.pages for ending in page.endings}))


def needs(server: str) -> None:
    if find_spec(server) is None:
        unavailable(f"{server} is not installed")


@asynccontextmanager
async def many_sockets(site: Site, worker: Worker) -> AsyncIterator[list[Socket]]:
    people = [person for _ in range(4) for person in site.new_pair().people]
    async with AsyncExitStack() as stack:
        sockets = [await Socket.open(worker, people[number % len(people)]) for number in range(SOCKETS)]
        for socket in sockets:
            stack.push_async_callback(socket.close)
        yield sockets
