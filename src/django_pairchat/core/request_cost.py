"""The cost of each request, the same for sockets, HTTP and forms. Calls from the host's own code cost nothing."""

from __future__ import annotations

from math import ceil
from typing import Any

from ..conf import REFUSED, SEND
from ..exceptions import Busy, ChatError, RateLimited
from ..protocol import requests
from .rate_limit import rate_limiter


def _bucket_of(kind: type[requests.Request]) -> str:
    return kind.bucket or kind.type


def charge_request(user: Any, kind: type[requests.Request]) -> None:
    """Spend the cost of a request of this kind. Raises ``RateLimited``.

    Called before any look-up: the error reveals nothing about what exists, and asking for a missing room costs as much.
    """
    charge(user, _bucket_of(kind))


def refund_request(user: Any, kind: type[requests.Request]) -> None:
    """Give back what :func:`charge_request` has taken, for a request that will be made again."""
    refund(user, _bucket_of(kind))


def charge(user: Any, bucket: str, cost: int = 1) -> None:
    """Spend ``cost`` tokens or bytes, in at most 0.25 s. Raises ``RateLimited``."""
    wait = rate_limiter().acquire(str(user.pk), bucket, cost)
    if wait:
        raise rate_limited(bucket, wait)


def refund(user: Any, bucket: str, cost: int = 1) -> None:
    """Give back what :func:`charge` has spent, in at most 0.25 s."""
    rate_limiter().refund(str(user.pk), bucket, cost)


def rate_limited(bucket: str, seconds: float) -> RateLimited:
    """Return the error, with ``retry_after`` rounded up so that a client that waits this long is not refused again."""
    error = RateLimited(retry_after=ceil(seconds * 1000) / 1000)
    error.by_writing = bucket == SEND
    return error


def limit_refusal(user: Any, error: ChatError) -> ChatError:
    """Return the error of a send that stores nothing, or ``RateLimited`` beyond the limit of such sends.

    They cost no rate of sends; without a limit of their own, rooms could be looked for by sending.
    """
    if isinstance(error, Busy | RateLimited):
        return error
    wait = rate_limiter().acquire(str(user.pk), REFUSED)
    return rate_limited(REFUSED, wait) if wait else error
