"""A TCP proxy in front of one server, which can cut, refuse, freeze and delay what passes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Self

CHUNK_BYTES = 65_536


class Proxy:
    """Listens on a port of its own, in a thread of its own. Every method returns when what it asks for is done."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy of {port}", daemon=True)
        self._links: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._delay_seconds = 0.0
        self._listener: asyncio.Server | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self.heal()
        return self

    def __exit__(self, *exception: object) -> None:
        self._do(self._end)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def heal(self) -> None:
        """Let everything pass, and take new connections."""
        self._do(self._heal)

    def freeze(self) -> None:
        """Keep connections open, take new ones, let no byte pass; what is held back passes after ``heal``."""
        self._do(self._freeze)

    def delay(self, seconds: float) -> None:
        """Hold up everything that passes, in either direction."""
        self._delay_seconds = seconds

    def cut(self) -> None:
        """End the connections there are."""
        self._do(self._cut)

    def refuse(self) -> None:
        """End the connections there are, and refuse new ones."""
        self._do(self._refuse)

    def _do(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        asyncio.run_coroutine_threadsafe(work(), self._loop).result(10)

    async def _heal(self) -> None:
        self._delay_seconds = 0.0
        self._flowing.set()
        if self._listener is None:
            self._listener = await asyncio.start_server(self._take, "127.0.0.1", self.port)
            self.port = self._listener.sockets[0].getsockname()[1]

    async def _freeze(self) -> None:
        self._flowing.clear()

    async def _cut(self) -> None:
        links = list(self._links)
        for link in links:
            link.cancel()
        await asyncio.gather(*links, return_exceptions=True)

    async def _refuse(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        await self._cut()

    async def _end(self) -> None:
        await self._refuse()
        # Who was taken in this very moment is no link yet.
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        # A transport that was aborted closes its socket in the next turn.
        await asyncio.sleep(0)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.current_task()
        assert link is not None
        self._links.add(link)
        try:
            await self._link(reader, writer)
        except (OSError, asyncio.CancelledError):
            # An abrupt end is what a cut is for.
            pass
        finally:
            self._links.discard(link)
            writer.transport.abort()

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self._server)
        directions = [
            asyncio.create_task(self._pump(reader, server_writer)),
            asyncio.create_task(self._pump(server_reader, writer)),
        ]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for direction in directions:
                direction.cancel()
            await asyncio.gather(*directions, return_exceptions=True)
            server_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                await self._flowing.wait()
                if self._delay_seconds:
                    await asyncio.sleep(self._delay_seconds)
                writer.write(chunk)
                await writer.drain()
