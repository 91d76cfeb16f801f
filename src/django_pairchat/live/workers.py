"""Threads for work on the database, apart from the one that all synchronous code of a host shares."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

from django.conf import settings
from django.db import connections, reset_queries
from django.urls import set_script_prefix

from ..services.daemon import DaemonThread

THREADS: Final = 4
TRUSTED_IDLE_SECONDS: Final = 5.0

T = TypeVar("T")


def _drop_broken_connections(*, idle: bool) -> None:
    for connection in connections.all(initialized_only=True):
        suspect = idle or connection.errors_occurred
        if suspect and connection.connection is not None and not connection.in_atomic_block:
            connection.errors_occurred = False
            if not connection.is_usable():
                connection.close()


def _close_connections(all_closed: threading.Barrier) -> None:
    connections.close_all()
    all_closed.wait()


@contextmanager
def kept_connections(last_used: float) -> Iterator[None]:
    """Database work in a long-lived thread: connections stay open, broken ones are found before and after.

    ``last_used`` is the ``time.monotonic()`` of the thread's last work: a connection that was idle for more than
    5 s is looked at first, because a server that went away in the meantime is noticed only by asking it.
    """
    # Django sets it in the thread that starts and in those of requests; the addresses in messages need it here.
    set_script_prefix(settings.FORCE_SCRIPT_NAME or "/")
    if time.monotonic() - last_used > TRUSTED_IDLE_SECONDS:
        _drop_broken_connections(idle=True)
    try:
        yield
    finally:
        # While DEBUG is on a connection keeps its queries; Django forgets them with each request.
        reset_queries()
        _drop_broken_connections(idle=False)


class Workers:
    """A pool of threads with database connections of their own; with ``daemon`` a single thread of that name, which may
    hang without holding up the end of the process."""

    def __init__(self, threads: int = THREADS, *, daemon: str | None = None) -> None:
        self._threads = 1 if daemon else threads
        self._daemon = daemon
        self.reset()

    def reset(self) -> None:
        """Begin anew, as a forked process must: its parent's threads do not run in it."""
        self._pool: Executor | None = None
        self._mine = threading.local()
        self._once: set[Hashable] = set()

    def _started(self) -> Executor:
        if self._pool is None:
            self._pool = (
                DaemonThread(self._daemon)
                if self._daemon
                else ThreadPoolExecutor(self._threads, thread_name_prefix="pairchat-db")
            )
        return self._pool

    def _work(self, function: Callable[[], T]) -> T:
        last_used, self._mine.last_used = getattr(self._mine, "last_used", 0.0), time.monotonic()
        with kept_connections(last_used):
            return function()

    async def run(self, function: Callable[[], T]) -> T:
        """The function's result, computed in a thread of the pool."""
        return await asyncio.get_running_loop().run_in_executor(self._started(), self._work, function)

    def submit(self, function: Callable[[], object]) -> None:
        """Run it some time soon; its result is nobody's concern."""
        self._started().submit(self._work, function)

    def submit_once(self, key: Hashable, function: Callable[[], object]) -> None:
        """As :meth:`submit`, unless what goes by this key is waiting for its turn already."""
        if key not in self._once:
            self._once.add(key)
            self.submit(partial(self._work_once, key, function))

    def _work_once(self, key: Hashable, function: Callable[[], object]) -> None:
        # First, because what changes while it works is to be looked at again.
        self._once.discard(key)
        function()

    def stop(self) -> None:
        """End the threads, once what they have in hand is done, and close their connections."""
        pool, self._pool = self._pool, None
        if pool is not None:
            # Each waits for the others, so that no thread takes the task of another.
            all_closed = threading.Barrier(self._threads)
            for _ in range(self._threads):
                pool.submit(_close_connections, all_closed)
            pool.shutdown()


workers = Workers()

receivers = Workers(threads=2)
"""For the host's receivers of signals: slow ones hold up each other, and neither reading nor signing in."""
