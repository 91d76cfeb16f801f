"""A server that takes whatever is sent and never says how far a client has read: daphne."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress

import pytest

from .client import Socket
from .machines import Pair, Site, Workers
from .test_goodbye import needs
from .test_readers import FRAME_BYTES, MEBIBYTE, deaf, flood

SILENT_SECONDS = 8.0
TOO_MUCH = round(1.5 * MEBIBYTE / FRAME_BYTES)


@pytest.fixture(scope="module")
def daphne(site: Site) -> Iterator[Workers]:
    needs("daphne")
    with site.workers(
        1, "daphne", FAULTS_NODE_OPTIONS=json.dumps({"unacknowledged_seconds": SILENT_SECONDS})
    ) as workers:
        yield workers


async def test_a_client_that_neither_reads_nor_pings_is_cut(daphne: Workers, pair: Pair) -> None:
    async with await Socket.open(daphne[0], pair.people[0]) as sender:
        reader = await deaf(daphne, pair.people[1])
        pinging = asyncio.create_task(ping_on(sender))
        await asyncio.sleep(SILENT_SECONDS + 0.5)
        await flood(sender, pair.room, TOO_MUCH)
        pinging.cancel()
        reader.connection.transport.resume_reading()
        await asyncio.wait_for(reader.listening, 30)
        # Whether the last words get through depends on how soon a busy client takes all that lies before them.
        assert reader.bye is None or (reader.close_code, reader.bye["code"]) == (4408, 4408)


async def test_a_client_that_pings_is_not_cut_however_much_it_gets(daphne: Workers, pair: Pair) -> None:
    async with (
        await Socket.open(daphne[0], pair.people[0]) as sender,
        await Socket.open(daphne[0], pair.people[1]) as reader,
    ):
        pinging = [asyncio.create_task(ping_on(socket)) for socket in (sender, reader)]
        await asyncio.sleep(SILENT_SECONDS + 0.5)
        for _ in range(2):
            await flood(sender, pair.room, TOO_MUCH)
        assert (await reader.request("ping"))["type"] == "pong"
        assert reader.close_code is None
        for task in pinging:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def ping_on(socket: Socket) -> None:
    while True:
        await socket.request("ping")
        await asyncio.sleep(0.5)
