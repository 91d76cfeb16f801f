"""What waits to be sent on one socket: in order, never more than a reader may be behind."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

UNSENT_LIMIT_BYTES: Final = 1024 * 1024
UNSENT_LIMIT_SECONDS: Final = 10.0


class Outbox:
    """Frames to one client. ``cut`` is called once, when it is more than 1 MiB or 10 s behind."""

    def __init__(self, send: Callable[[dict[str, Any]], Awaitable[None]], cut: Callable[[], None]) -> None:
        self._send = send
        self._cut = cut
        self._frames: deque[str] = deque()
        self._bytes = 0
        self._sending: asyncio.Task[None] | None = None
        self._closed = False

    def put(self, frame: str) -> None:
        if self._closed:
            return
        self._frames.append(frame)
        self._bytes += len(frame)
        if self._bytes > UNSENT_LIMIT_BYTES:
            self._give_up()
        elif self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send_all())

    def close(self) -> None:
        """Drop what is left."""
        self._closed = True
        self._frames.clear()
        if self._sending is not None:
            self._sending.cancel()

    def _give_up(self) -> None:
        self.close()
        self._cut()

    async def _send_all(self) -> None:
        loop = asyncio.get_running_loop()
        overdue = loop.call_later(UNSENT_LIMIT_SECONDS, self._give_up)
        try:
            while self._frames:
                frame = self._frames.popleft()
                await self._send({"type": "websocket.send", "text": frame})
                self._bytes -= len(frame)
                overdue.cancel()
                if self._frames:
                    overdue = loop.call_later(UNSENT_LIMIT_SECONDS, self._give_up)
        except (OSError, RuntimeError):
            # The client is gone; the server says so to whoever waits for its next frame.
            self._closed = True
        finally:
            overdue.cancel()
            self._sending = None
