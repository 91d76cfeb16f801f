"""How fast one connection may ask: whoever asks without end waits, so that the threads and the peer have peace."""

from __future__ import annotations

import time
from typing import Final

REQUESTS_PER_SECOND: Final = 30
REQUEST_BURST: Final = 300
"""A page asks a few times a second at most, and a few dozen times when it comes back."""

_STEP_SECONDS: Final = 1 / REQUESTS_PER_SECOND
_BURST_SECONDS: Final = REQUEST_BURST * _STEP_SECONDS


class Pace:
    """Of one connection; sends have a rate of their own."""

    __slots__ = ("_paid_until",)

    def __init__(self) -> None:
        self._paid_until = 0.0

    def pause_seconds(self) -> float:
        """Count one request, and say how long to wait before it; mostly 0."""
        now = time.monotonic()
        self._paid_until = max(self._paid_until, now) + _STEP_SECONDS
        return max(0.0, self._paid_until - now - _BURST_SECONDS)
