"""The end of a server process: every socket is told to come back, at its own time; nothing queued is lost."""

from __future__ import annotations

import asyncio
import random
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from ..wire.codes import CloseCode
from .hub import call_in_loop, hub
from .workers import receivers, workers
from .writer import writer

COME_BACK_AFTER_SECONDS: Final = (1.0, 5.0)
"""Spread over this time, so that those who are left do not get everybody at once."""

FAREWELL_SECONDS: Final = 2.0

_Handler = Callable[[int, FrameType | None], Any] | int | None


def say_goodbye() -> None:
    """``bye`` 4503 to every connection of this process."""
    for connection in hub.all():
        # Jitter, not a secret.
        retry_after = round(random.uniform(*COME_BACK_AFTER_SECONDS), 1)  # noqa: S311
        call_in_loop(connection.loop, connection.end, CloseCode.SHUTTING_DOWN, retry_after)


def on_startup() -> None:
    """Say goodbye at SIGTERM, before the server's own handler cuts the connections."""
    if threading.current_thread() is threading.main_thread():
        _precede(signal.SIGTERM)
        _precede(signal.SIGINT)


async def on_shutdown() -> None:
    """Say goodbye to whoever is left, and write what is queued."""
    say_goodbye()
    deadline = asyncio.get_running_loop().time() + FAREWELL_SECONDS
    while hub.all() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - of several loops, for 2 s
        await asyncio.sleep(0.05)
    await asyncio.to_thread(writer.stop)
    await asyncio.to_thread(receivers.stop)
    await asyncio.to_thread(workers.stop)


def _precede(number: signal.Signals) -> None:
    servers_own: _Handler = signal.getsignal(number)
    if not callable(servers_own):
        return

    def handle(received: int, frame: FrameType | None) -> None:
        say_goodbye()
        servers_own(received, frame)

    signal.signal(number, handle)
