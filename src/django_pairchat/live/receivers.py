"""The host's receivers of signals, called where a slow one holds up nobody but the others."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import Final

from ..services.announcements import Receiver
from .workers import Workers

logger = logging.getLogger("django_pairchat")

THREADS: Final = 2
WAITING_LIMIT: Final = 10_000
QUIET_SECONDS: Final = 60.0


class Receivers(Workers):
    """Calls that wait for a thread. Beyond 10 000 further ones are dropped, with a warning once a minute: memory would
    run out, and making people wait for a host's receivers would make their chat as slow as those are."""

    def __init__(self) -> None:
        super().__init__("pairchat-receivers", threads=THREADS)

    def reset(self) -> None:
        super().reset()
        self._waiting = 0
        self._dropped = 0
        self._complained_at = -QUIET_SECONDS

    def call(self, calls: Sequence[Receiver]) -> None:
        """Make these calls soon, one after the other."""
        with self._lock:
            fits = self._waiting + len(calls) <= WAITING_LIMIT
            if fits:
                self._waiting += len(calls)
        if not fits:
            self._drop(len(calls))
        elif calls:
            self.submit(partial(self._call, calls))

    def _call(self, calls: Sequence[Receiver]) -> None:
        for call in calls:
            with self._lock:
                self._waiting -= 1
            try:
                call()
            except Exception:
                logger.exception("A signal could not be sent to the receivers.")

    def _drop(self, count: int) -> None:
        self._dropped += count
        if time.monotonic() - self._complained_at >= QUIET_SECONDS:
            self._complained_at = time.monotonic()
            logger.warning("Receivers of signals are too slow: %d calls of them were dropped so far.", self._dropped)


receivers = Receivers()
