"""Rate limits: a token bucket per user and kind of request, shared by all processes through Django's cache."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any, Final, TypeVar

from django.core.cache import cache

from ..conf import REFUSED, SEND, UPLOAD_BYTES, Rate, conf
from ..namespace import cache_key
from ..node import NodePart, get_node
from ..utils.db_connections import database_connections
from ..utils.threads import DaemonThreads

logger = logging.getLogger("django_pairchat")

T = TypeVar("T")

LEASES_PER_BURST: Final = 4
OTHER_LEASES_PER_BURST: Final = 20
"""For requests that are rarer than sends, a process withholds fewer tokens from the others."""
UNLEASED: Final = frozenset({UPLOAD_BYTES})
"""Kinds whose tokens are taken as needed: a small file may be accepted where a large one was refused."""
LOCAL: Final = frozenset({"focus", "ping", "typing", REFUSED})
"""Frequent cheap requests, and those counted where no thread may wait for the cache: each process counts for itself."""
LEASE_SECONDS: Final = 10.0
USERS_REMEMBERED: Final = 10_000
MILLISECONDS: Final = 1000


@dataclass(slots=True)
class Lease:
    """Tokens that this process may spend for a user until ``ends``, and the seconds to wait if there are none."""

    tokens: int
    ends: float
    retry_after: float = 0.0


class RateLimiter:
    """Token buckets whose tokens are leased from the cache a few at a time and spent locally.

    The cache holds one number per user and kind: the time, in milliseconds, at which the bucket would be full again.
    Tokens are taken by adding to it in one atomic step, so that two processes cannot spend the same token. A cache that
    fails or takes longer than 0.25 s is not used for 30 s. During that time each process counts for itself.
    """

    def __init__(self) -> None:
        self._cache_thread: DaemonThreads | None = None
        self.reset()

    def reset(self) -> None:
        """Forget all buckets and leases, as in a new process."""
        self._leases: defaultdict[str, OrderedDict[str, Lease]] = defaultdict(OrderedDict)
        self._local: defaultdict[str, OrderedDict[str, float]] = defaultdict(OrderedDict)
        self._lock = threading.Lock()
        self._leasing = threading.Lock()
        self._local_until = 0.0

    def stop(self) -> None:
        """End the cache thread and close its database connections: the cache may be a table of the database."""
        with self._lock:
            thread, self._cache_thread = self._cache_thread, None
        if thread is not None:
            thread.shutdown()

    def _needs_lease(self, user_key: str, kind: str) -> bool:
        lease = self._leases[kind].get(user_key)
        return lease is None or lease.ends <= time.monotonic() or (lease.tokens < 1 and lease.retry_after <= 0)

    def acquire(self, user_key: str, kind: str = SEND, cost: int = 1) -> float:
        """Spend ``cost`` tokens of this kind and return 0, or return the seconds until there are that many.

        Takes at most 0.25 s, and returns immediately for the ``LOCAL`` kinds. A cost above the bucket's size takes the
        whole bucket. Only ``UNLEASED`` kinds have a cost other than 1.
        """
        rate = conf.rates[kind]
        if rate is None:
            return 0.0
        if kind in LOCAL:
            return self._lease_locally(user_key, kind, 1)[1]
        if kind in UNLEASED:
            cost = min(cost, rate.burst)
            return self._lease_from_cache(user_key, kind, cost, cost)[1]
        while (wait := self.try_acquire(user_key, kind)) is None:
            # One at a time: of two concurrent leases one would overwrite the other, and its tokens would be lost.
            with self._leasing:
                if self._needs_lease(user_key, kind):
                    self._lease(user_key, kind, rate)
        return wait

    def try_acquire(self, user_key: str, kind: str = SEND) -> float | None:
        """Spend a token of the current lease without waiting, or return ``None`` if a new lease is needed.

        Otherwise the result is that of :meth:`acquire`.
        """
        with self._lock:
            lease = self._leases[kind].get(user_key)
            if lease is None or (left := lease.ends - time.monotonic()) <= 0:
                return None
            if lease.tokens < 1:
                return left if lease.retry_after else None
            lease.tokens -= 1
            return 0.0

    def _lease(self, user_key: str, kind: str, rate: Rate) -> None:
        wanted = max(1, rate.burst // (LEASES_PER_BURST if kind == SEND else OTHER_LEASES_PER_BURST))
        granted, retry_after = self._lease_from_cache(user_key, kind, wanted)
        ends = time.monotonic() + (LEASE_SECONDS if granted else retry_after)
        with self._lock:
            self._leases[kind][user_key] = Lease(granted, ends, retry_after)
            _trim(self._leases[kind])

    def refund(self, user_key: str, kind: str = SEND, cost: int = 1) -> None:
        """Return what was taken for a request that turned out to cost nothing. Takes at most 0.25 s.

        Only ``UNLEASED`` kinds take the time, and have a cost other than 1.
        """
        rate = conf.rates[kind]
        if rate is not None and kind in UNLEASED:
            self._return_to_cache(user_key, kind, round(min(cost, rate.burst) * _interval(rate)))
            return
        with self._lock:
            lease = self._leases[kind].get(user_key)
            if lease is not None:
                lease.tokens += 1

    def _return_to_cache(self, user_key: str, kind: str, milliseconds: int) -> None:
        """Move the time at which the bucket would be full again. If the cache fails, it is regained with time."""
        if time.monotonic() < self._local_until:
            self._return_locally(user_key, kind, milliseconds)
            return
        with suppress(Exception):
            self._from_cache(_return_to_cache, user_key, kind, milliseconds)

    def _return_locally(self, user_key: str, kind: str, milliseconds: int) -> None:
        with self._lock:
            self._local[kind][user_key] = self._local[kind].get(user_key, 0.0) - milliseconds

    def _lease_from_cache(self, user_key: str, kind: str, wanted: int, least: int = 1) -> tuple[int, float]:
        """Return how many of the ``wanted`` tokens are granted, and the seconds to wait if none is.

        No token is granted if fewer than ``least`` are left.
        """
        return self.with_cache(
            partial(_ask_cache, user_key, kind, wanted, least),
            partial(self._lease_locally, user_key, kind, wanted, least),
        )

    def with_cache(self, count: Callable[[], T], count_here: Callable[[], T]) -> T:
        """Return the result of ``count``, which asks the cache, within 0.25 s.

        If the cache fails, and for 30 s after that, it is the result of ``count_here``, which counts for this process.
        """
        if time.monotonic() < self._local_until:
            return count_here()
        try:
            return self._from_cache(count)
        except Exception as error:  # noqa: BLE001 - a cache may raise anything, and people can still write
            self._local_until = time.monotonic() + get_node().options.rate_local_seconds
            logger.warning("The cache failed, so each process counts limits for itself: %r", error)
            return count_here()

    def _from_cache(self, function: Callable[..., T], *arguments: Any) -> T:
        """Return the result of a function that asks the cache. Raises ``TimeoutError``, and what the cache raises."""
        with self._lock:
            if self._cache_thread is None:
                self._cache_thread = DaemonThreads("pairchat-rates")
        return self._cache_thread.submit(function, *arguments).result(get_node().options.rate_cache_seconds)

    def _lease_locally(self, user_key: str, kind: str, wanted: int, least: int = 1) -> tuple[int, float]:
        rate = conf.rates[kind]
        if rate is None:
            return wanted, 0.0
        now = time.time() * MILLISECONDS
        with self._lock:
            full_at = max(self._local[kind].get(user_key, 0.0), now)
            granted, retry_after = _grant(rate, full_at - now, wanted, least)
            self._local[kind][user_key] = full_at + granted * _interval(rate)
            _trim(self._local[kind])
        return granted, retry_after


def _trim(remembered: OrderedDict[str, Lease] | OrderedDict[str, float]) -> None:
    while len(remembered) > USERS_REMEMBERED:
        remembered.popitem(last=False)


def _interval(rate: Rate) -> float:
    """Return the milliseconds in which one token is regained."""
    return 60 * MILLISECONDS / rate.per_minute


def _grant(rate: Rate, behind: float, wanted: int, least: int) -> tuple[int, float]:
    """Return how many of the ``wanted`` tokens a bucket has that is full in ``behind`` milliseconds.

    If it has fewer than ``least``, none is granted, and the second value is the seconds until it has ``least``.
    """
    left = round(rate.burst - behind / _interval(rate), 6)
    if left >= least:
        return min(wanted, int(left)), 0.0
    # Rounded up, so that a client that waits this long is not refused again.
    return 0, ceil((least - left) * _interval(rate)) / MILLISECONDS


@database_connections()
def _ask_cache(user_key: str, kind: str, wanted: int, least: int) -> tuple[int, float]:
    rate = conf.rates[kind]
    if rate is None:
        return wanted, 0.0
    key = cache_key(f"rate:{kind}", user_key)
    seconds = int(_interval(rate) / MILLISECONDS * rate.burst) + 60
    now = int(time.time() * MILLISECONDS)
    requested = max(1, round(wanted * _interval(rate)))
    cache.add(key, now, seconds)
    # A cache that stores nothing raises here, and is treated as unavailable.
    before = cache.incr(key, requested) - requested
    if before < now:
        # Idle for longer than it takes to fill the bucket: it is full now.
        before = now
        cache.set(key, now + requested, seconds)
    granted, retry_after = _grant(rate, before - now, wanted, least)
    if granted < wanted:
        cache.decr(key, requested - round(granted * _interval(rate)))
    cache.touch(key, seconds)
    return granted, retry_after


@database_connections()
def _return_to_cache(user_key: str, kind: str, milliseconds: int) -> None:
    cache.decr(cache_key(f"rate:{kind}", user_key), milliseconds)


rate_limiter = NodePart(RateLimiter)
