"""Threads for work on the database, apart from the one that all synchronous code of a host shares."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Hashable
from functools import partial
from typing import Final, TypeVar

from ..services.connections import kept_connections
from ..services.daemon import DaemonThreads

THREADS: Final = 4

T = TypeVar("T")


class Workers:
    """Threads with database connections of their own. What hangs in one does not hold up the end of the process."""

    def __init__(self, name: str = "pairchat-db", *, threads: int = THREADS) -> None:
        self.name = name
        self._count = threads
        self.reset()

    def reset(self) -> None:
        """Begin anew, as a forked process must: its parent's threads do not run in it."""
        self._lock = threading.Lock()
        self._threads: DaemonThreads | None = None
        self._once: set[Hashable] = set()

    def _started(self) -> DaemonThreads:
        with self._lock:
            if self._threads is None:
                self._threads = DaemonThreads(self.name, self._count)
            return self._threads

    def _work(self, function: Callable[[], T]) -> T:
        with kept_connections():
            return function()

    async def run(self, function: Callable[[], T]) -> T:
        """The function's result, computed in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._started(), self._work, function)

    def submit(self, function: Callable[[], object]) -> None:
        """Run it some time soon; its result is nobody's concern."""
        self._started().submit(self._work, function)

    def submit_once(self, key: Hashable, function: Callable[[], object]) -> None:
        """As :meth:`submit`, unless what goes by this key is waiting for its turn already."""
        with self._lock:
            if key in self._once:
                return
            self._once.add(key)
        self.submit(partial(self._work_once, key, function))

    def _work_once(self, key: Hashable, function: Callable[[], object]) -> None:
        # First, because what changes while it works is to be looked at again.
        self._once.discard(key)
        function()

    def stop(self, seconds: float | None = None) -> bool:
        """End the threads once what they have in hand is done, and close their connections; wait at most so long for
        it. Whether it was done by then."""
        with self._lock:
            threads, self._threads = self._threads, None
        return threads is None or threads.end(seconds)


workers = Workers()
