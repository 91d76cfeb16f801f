"""Outgoing frames of one connection: in order, and bounded for a slow reader."""

from __future__ import annotations

import asyncio
import sys
import time
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context, copy_context
from typing import Any

from ...node import get_node

ASGISend = Callable[[dict[str, Any]], Awaitable[None]]


class OutgoingQueue:
    """Queue of frames for one client.

    Calls ``on_overflow`` once: when more than 1 MiB or 10 s are pending, or, on a server with ``no_backpressure``, when
    more than 1 MiB was sent and no ping arrived for 35 s. Calls ``on_failure`` once, with what ``send`` raised, unless
    the connection was lost with it.

    If ``send`` is the server's own, it ``needs_no_task`` and is started without one: nearly every frame leaves that
    way. Any other ``send`` runs in tasks, in the context in which the queue was created. ``write`` sends a text without
    ``send`` if that would not wait, and returns whether it has.
    """

    __slots__ = (
        "_acknowledged_at",
        "_bytes",
        "_closed",
        "_context",
        "_failing",
        "_frames",
        "_is_sending",
        "_no_backpressure",
        "_on_failure",
        "_on_overflow",
        "_ready",
        "_send",
        "_sending",
        "_unacknowledged_bytes",
        "_write",
    )

    def __init__(
        self,
        send: ASGISend,
        on_overflow: Callable[[], None],
        on_failure: Callable[[Exception], None],
        *,
        no_backpressure: bool = False,
        needs_no_task: bool = False,
        write: Callable[[str], bool] | None = None,
    ) -> None:
        self._send = send
        self._write = write
        self._on_overflow = on_overflow
        self._on_failure = on_failure
        self._no_backpressure = no_backpressure
        self._context: Context | None = None if needs_no_task else copy_context()
        self._unacknowledged_bytes = 0
        self._acknowledged_at = time.monotonic()
        # Created when first needed, because these take hundreds of bytes in each of many idle connections. Queued
        # texts are kept in UTF-8, because one with a single emoji takes four bytes per character. A binary frame is
        # told apart from them as a memoryview.
        self._frames: deque[bytes | memoryview] | None = None
        self._bytes = 0
        self._ready: asyncio.Event | None = None
        self._is_sending = False
        self._sending: asyncio.Task[None] | None = None
        self._failing: asyncio.TimerHandle | None = None
        self._closed = False

    def send(self, frame: str | bytes) -> None:
        """Send a frame now if the server accepts it without waiting, as it nearly always does. Otherwise queue it."""
        if self._no_backpressure and not self._closed:
            self._count(frame)
        if self._closed:
            return
        if self._is_sending:
            self._queue(frame)
        elif self._write is not None and isinstance(frame, str) and self._write(frame):
            return
        elif self._context is None:
            waiting = self._begin(frame)
            if waiting is not None:
                self._is_sending = True
                self._sending = asyncio.get_running_loop().create_task(self._send_all(waiting))
        else:
            self._is_sending = True
            task = _started(self._send_all(None, frame), self._context)
            self._sending = None if task.done() else task

    def _queue(self, frame: str | bytes) -> None:
        if self._frames is None:
            self._frames = deque()
        queued = frame.encode() if isinstance(frame, str) else memoryview(frame)
        self._frames.append(queued)
        self._bytes += len(queued)
        if self._bytes > get_node().options.unsent_bytes:
            self._overflow()

    def acknowledge(self) -> None:
        """Count everything sent so far as read, because the client has pinged."""
        self._unacknowledged_bytes = 0
        self._acknowledged_at = time.monotonic()
        self._wake()

    @property
    def is_behind(self) -> bool:
        """True if nothing more should be fetched for this client now.

        That is while the server makes us wait or, without backpressure, while more than 2 MiB are unacknowledged.
        """
        return self._is_sending or self.awaits_ping

    @property
    def awaits_ping(self) -> bool:
        """True if only a ping can tell that the client is no longer behind."""
        # Twice that is less than 4 MiB together with the largest answer.
        return self._unacknowledged_bytes > 2 * get_node().options.unsent_bytes

    async def caught_up(self) -> None:
        """Wait until the client is no longer behind. Cut one that has to ping and does not in time."""
        while self.is_behind and not self._closed:
            if self.awaits_ping:
                await self._ping_in_time()
            else:
                await self._progress()

    async def _ping_in_time(self) -> None:
        try:
            ends = self._acknowledged_at + get_node().options.unacknowledged_seconds
            async with asyncio.timeout(ends - time.monotonic()):
                await self._progress()
        except TimeoutError:
            if self.awaits_ping and not self._closed:
                self._overflow()

    async def wait_until_sent(self) -> None:
        """Wait until all queued frames have been handed to the server, or never will be."""
        while self._is_sending and not self._closed:
            await self._progress()

    async def _progress(self) -> None:
        if self._ready is None:
            self._ready = asyncio.Event()
        await self._ready.wait()

    def _wake(self) -> None:
        if self._ready is not None:
            self._ready.set()
            self._ready = None

    def _count(self, frame: str | bytes) -> None:
        self._unacknowledged_bytes += len(frame.encode() if isinstance(frame, str) else frame)
        overdue = time.monotonic() - self._acknowledged_at > get_node().options.unacknowledged_seconds
        if overdue and self._unacknowledged_bytes > get_node().options.unsent_bytes:
            self._overflow()

    def close(self) -> None:
        """Drop the queued frames, and send nothing more."""
        self._closed = True
        self._frames = None
        if self._sending is not None:
            self._sending.cancel()
        if self._failing is not None:
            self._failing.cancel()
        self._wake()

    def _overflow(self) -> None:
        self.close()
        self._on_overflow()

    def _fail(self, error: Exception) -> None:
        """Send nothing more: the failed frame may have been sent in part."""
        if self._closed:
            return
        self._closed = True
        self._frames = None
        self._wake()
        # The error for a client that has gone differs between servers, and a middleware may raise the same for another
        # reason. If the client has gone, the task that receives its frames learns that, and closes this queue.
        self._failing = asyncio.get_running_loop().call_later(get_node().options.gone_seconds, self._on_failure, error)

    def _begin(self, frame: str | bytes) -> Awaitable[None] | None:
        """Start sending. Return the rest of it if the server made us wait, ``None`` if it is done."""
        try:
            sending = self._send(_event(frame))
            # Nearly always it is a plain coroutine, which costs less to find out.
            if type(sending) is not types.CoroutineType and not isinstance(sending, Coroutine):
                return sending
            awaited = sending.send(None)
        except StopIteration:
            return None
        except Exception as error:  # noqa: BLE001 - each server has an error of its own
            self._fail(error)
            return None
        return _rest_of(sending, awaited)

    async def _send_all(self, waiting: Awaitable[None] | None, frame: str | bytes = "") -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                overdue = loop.call_later(get_node().options.unsent_seconds, self._overflow)
                try:
                    await (self._send(_event(frame)) if waiting is None else waiting)
                finally:
                    overdue.cancel()
                waiting = None
                if not self._frames:
                    return
                queued = self._frames.popleft()
                self._bytes -= len(queued)
                frame = queued.decode() if isinstance(queued, bytes) else bytes(queued)
        except Exception as error:  # noqa: BLE001 - each server, and each layer around its send, has an error of its own
            self._fail(error)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # This task was not cancelled: a middleware around send has cancelled something of its own.
            self._fail(RuntimeError("send() was cancelled from within."))
        finally:
            self._is_sending = False
            self._sending = None
            self._wake()


def _event(frame: str | bytes) -> dict[str, Any]:
    return {"type": "websocket.send", "text" if isinstance(frame, str) else "bytes": frame}


def _started(work: Coroutine[Any, Any, None], context: Context) -> asyncio.Task[None]:
    """Return a task for this work, already started if this Python can start tasks eagerly."""
    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=loop, context=context, eager_start=True)
    return loop.create_task(work, context=context)


@types.coroutine
def _rest_of(started: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """Continue a coroutine that has been started by hand and waits for ``awaited``."""
    step: Callable[[Any], Any]
    while True:
        try:
            value = yield awaited
        except BaseException as error:  # noqa: BLE001 - it belongs to the coroutine, a cancellation too
            step, argument = started.throw, error
        else:
            step, argument = started.send, value
        try:
            awaited = step(argument)
        except StopIteration:
            return
