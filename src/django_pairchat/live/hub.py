"""Who is connected to this process, and the delivery of announcements to them."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from ..services.announcements import Push
from ..wire import answers
from ..wire.codes import CloseCode

logger = logging.getLogger("django_pairchat")


class Connection(Protocol):
    """One socket, as the live layer sees it. Its methods are called in its own event loop only and never wait."""

    user_key: str
    session_key: str | None
    connection: str
    opened_at: float
    watched: Watched | None
    active: bool
    loop: asyncio.AbstractEventLoop

    def push(self, frame: str) -> None: ...

    def end(self, code: CloseCode, retry_after: float | None = None) -> None: ...

    def check_soon(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Watched:
    """The room on a connection's screen, the peer in it, and whether that peer's presence is shown there."""

    room: str
    peer: str
    is_shown: bool


Delivery = tuple[Connection, str]


class Hub:
    """The connections of this process by user. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew, as a forked process must: the sockets are its parent's."""
        # Lists, because a set takes 200 bytes for the one connection that most people have.
        self._connections: defaultdict[str, list[Connection]] = defaultdict(list)
        # The handler of SIGTERM looks at the connections, and may interrupt somebody here who holds the lock.
        self._lock = threading.RLock()

    def add(self, connection: Connection) -> None:
        with self._lock:
            self._connections[connection.user_key].append(connection)

    def remove(self, connection: Connection) -> None:
        with self._lock:
            mine = self._connections.get(connection.user_key)
            if mine is not None and connection in mine:
                mine.remove(connection)
                if not mine:
                    del self._connections[connection.user_key]

    def of_user(self, user_key: str) -> list[Connection]:
        with self._lock:
            return list(self._connections.get(user_key, ()))

    def all(self) -> list[Connection]:
        with self._lock:
            return [connection for mine in self._connections.values() for connection in mine]

    def deliver(self, pushes: Iterable[Push]) -> None:
        """Hand these frames to the connections of their users, with one wake-up per event loop."""
        deliveries: list[Delivery] = []
        with self._lock:
            for push in pushes:
                for user in push.users:
                    deliveries.extend((connection, push.frame) for connection in self._connections.get(user, ()))
        _hand_over(deliveries)

    def hand_over(self, connection: Connection, frame: str) -> None:
        """Hand a frame to one connection."""
        _hand_over([(connection, frame)])

    def resync(self) -> None:
        """Tell every connection that this process may have missed something."""
        frame = answers.resync_event()
        _hand_over([(connection, frame) for connection in self.all()])


def _hand_over(deliveries: Iterable[Delivery]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[Delivery]] = {}
    for delivery in deliveries:
        by_loop.setdefault(delivery[0].loop, []).append(delivery)
    for loop, mine in by_loop.items():
        call_in_loop(loop, _push_all, mine)


def call_in_loop(loop: asyncio.AbstractEventLoop, function: Callable[..., object], *arguments: Any) -> None:
    """Call it soon in that event loop, from any thread; a loop that has ended has no connections left to serve."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(function, *arguments)


def _push_all(deliveries: Sequence[Delivery]) -> None:
    for connection, frame in deliveries:
        try:
            connection.push(frame)
        except Exception:
            logger.exception("An event could not be handed to a connection, which finds it with its next ping.")


hub = Hub()
