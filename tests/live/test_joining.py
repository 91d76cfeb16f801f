"""Frames that leave for one socket in the same turn of the event loop leave in one write."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import connect

from django_pairchat.live.joining import AT_ONCE_BYTES, JoinedWrites, join_writes


class Transport:
    """Notes what a server does with it."""

    def __init__(self) -> None:
        self.done: list[bytes | str] = []
        self.closing = False

    def write(self, data: bytes) -> None:
        self.done.append(data)

    def close(self) -> None:
        self.closing = True
        self.done.append("close")

    def is_closing(self) -> bool:
        return self.closing

    def get_extra_info(self, name: str) -> str:
        return f"the {name}"


async def turn() -> None:
    await asyncio.sleep(0)


async def test_one_turn_is_one_write() -> None:
    transport = Transport()
    joined = JoinedWrites(transport)
    joined.write(b"one ")
    joined.write(b"two")
    assert transport.done == []
    await turn()
    assert transport.done == [b"one two"]
    joined.write(b"three")
    await turn()
    assert transport.done == [b"one two", b"three"]


async def test_much_does_not_wait_for_the_turn() -> None:
    """So that the transport can ask to pause before more is written than it wants to keep."""
    transport = Transport()
    joined = JoinedWrites(transport)
    joined.write(b"x" * AT_ONCE_BYTES)
    assert transport.done == []
    joined.write(b"y")
    assert transport.done == [b"x" * AT_ONCE_BYTES + b"y"]
    joined.write(b"z")
    await turn()
    assert transport.done[1:] == [b"z"]


async def test_what_was_written_goes_out_before_the_end() -> None:
    transport = Transport()
    joined = JoinedWrites(transport)
    joined.write(b"bye")
    joined.close()
    await turn()
    assert transport.done == [b"bye", "close"]


async def test_nothing_is_written_to_a_client_that_has_gone() -> None:
    transport = Transport()
    joined = JoinedWrites(transport)
    joined.write(b"too late")
    transport.closing = True
    await turn()
    assert transport.done == []


def test_everything_else_is_the_transport_s() -> None:
    assert JoinedWrites(Transport()).get_extra_info("peername") == "the peername"


def test_a_send_of_another_kind_is_left_alone() -> None:
    class Middleware:
        transport = "not a server's"

        def send(self) -> None: ...

    middleware = Middleware()
    join_writes(middleware.send)
    join_writes(lambda message: None)
    assert middleware.transport == "not a server's"


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_uvicorn_writes_once_for_three_frames(loop: str) -> None:
    """It is uvicorn's own attribute that is replaced: this fails when another uvicorn calls it something else."""
    writes: list[bytes] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        server = send.__self__
        server.transport = Counting(server.transport, writes)
        join_writes(send)
        await receive()
        await send({"type": "websocket.accept"})
        await turn()
        await turn()
        writes.clear()
        for text in ("one", "two", "three"):
            await send({"type": "websocket.send", "text": text})
        await receive()

    async def talk() -> list[str | bytes]:
        config = uvicorn.Config(application, ws="websockets-sansio", lifespan="off", log_level="error")
        server = uvicorn.Server(config)
        place = socket.create_server(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([place]))
        async with connect(f"ws://127.0.0.1:{place.getsockname()[1]}/", compression=None) as client:
            heard = [await client.recv() for _ in range(3)]
        server.should_exit = True
        await serving
        return heard

    factory = uvicorn.Config(application, loop=loop).get_loop_factory()
    with asyncio.Runner(loop_factory=factory) as runner:
        assert runner.run(talk()) == ["one", "two", "three"]
    assert [write.count(text) for write in writes[:1] for text in (b"one", b"two", b"three")] == [1, 1, 1]


class Counting(JoinedWrites):
    """A transport that notes its writes."""

    def __init__(self, transport: Any, writes: list[bytes]) -> None:
        super().__init__(transport)
        self.writes = writes

    def write(self, data: bytes) -> None:
        self.writes.append(data)
        self._transport.write(data)
