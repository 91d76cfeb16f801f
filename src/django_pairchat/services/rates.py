"""How fast one person may write: a token bucket per user, shared by all processes through Django's cache."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from django.core.cache import cache

from ..conf import conf
from .connections import kept_connections
from .daemon import DaemonThreads

logger = logging.getLogger("django_pairchat")

LEASES_PER_BURST: Final = 4
LEASE_SECONDS: Final = 10.0
CACHE_SECONDS: Final = 0.25
LOCAL_SECONDS: Final = 30.0
USERS_REMEMBERED: Final = 10_000
MILLISECONDS: Final = 1000


@dataclass(slots=True)
class Lease:
    """Tokens that this process may spend for a user until ``ends``, and when to ask again if there are none."""

    tokens: int
    ends: float
    retry_after: float = 0.0


class Rates:
    """Tokens are leased from the cache a few at a time, and spent without asking anybody.

    The cache holds one number per user: the time, in milliseconds, at which the bucket would be full again. Adding to
    it takes tokens, in one atomic step, so that processes cannot spend the same one twice. A cache that fails or
    takes longer than 0.25 s is left alone for 30 s; meanwhile each process keeps count for itself.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew, as a new process does."""
        self._leases: OrderedDict[str, Lease] = OrderedDict()
        self._local: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()
        self._leasing = threading.Lock()
        self._cache_thread: DaemonThreads | None = None
        self._local_until = 0.0

    def stop(self) -> None:
        """End the thread that asks the cache, which may be a table of the database, and close its connections."""
        with self._lock:
            thread, self._cache_thread = self._cache_thread, None
        if thread is not None:
            thread.shutdown()

    def _needs_lease(self, user_key: str) -> bool:
        lease = self._leases.get(user_key)
        return lease is None or lease.ends < time.monotonic() or (lease.tokens < 1 and lease.retry_after <= 0)

    def charge(self, user_key: str) -> float:
        """Spend one token, for 0, or say in how many seconds there will be one. At most 0.25 s."""
        while (wait := self.spend(user_key)) is None:
            # One at a time: two leases side by side would overwrite each other, and their tokens be lost.
            with self._leasing:
                if self._needs_lease(user_key):
                    self._lease(user_key)
        return wait

    def spend(self, user_key: str) -> float | None:
        """As :meth:`charge`, at once, from the lease there is; ``None`` when a new one is needed."""
        with self._lock:
            lease = self._leases.get(user_key)
            if lease is None or lease.ends < time.monotonic():
                return None
            if lease.tokens < 1:
                return lease.retry_after or None
            lease.tokens -= 1
            return 0.0

    def _lease(self, user_key: str) -> None:
        wanted = max(1, conf.send_burst // LEASES_PER_BURST)
        granted, retry_after = self._ask(user_key, wanted)
        ends = time.monotonic() + (LEASE_SECONDS if granted else retry_after)
        with self._lock:
            self._leases[user_key] = Lease(granted, ends, retry_after)
            _trim(self._leases)

    def give_back(self, user_key: str) -> None:
        """A token was taken for something that turned out to cost nothing."""
        with self._lock:
            lease = self._leases.get(user_key)
            if lease is not None:
                lease.tokens += 1

    def _ask(self, user_key: str, wanted: int) -> tuple[int, float]:
        if time.monotonic() < self._local_until:
            return self._ask_locally(user_key, wanted)
        try:
            return self._in_cache_thread(user_key, wanted).result(CACHE_SECONDS)
        except Exception as error:  # noqa: BLE001 - a cache may raise anything, and people go on writing
            self._local_until = time.monotonic() + LOCAL_SECONDS
            logger.warning("The cache failed, so each process counts sends for itself: %r", error)
            return self._ask_locally(user_key, wanted)

    def _in_cache_thread(self, user_key: str, wanted: int) -> Future[tuple[int, float]]:
        with self._lock:
            if self._cache_thread is None:
                self._cache_thread = DaemonThreads("pairchat-rates")
        return self._cache_thread.submit(_ask_cache, user_key, wanted)

    def _ask_locally(self, user_key: str, wanted: int) -> tuple[int, float]:
        now = time.time() * MILLISECONDS
        with self._lock:
            full_at = max(self._local.get(user_key, 0.0), now)
            granted, retry_after = _grant(full_at - now, wanted)
            self._local[user_key] = full_at + granted * _interval()
            _trim(self._local)
        return granted, retry_after


def _trim(remembered: OrderedDict[str, Lease] | OrderedDict[str, float]) -> None:
    while len(remembered) > USERS_REMEMBERED:
        remembered.popitem(last=False)


def _interval() -> float:
    """Milliseconds in which one token comes back."""
    return 60 * MILLISECONDS / conf.sends_per_minute


def _refill_seconds() -> float:
    return _interval() / MILLISECONDS


def _grant(behind: float, wanted: int) -> tuple[int, float]:
    """How many of the wanted tokens there are when the bucket is ``behind`` milliseconds from full, and in how many
    seconds there is one if there is none."""
    left = conf.send_burst - behind / _interval()
    if left >= 1:
        return min(wanted, int(left)), 0.0
    return 0, (1 - left) * _refill_seconds()


@kept_connections()
def _ask_cache(user_key: str, wanted: int) -> tuple[int, float]:
    key = f"pairchat:rate:{user_key}"
    seconds = int(_refill_seconds() * conf.send_burst) + 60
    now = int(time.time() * MILLISECONDS)
    asked = max(1, round(wanted * _interval()))
    cache.add(key, now, seconds)
    # A cache that keeps nothing raises here, and is treated as one that is away.
    before = cache.incr(key, asked) - asked
    if before < now:
        # Nothing was sent for longer than it takes to fill the bucket: it starts full, now.
        before = now
        cache.set(key, now + asked, seconds)
    granted, retry_after = _grant(before - now, wanted)
    if granted < wanted:
        cache.decr(key, round((wanted - granted) * _interval()))
    cache.touch(key, seconds)
    return granted, retry_after


rates = Rates()
