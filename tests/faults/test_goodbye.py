"""A worker is told to end: its clients hear it, come back spread over time, and nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from .client import Socket, eventually
from .ledger import Ledger
from .machines import Pair, Site
from .test_processes import acknowledged
from .traffic import Crowd

SOCKETS = 40
END_SECONDS = 15.0


@pytest.mark.parametrize("redis", ["well", "frozen"])
async def test_uvicorn_says_goodbye_to_each_and_ends_in_time(site: Site, redis: str) -> None:
    pairs = [site.new_pair() for _ in range(4)]
    people = [person for pair in pairs for person in pair.people]
    with site.workers(1) as workers:
        async with AsyncExitStack() as stack:
            if redis == "frozen":
                site.redis.proxy.freeze()
            sockets = [await Socket.open(workers[0], people[number % len(people)]) for number in range(SOCKETS)]
            for socket in sockets:
                await stack.enter_async_context(socket)
            workers[0].terminate()
            await eventually(lambda: all(socket.close_code for socket in sockets), "all are told", 10)
            assert {(socket.close_code, socket.bye and socket.bye["code"]) for socket in sockets} == {(4503, 4503)}
            pauses = sorted(socket.bye["retry_after"] for socket in sockets if socket.bye)
            assert pauses[0] >= 1
            assert pauses[-1] <= 5
            assert pauses[-1] - pauses[0] > 1.5
            await asyncio.to_thread(workers[0].await_end, END_SECONDS)


@pytest.mark.parametrize("server", ["daphne", "granian"])
async def test_other_servers_lose_nothing_when_they_are_terminated(site: Site, pair: Pair, server: str) -> None:
    """They cut the connections; whoever was cut comes back."""
    pytest.importorskip(server)
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
