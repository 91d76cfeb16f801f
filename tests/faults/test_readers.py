"""A client that does not read: it is cut, told why when it can hear it, and costs its worker little memory."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .client import Socket, eventually
from .machines import Pair, Site, Workers

TEXT = "가" * 1000 + "a" * 1000
IN_FLIGHT = 50
FLOOD = 3000
PATIENT_SECONDS = 90.0
MEBIBYTE = 1024 * 1024
# What one frame of this text has on the wire, roughly.
FRAME_BYTES = 4300


async def deaf(workers: Workers, person: object) -> Socket:
    """A connection that nobody reads from, with as little room on its way as the system allows."""
    plain = sockets.socket()
    plain.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    plain.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", workers[0].port))
    socket = await Socket.open(workers[0], person, sock=plain)  # type: ignore[arg-type] # passed on to websockets
    socket.connection.transport.pause_reading()
    return socket


async def flood(sender: Socket, room: str, times: int) -> None:
    for _ in range(0, times, IN_FLIGHT):
        asked = [sender.request("send", room=room, client_id=str(uuid.uuid4()), content=TEXT) for _ in range(IN_FLIGHT)]
        answers = await asyncio.gather(*asked)
        assert {answer["type"] for answer in answers} == {"ok"}


def unsent_bytes(workers: Workers, reader: Socket) -> int:
    """What the system holds for this reader on the worker's side of the connection."""
    port = reader.connection.transport.get_extra_info("sockname")[1]
    ends = (f":{workers[0].port:04X}", f":{port:04X}")
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if (fields[1][8:], fields[2][8:]) == ends:
            return int(fields[4].split(":")[0], 16)
    return 0


async def test_a_client_that_never_reads_costs_little_memory_and_nobody_else_waits_for_it(
    site: Site, workers: Workers, pair: Pair
) -> None:
    heard: list[str] = []
    async with await Socket.open(workers[0], pair.people[0], lambda event: heard.append(event["kind"])) as sender:
        await flood(sender, pair.room, FLOOD // 2)
        before = workers[0].resident_bytes()
        reader = await deaf(workers, pair.people[1])
        await flood(sender, pair.room, FLOOD)
        grown = workers[0].resident_bytes() - before
        print(
            f"{FLOOD * FRAME_BYTES / MEBIBYTE:.0f} MiB for a client that never reads: {grown / MEBIBYTE:.1f} MiB more"
        )
        assert grown < FLOOD * FRAME_BYTES / 2
        reader.connection.transport.resume_reading()
        await asyncio.wait_for(reader.listening, 30)
        await eventually(lambda: heard.count("message") == FLOOD + FLOOD // 2, "all events of the others", 10)


@pytest.fixture
def patient_workers(site: Site, watched: Callable[[Workers], None]) -> Iterator[Workers]:
    """A worker that cuts for what is unsent alone: on a busy machine, the limits of time would come first."""
    options = {"unsent_seconds": PATIENT_SECONDS, "bye_seconds": PATIENT_SECONDS}
    with site.workers(1, FAULTS_NODE_OPTIONS=json.dumps(options)) as workers:
        yield workers
        watched(workers)


async def test_a_client_that_reads_again_is_told_that_it_was_too_slow(patient_workers: Workers, pair: Pair) -> None:
    workers = patient_workers
    async with await Socket.open(workers[0], pair.people[0]) as sender:
        reader = await deaf(workers, pair.people[1])
        held = -1
        while unsent_bytes(workers, reader) > held:
            held = unsent_bytes(workers, reader)
            await flood(sender, pair.room, 4 * IN_FLIGHT)
        await flood(sender, pair.room, round(1.3 * MEBIBYTE / FRAME_BYTES))
        reader.connection.transport.resume_reading()
        await asyncio.wait_for(reader.listening, 30)
        assert reader.bye is not None
        assert (reader.close_code, reader.bye["code"], reader.bye["reconnect"]) == (4408, 4408, True)
        assert reader.bye["retry_after"] > 0


async def test_a_client_that_takes_nothing_for_ten_seconds_is_cut(site: Site, workers: Workers, pair: Pair) -> None:
    async with await Socket.open(workers[0], pair.people[0]) as sender:
        reader = await deaf(workers, pair.people[1])
        held = -1
        while unsent_bytes(workers, reader) > held:
            held = unsent_bytes(workers, reader)
            await flood(sender, pair.room, IN_FLIGHT)
        await asyncio.sleep(10.5)
        reader.connection.transport.resume_reading()
        await asyncio.wait_for(reader.listening, 30)
        assert reader.close_code in (4408, 1006)
