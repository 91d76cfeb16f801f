"""Request throttle of one connection. Sends are limited separately."""

from __future__ import annotations

import time
from typing import Final

REQUESTS_PER_SECOND: Final = 30
REQUEST_BURST: Final = 300
"""A browser page makes a few requests a second at most, and a few dozen when it reconnects."""

_STEP_SECONDS: Final = 1 / REQUESTS_PER_SECOND
_BURST_SECONDS: Final = REQUEST_BURST * _STEP_SECONDS


class RequestThrottle:
    """Delays the requests of a connection that makes more than 30 a second, after a burst of 300."""

    __slots__ = ("_paid_until",)

    def __init__(self) -> None:
        self._paid_until = 0.0

    def pause_seconds(self) -> float:
        """Count one request. Return the seconds to wait before it, mostly 0."""
        now = time.monotonic()
        self._paid_until = max(self._paid_until, now) + _STEP_SECONDS
        return max(0.0, self._paid_until - now - _BURST_SECONDS)
