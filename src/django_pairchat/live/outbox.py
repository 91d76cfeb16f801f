"""What waits to be sent on one socket: in order, never more than a reader may be behind."""

from __future__ import annotations

import asyncio
import sys
import time
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, Final

from ..wire.answers import HEARTBEAT_SECONDS

UNSENT_LIMIT_BYTES: Final = 1024 * 1024
UNSENT_LIMIT_SECONDS: Final = 10.0
UNCONFIRMED_SECONDS: Final = HEARTBEAT_SECONDS + UNSENT_LIMIT_SECONDS
"""A client that pings as it should is never silent for so long, however much it has to read."""
FAR_BEHIND_BYTES: Final = 16 * UNSENT_LIMIT_BYTES

ASGISend = Callable[[dict[str, Any]], Awaitable[None]]


def takes_everything(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether the server of this event loop never makes anybody wait who sends, but keeps in memory what a client does
    not read: daphne does."""
    return getattr(sys.modules.get("daphne.server"), "twisted_loop", None) is loop


class Outbox:
    """Frames to one client. ``cut`` is called once, when it is more than 1 MiB or 10 s behind; for a ``silent`` server,
    which does not say how far that is, when it has not pinged for 35 s and more than 1 MiB."""

    def __init__(self, send: ASGISend, cut: Callable[[], None], *, silent: bool = False) -> None:
        self._send = send
        self._cut = cut
        self._silent = silent
        self._unconfirmed_bytes = 0
        self._confirmed_at = time.monotonic()
        self._confirmed: asyncio.Event | None = None
        # Made when first needed: an empty deque takes 600 bytes in each of many idle connections.
        self._frames: deque[str] | None = None
        self._bytes = 0
        self._sending: asyncio.Task[None] | None = None
        self._closed = False

    def put(self, frame: str) -> None:
        """Send it now if the server takes it without waiting, as it nearly always does, else in its turn."""
        if self._silent and not self._closed:
            self._count(frame)
        if self._closed:
            return
        if self._sending is None:
            waiting = self._begin(frame)
            if waiting is not None:
                self._sending = asyncio.get_running_loop().create_task(self._send_all(waiting))
            return
        if self._frames is None:
            self._frames = deque()
        self._frames.append(frame)
        self._bytes += len(frame.encode())
        if self._bytes > UNSENT_LIMIT_BYTES:
            self._give_up()

    def confirm(self) -> None:
        """The client has pinged, and has read what was sent before, as far as anybody can know."""
        self._unconfirmed_bytes = 0
        self._confirmed_at = time.monotonic()
        if self._confirmed is not None:
            self._confirmed.set()

    async def confirmed(self) -> None:
        """Wait for the client's next ping."""
        self._confirmed = asyncio.Event()
        await self._confirmed.wait()

    @property
    def is_far_behind(self) -> bool:
        """Whether so much is unconfirmed that nothing more should be fetched for this client before its next ping."""
        return self._unconfirmed_bytes > FAR_BEHIND_BYTES

    def _count(self, frame: str) -> None:
        self._unconfirmed_bytes += len(frame.encode())
        overdue = time.monotonic() - self._confirmed_at > UNCONFIRMED_SECONDS
        if overdue and self._unconfirmed_bytes > UNSENT_LIMIT_BYTES:
            self._give_up()

    def close(self) -> None:
        """Drop what is left."""
        self._closed = True
        self._frames = None
        if self._sending is not None:
            self._sending.cancel()

    def _give_up(self) -> None:
        self.close()
        self._cut()

    def _begin(self, frame: str) -> Awaitable[None] | None:
        """Start sending; the rest of it if the server made us wait, ``None`` if it is done."""
        sending = self._send({"type": "websocket.send", "text": frame})
        if not isinstance(sending, Coroutine):
            return sending
        try:
            awaited = sending.send(None)
        except StopIteration:
            return None
        except Exception:  # noqa: BLE001 - each server, and each layer around its send, has an error of its own
            # The client is gone; the server says so to whoever waits for its next frame.
            self._closed = True
            return None
        return _rest_of(sending, awaited)

    async def _send_all(self, waiting: Awaitable[None] | None) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                overdue = loop.call_later(UNSENT_LIMIT_SECONDS, self._give_up)
                try:
                    if waiting is not None:
                        await waiting
                finally:
                    overdue.cancel()
                if not self._frames:
                    return
                frame = self._frames.popleft()
                self._bytes -= len(frame.encode())
                waiting = self._send({"type": "websocket.send", "text": frame})
        except Exception:  # noqa: BLE001 - as above
            self._closed = True
        finally:
            self._sending = None


@types.coroutine
def _rest_of(started: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine that has been started by hand and waits for ``awaited``."""
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
