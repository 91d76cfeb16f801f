"""The connections of this process, and the delivery of frames to them."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..core.events import FramePush
from ..node import NodePart
from ..protocol import frames
from ..protocol.close_codes import CloseCode
from ..utils.event_loop_thread import call_in_loop

logger = logging.getLogger("django_pairchat")


class Connection(Protocol):
    """One connection, as ``realtime`` needs it.

    Its methods never block. Except for :meth:`end` they are called in the connection's own event loop only.
    """

    user_key: str
    session_key: str | None
    connection_id: str
    opened_at: float
    watched_rooms: Sequence[WatchedRoom]
    changed_rooms: set[str] | None
    has_focus: bool
    loop: asyncio.AbstractEventLoop

    @property
    def language(self) -> str: ...

    def push(self, frame: str) -> None: ...

    def end(self, code: CloseCode, retry_after: float | None = None) -> None: ...

    def check_soon(self) -> None: ...


@dataclass(slots=True, eq=False)
class WatchedRoom:
    """A room on a connection's screen, open or as a row of the list, the peer in it, and what is told of that peer.

    ``is_shown`` tells whether that peer's presence is shown there. ``told_online`` is what the client was told last.
    """

    room: str
    peer: str
    is_shown: bool
    is_row: bool = False
    told_online: bool | None = None


Watch = tuple["Connection", WatchedRoom]


Delivery = tuple[Connection, str]


class Hub:
    """The connections of this process by user. Its methods may be called from any thread."""

    def __init__(self) -> None:
        # Lists, because a set takes 200 bytes for the one connection that most users have.
        self._connections: defaultdict[str, list[Connection]] = defaultdict(list)
        # By peer, because a change of presence concerns few of the rows on all screens.
        self._watches: defaultdict[str, dict[WatchedRoom, Connection]] = defaultdict(dict)
        # Reentrant: the handler of SIGTERM reads the connections, and may interrupt code here that holds the lock.
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
            self._unwatch(connection)

    def watch(self, connection: Connection, rooms: Sequence[WatchedRoom]) -> None:
        """Set the rooms on a connection's screen. A connection that has ended watches none."""
        with self._lock:
            self._unwatch(connection)
            if connection in self._connections.get(connection.user_key, ()):
                connection.watched_rooms = rooms
                for watched in rooms:
                    self._watches[watched.peer][watched] = connection

    def _unwatch(self, connection: Connection) -> None:
        for watched in connection.watched_rooms:
            watches = self._watches[watched.peer]
            watches.pop(watched, None)
            if not watches:
                del self._watches[watched.peer]
        connection.watched_rooms = ()

    def watches_of(self, peers: Collection[str]) -> list[Watch]:
        """Return who has a room with one of these people on the screen."""
        with self._lock:
            return [
                (connection, watched) for peer in peers for watched, connection in self._watches.get(peer, {}).items()
            ]

    def of_user(self, user_key: str) -> list[Connection]:
        with self._lock:
            return list(self._connections.get(user_key, ()))

    def has_any(self, user_keys: Iterable[str]) -> bool:
        """Return whether one of these users is connected to this process."""
        with self._lock:
            return not self._connections.keys().isdisjoint(user_keys)

    def all(self) -> list[Connection]:
        with self._lock:
            return [connection for mine in self._connections.values() for connection in mine]

    def deliver(self, pushes: Iterable[FramePush]) -> None:
        """Hand these frames to the connections of their users, with one wake-up per event loop."""
        deliveries: list[Delivery] = []
        with self._lock:
            for users, frame in pushes:
                for user in users:
                    # Not get(), and no generator: this runs twice for each message.
                    if user in self._connections:
                        for connection in self._connections[user]:
                            deliveries.append((connection, frame))  # noqa: PERF401 - see above
        _hand_over(deliveries)

    def hand_over(self, deliveries: Iterable[Delivery]) -> None:
        """Hand frames to single connections, with one wake-up per event loop."""
        _hand_over(deliveries)

    def resync(self) -> None:
        """Tell every connection that this process may have missed something."""
        frame = frames.resync_event()
        _hand_over([(connection, frame) for connection in self.all()])


def _hand_over(deliveries: Iterable[Delivery]) -> None:
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        by_loop[delivery[0].loop].append(delivery)
    for loop, mine in by_loop.items():
        call_in_loop(loop, _push_all, mine)


def _push_all(deliveries: Sequence[Delivery]) -> None:
    for connection, frame in deliveries:
        try:
            connection.push(frame)
        except Exception:
            logger.exception("An event could not be handed to a connection. Its client catches up with its next ping.")


hub = NodePart(Hub)
