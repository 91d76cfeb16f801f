"""Threads for database work, separate from the thread that all synchronous code of a host shares."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from functools import partial
from typing import Final, TypeVar

from ..node import NodePart
from .db_connections import database_connections
from .threads import DaemonThreads, fulfil

THREADS: Final = 4
SEARCHING_THREADS: Final = 2
PROVING_THREADS: Final = 2

T = TypeVar("T")


class ThreadPool:
    """Threads with database connections of their own. A call that hangs does not delay the end of the process."""

    def __init__(self, name: str = "pairchat-db", *, threads: int = THREADS) -> None:
        self.name = name
        self._count = threads
        self._lock = threading.Lock()
        self._threads: DaemonThreads | None = None
        self._once: set[Hashable] = set()
        self._queues: dict[Hashable, list[Callable[[], object]]] = {}

    def _started(self) -> DaemonThreads:
        with self._lock:
            if self._threads is None:
                self._threads = DaemonThreads(self.name, self._count)
            return self._threads

    def _work(self, function: Callable[[], T]) -> T:
        with database_connections():
            return function()

    async def run(self, function: Callable[[], T], *, owner: Hashable = None) -> T:
        """Return the function's result, computed in one of the threads.

        Calls for one ``owner`` occupy one thread at a time. The others wait in a queue of the owner, and each is queued
        behind the calls that were submitted for other owners in the meantime.
        """
        if owner is None:
            return await asyncio.get_running_loop().run_in_executor(self._started(), self._work, function)
        result: Future[T] = Future()
        self._enqueue(owner, partial(fulfil, result, partial(self._work, function)))
        return await asyncio.wrap_future(result)

    def _enqueue(self, owner: Hashable, call: Callable[[], object]) -> None:
        threads = self._started()
        with self._lock:
            if owner in self._queues:
                self._queues[owner].append(call)
                return
            self._queues[owner] = []
        threads.submit(self._work_for, owner, call, threads)

    def _work_for(self, owner: Hashable, call: Callable[[], object], threads: DaemonThreads) -> None:
        following: Callable[[], object] | None = call
        while following is not None:
            following()
            with self._lock:
                queue = self._queues.get(owner)
                following = queue.pop(0) if queue else None
                if following is None:
                    self._queues.pop(owner, None)
                elif threads is self._threads:
                    threads.submit(self._work_for, owner, following, threads)
                    return
            # These threads are ending: queued calls are still made here, and nothing can be submitted to them.

    def submit(self, function: Callable[[], object]) -> None:
        """Run ``function`` soon and ignore its result."""
        self._started().submit(self._work, function)

    def submit_once(self, key: Hashable, function: Callable[[], object]) -> None:
        """Run ``function`` soon, unless a call with this key is waiting to run already."""
        with self._lock:
            if key in self._once:
                return
            self._once.add(key)
        self.submit(partial(self._work_once, key, function))

    def _work_once(self, key: Hashable, function: Callable[[], object]) -> None:
        # First, because a change during the call needs another call.
        self._once.discard(key)
        function()

    def stop(self, seconds: float | None = None) -> bool:
        """Finish queued work, stop the threads, close their database connections. Return ``False`` on timeout.

        Waits at most ``seconds``, without a limit if it is ``None``.
        """
        with self._lock:
            threads, self._threads = self._threads, None
        return threads is None or threads.end(seconds)


thread_pool = NodePart(ThreadPool)
search_pool = NodePart(partial(ThreadPool, "pairchat-search", threads=SEARCHING_THREADS))
"""For searches, which may read all messages of a user. Access checks, rate limits and sends never wait for them."""
proof_pool = NodePart(partial(ThreadPool, "pairchat-proofs", threads=PROVING_THREADS))
"""For tokens, which are read one by one, those of all open sockets every 20 s. Requests never wait for them."""
