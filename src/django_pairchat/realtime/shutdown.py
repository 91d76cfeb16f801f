"""Shutdown of a server process: every client is told when to reconnect, and queued messages are written."""

from __future__ import annotations

import asyncio
import atexit
import logging
import random
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

from ..node import Node, NodePart, all_nodes
from ..protocol.close_codes import CloseCode
from ..sending.group_commit import group_committer
from ..tenancy import activated
from ..utils.db_connections import close_pools
from ..utils.event_loop_thread import call_in_loop
from ..utils.thread_pool import proof_pool, search_pool, thread_pool
from .hub import Connection, hub
from .relay import finish_relays
from .servers import end_of_server, precede_servers_handler
from .signal_dispatch import signal_dispatcher

logger = logging.getLogger("django_pairchat")

RECONNECT_AFTER_SECONDS: Final = (0.5, 3.5)
"""Reconnects are spread over this time, so that the remaining processes do not get all of them at once.

A page is to be back 5 s after the ``bye``: closing, the handshake and catching up take the rest.
"""

CLOSING_SECONDS: Final = 2.0
ROUND_SECONDS: Final = 0.05


def close_all() -> None:
    """Send ``bye`` 4503 to every connection of this process."""
    for connection in _connections():
        retry_after = round(random.uniform(*RECONNECT_AFTER_SECONDS), 1)  # noqa: S311 - jitter, not a secret
        call_in_loop(connection.loop, connection.end, CloseCode.SHUTTING_DOWN, retry_after)


def on_startup() -> None:
    """Send ``bye`` on SIGTERM and SIGINT, before the server's own handler cuts the connections."""
    if threading.current_thread() is threading.main_thread():
        loop = asyncio.get_running_loop()
        _precede(signal.SIGTERM, loop)
        _precede(signal.SIGINT, loop)


_followed: NodePart[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]]] = NodePart(WeakKeyDictionary)
"""For each event loop whose server has been asked for its end, what waits for it."""


def follow_server(send: Any) -> None:
    """Send ``bye`` when the server that gave a connection this ``send`` ends, if it says that by no signal."""
    loop, followed = asyncio.get_running_loop(), _followed()
    if loop not in followed and (ends := end_of_server(send)):
        followed[loop] = loop.create_task(_close_after(ends))


async def _close_after(ends: Callable[[], Awaitable[None]]) -> None:
    await ends()
    await _close_gradually()


async def on_shutdown() -> None:
    """Send ``bye`` to the remaining connections, and write the queued messages."""
    await _close_gradually()
    await asyncio.to_thread(end_threads)
    atexit.unregister(end_threads)


def end_threads() -> None:
    """Write the queued messages (3 s at most), call the host's receivers (5 s in all), end threads and relay (1 s).

    A frozen database, or a receiver that never returns, must not keep the process alive. No message that is dropped
    was acknowledged.
    """
    began = time.monotonic()
    for node in all_nodes():
        with node.active(), activated(node.tenant):
            _end_threads_of(node, began)
    # Here already, because a server may end the process by a signal, and then no function that waits for the end runs.
    finish_relays()
    # A thread that waits for a connection would keep the process until the pool times out (30 s by default).
    close_pools()


def _end_threads_of(node: Node, began: float) -> None:
    def left(seconds: float) -> float:
        return max(0.0, began + seconds - time.monotonic())

    committer = node.existing(group_committer)
    if committer is not None and not committer.stop(left(node.options.ending_writes_seconds)):
        logger.warning("The database took too long. Messages without an answer may be lost with this process.")
    for handle in (signal_dispatcher, thread_pool, search_pool, proof_pool):
        threads: Any = node.existing(handle)
        if threads is not None and not threads.stop(left(node.options.ending_seconds)):
            logger.warning("This process ends although %s are still busy.", threads.name)


def _connections() -> list[Connection]:
    """Return the connections of this process, of all tenants."""
    hubs = [node.existing(hub) for node in all_nodes()]
    return [connection for each in hubs if each is not None for connection in each.all()]


async def _close_gradually() -> None:
    """Close all connections, also those that are opened meanwhile, for 2 s at most."""
    deadline = asyncio.get_running_loop().time() + CLOSING_SECONDS
    close_all()
    while _connections() and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(ROUND_SECONDS)
        close_all()


def _precede(number: signal.Signals, loop: asyncio.AbstractEventLoop) -> None:
    ending: list[asyncio.Task[None]] = []

    async def end(servers_own: Callable[[], None]) -> None:
        await asyncio.sleep(ROUND_SECONDS)
        await _close_gradually()
        servers_own()

    def handle(servers_own: Callable[[], None]) -> None:
        if ending:
            # Second signal: stop immediately.
            servers_own()
            return
        close_all()
        call_in_loop(loop, lambda: ending.append(loop.create_task(end(servers_own))))

    precede_servers_handler(number, handle)
