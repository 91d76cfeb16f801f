"""The end of a server process: every socket is told to come back, at its own time; nothing queued is lost."""

from __future__ import annotations

import asyncio
import atexit
import logging
import random
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from ..wire.codes import CloseCode
from .hub import call_in_loop, hub
from .receivers import receivers
from .workers import workers
from .writer import writer

logger = logging.getLogger("django_pairchat")

COME_BACK_AFTER_SECONDS: Final = (1.0, 5.0)
"""Spread over this time, so that those who are left do not get everybody at once."""

FAREWELL_SECONDS: Final = 2.0
ROUND_SECONDS: Final = 0.05
WRITING_SECONDS: Final = 3.0
ENDING_SECONDS: Final = 5.0

_Handler = Callable[[int, FrameType | None], Any] | int | None


def say_goodbye() -> None:
    """``bye`` 4503 to every connection of this process."""
    for connection in hub.all():
        retry_after = round(random.uniform(*COME_BACK_AFTER_SECONDS), 1)  # noqa: S311 - jitter, not a secret
        call_in_loop(connection.loop, connection.end, CloseCode.SHUTTING_DOWN, retry_after)


def on_startup() -> None:
    """Say goodbye at SIGTERM, before the server's own handler cuts the connections."""
    if threading.current_thread() is threading.main_thread():
        loop = asyncio.get_running_loop()
        _precede(signal.SIGTERM, loop)
        _precede(signal.SIGINT, loop)


async def on_shutdown() -> None:
    """Say goodbye to whoever is left, and write what is queued."""
    await _say_goodbye_to_all()
    await asyncio.to_thread(end_threads)
    atexit.unregister(end_threads)


def end_threads() -> None:
    """Write what is queued and tell the host's receivers, for at most 3 s and 5 s in all: a database that is frozen, or
    a receiver that never returns, must not keep the process. No message that is given up was acknowledged."""
    began = time.monotonic()
    if not writer.stop(WRITING_SECONDS):
        logger.warning("The database took too long: messages that were not answered yet may be lost with this process.")
    for threads in (receivers, workers):
        if not threads.stop(max(0.0, began + ENDING_SECONDS - time.monotonic())):
            logger.warning("This process ends although %s are still at work.", threads.name)


async def _say_goodbye_to_all() -> None:
    """Also to those who come meanwhile; at most 2 s."""
    deadline = asyncio.get_running_loop().time() + FAREWELL_SECONDS
    say_goodbye()
    while hub.all() and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(ROUND_SECONDS)
        say_goodbye()


def _precede(number: signal.Signals, loop: asyncio.AbstractEventLoop) -> None:
    servers_own: _Handler = signal.getsignal(number)
    if not callable(servers_own):
        return
    ending: list[asyncio.Task[None]] = []

    async def end(received: int) -> None:
        # The server may cut its connections in the same turn of the loop in which it is told to end.
        await asyncio.sleep(ROUND_SECONDS)
        await _say_goodbye_to_all()
        servers_own(received, None)

    def handle(received: int, frame: FrameType | None) -> None:
        if ending:
            # Somebody insists.
            servers_own(received, frame)
            return
        say_goodbye()
        call_in_loop(loop, lambda: ending.append(loop.create_task(end(received))))

    signal.signal(number, handle)
