"""Calls of the host's signal receivers, on threads where a slow one delays only other receivers."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import Final

from ..core.events import SignalCall
from ..node import NodePart, get_node
from ..utils.db_connections import release_connections
from ..utils.thread_pool import ThreadPool

logger = logging.getLogger("django_pairchat")

THREADS: Final = 2
QUIET_SECONDS: Final = 60.0


class SignalDispatcher(ThreadPool):
    """Queue of signal calls, bounded to 10 000.

    Beyond that, calls are dropped and a warning is logged once a minute. An unbounded queue would exhaust the memory,
    and backpressure would make the chat as slow as the receivers.
    """

    def __init__(self) -> None:
        super().__init__("pairchat-receivers", threads=THREADS)
        self._waiting = 0
        self._dropped = 0
        self._logged_at = -QUIET_SECONDS

    def call(self, calls: Sequence[SignalCall]) -> None:
        """Queue these calls, which run one after the other on one thread."""
        with self._lock:
            fits = self._waiting + len(calls) <= get_node().options.receivers_limit
            if fits:
                self._waiting += len(calls)
        if not fits:
            self._drop(len(calls))
        elif calls:
            self.submit(partial(self._call, calls))

    def _call(self, calls: Sequence[SignalCall]) -> None:
        for call in calls:
            with self._lock:
                self._waiting -= 1
            try:
                call()
            except Exception:
                logger.exception("A signal could not be sent to the receivers.")
            # The next call may be slow without using the database.
            release_connections()

    def _drop(self, count: int) -> None:
        self._dropped += count
        if time.monotonic() - self._logged_at >= QUIET_SECONDS:
            self._logged_at = time.monotonic()
            logger.warning("Signal receivers are too slow. %d calls were dropped so far.", self._dropped)


signal_dispatcher = NodePart(SignalDispatcher)
