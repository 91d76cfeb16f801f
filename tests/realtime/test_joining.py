"""Frames that leave for one socket in the same turn of the event loop leave in one write."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from functools import partial
from importlib.metadata import version
from typing import Any

import pytest
import uvicorn
from channels.auth import AuthMiddlewareStack
from packaging.version import Version
from websockets.asyncio.client import connect

from django_pairchat.realtime.servers import (
    AT_ONCE_BYTES,
    CoalescedWrites,
    coalesce_writes,
    frame_writer,
    is_servers_own_send,
    server_behind,
)


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
    joined = CoalescedWrites(transport)
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
    joined = CoalescedWrites(transport)
    joined.write(b"x" * AT_ONCE_BYTES)
    assert transport.done == []
    joined.write(b"y")
    assert transport.done == [b"x" * AT_ONCE_BYTES + b"y"]
    joined.write(b"z")
    await turn()
    assert transport.done[1:] == [b"z"]


async def test_what_was_written_goes_out_before_the_end() -> None:
    transport = Transport()
    joined = CoalescedWrites(transport)
    joined.write(b"bye")
    joined.close()
    await turn()
    assert transport.done == [b"bye", "close"]


async def test_nothing_is_written_to_a_client_that_has_gone() -> None:
    transport = Transport()
    joined = CoalescedWrites(transport)
    joined.write(b"too late")
    transport.closing = True
    await turn()
    assert transport.done == []


def test_everything_else_is_the_transport_s() -> None:
    assert CoalescedWrites(Transport()).get_extra_info("peername") == "the peername"


def test_a_send_of_another_kind_is_left_alone() -> None:
    class Middleware:
        transport = "not a server's"

        def send(self) -> None: ...

    middleware = Middleware()
    coalesce_writes(middleware.send)
    coalesce_writes(lambda message: None)
    assert middleware.transport == "not a server's"


class Server(asyncio.Protocol):
    async def send(self, message: Any) -> None: ...


async def ask_for_nothing(send: Any) -> None:
    assert is_servers_own_send(send)
    assert isinstance(server_behind(send), Server)


@pytest.mark.django_db(transaction=True)
async def test_a_server_s_own_send_needs_no_task_and_neither_does_what_channels_puts_before_it() -> None:
    send = Server().send
    assert is_servers_own_send(send)
    await AuthMiddlewareStack(lambda scope, receive, wrapped: ask_for_nothing(wrapped))(  # type: ignore[no-untyped-call] # of Channels
        {"type": "websocket", "path": "/", "headers": []}, None, send
    )


def test_a_send_of_anybody_else_s_gets_a_task() -> None:
    assert not is_servers_own_send(lambda message: None)
    assert not is_servers_own_send(asyncio.Queue().put)
    assert not is_servers_own_send(partial(asyncio.Queue.put, asyncio.Queue()))


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_uvicorn_writes_once_for_three_frames(loop: str) -> None:
    """It is uvicorn's own attribute that is replaced: this fails when another uvicorn calls it something else."""
    writes: list[bytes] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        server = server_behind(send)
        server.transport = Counting(server.transport, writes)
        coalesce_writes(send)
        await receive()
        await send({"type": "websocket.accept"})
        await turn()
        await turn()
        writes.clear()
        for text in ("one", "two", "three"):
            await send({"type": "websocket.send", "text": text})
        await receive()

    async def talk() -> list[str | bytes]:
        async with on_uvicorn(application) as place, connect(place, compression=None) as client:
            return [await client.recv() for _ in range(3)]

    factory = uvicorn.Config(application, loop=loop).get_loop_factory()
    with asyncio.Runner(loop_factory=factory) as runner:
        assert runner.run(talk()) == ["one", "two", "three"]
    assert [write.count(text) for write in writes[:1] for text in (b"one", b"two", b"three")] == [1, 1, 1]


@contextlib.asynccontextmanager
async def on_uvicorn(application: Any) -> AsyncIterator[str]:
    """Serve it for a while. Give the address of its sockets."""
    server = uvicorn.Server(uvicorn.Config(application, ws="websockets-sansio", lifespan="off", log_level="error"))
    place = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve([place]))
    try:
        yield f"ws://127.0.0.1:{place.getsockname()[1]}/"
    finally:
        server.should_exit = True
        await serving


# It says whether the client has gone, from this version on. Older ones send each frame by themselves.
tells_who_has_gone = pytest.mark.skipif(
    Version(version("uvicorn")) < Version("0.53"), reason="frames are written directly to uvicorn 0.53 and later"
)
TEXTS = ["", "short", "a" * 125, "a" * 126, "é" * 63, "한" * 30_000, "👋🏽" * 20_000]


@tells_who_has_gone
@pytest.mark.parametrize(("compression", "is_written"), [(None, True), ("deflate", False)])
async def test_texts_of_all_sizes_arrive_written_without_uvicorn_s_send_or_compressed_by_it(
    compression: str | None, is_written: bool
) -> None:
    written: list[bool] = []
    before: list[bool] = []
    after: list[bool] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        write = frame_writer(send)
        assert write is not None
        before.append(write("before the handshake"))
        await receive()
        await send({"type": "websocket.accept"})
        for text in TEXTS:
            await server_behind(send).writable.wait()
            written.append(write(text))
            if not written[-1]:
                await send({"type": "websocket.send", "text": text})
        after.append(write("\ud800"))
        await send({"type": "websocket.close"})
        after.append(write("after the end"))

    async with on_uvicorn(application) as place, connect(place, compression=compression) as client:
        assert [text async for text in client] == TEXTS
    assert written == [is_written] * len(TEXTS)
    # Here, because what the application raises after the end is only logged.
    assert (before, after) == ([False], [False, False])


@tells_who_has_gone
async def test_nothing_is_written_for_a_client_that_reads_nothing_or_has_gone() -> None:
    waits, gone = asyncio.Event(), asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        write = frame_writer(send)
        assert write is not None
        await receive()
        await send({"type": "websocket.accept"})
        while write("a" * 65_536):
            await turn()
        waits.set()
        await receive()
        assert not write("to nobody")
        gone.set()

    async with on_uvicorn(application) as place:
        client = await connect(place, compression=None, max_queue=1)
        await asyncio.wait_for(waits.wait(), 10)
        client.transport.abort()
        await asyncio.wait_for(gone.wait(), 10)


def test_only_uvicorn_s_own_send_is_replaced() -> None:
    assert frame_writer(Server().send) is None
    assert frame_writer(lambda message: None) is None


class Counting(CoalescedWrites):
    """A transport that notes its writes."""

    def __init__(self, transport: Any, writes: list[bytes]) -> None:
        super().__init__(transport)
        self.writes = writes

    def write(self, data: bytes) -> None:
        self.writes.append(data)
        self._transport.write(data)
