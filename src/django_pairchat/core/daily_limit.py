"""Limits per person and day: counters in Django's cache, which begin again at midnight in the site's time zone."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from django.core.cache import cache
from django.utils import timezone

from ..conf import UPLOAD_BYTES
from ..exceptions import DailyLimit
from ..namespace import cache_key
from ..node import NodePart
from ..utils.db_connections import database_connections
from .rate_limit import USERS_REMEMBERED, rate_limiter

__all__ = ["NEW_ROOMS", "UPLOAD_BYTES", "charge_for_today", "charged_for_today"]

NEW_ROOMS: Final = "new_rooms"
KEPT_SECONDS: Final = 26 * 3600
"""A day, and the hour by which the longest is longer."""


class Spending(NamedTuple):
    """A thing to count: for whom, of which kind, on which day. ``thing`` is counted once only, if it is not empty."""

    user_key: str
    kind: str
    day: str
    thing: str = ""

    def counter(self) -> str:
        return cache_key(f"day:{self.kind}", f"{self.day}:{self.user_key}")

    def mark(self) -> str:
        return cache_key(f"day:{self.kind}:thing", f"{self.day}:{self.user_key}:{self.thing}")


class DailyCounts:
    """The counters of this process, for the time in which the cache fails."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all counters, as in a new process."""
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._things: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def spend(self, spending: Spending, limit: int, cost: int) -> bool:
        """Count ``cost`` and return ``True``, or ``False`` if that is more than the limit."""
        counter, mark = spending.counter(), spending.mark()
        with self._lock:
            if spending.thing and mark in self._things:
                return True
            count = self._counts.get(counter, 0) + cost
            if count > limit:
                return False
            self._counts[counter] = count
            if spending.thing:
                self._things[mark] = None
            for remembered in (self._counts, self._things):
                while len(remembered) > USERS_REMEMBERED:
                    remembered.popitem(last=False)
        return True

    def give_back(self, spending: Spending, cost: int) -> None:
        counter = spending.counter()
        with self._lock:
            if counter in self._counts:
                self._counts[counter] -= cost


daily_counts = NodePart(DailyCounts)


@database_connections()
def _spend_in_cache(spending: Spending, limit: int, cost: int) -> bool:
    mark, counter = spending.mark(), spending.counter()
    if spending.thing and cache.get(mark):
        return True
    cache.add(counter, 0, KEPT_SECONDS)
    # A cache that stores nothing raises here, and is treated as unavailable.
    is_within = cache.incr(counter, cost) <= limit
    was_counted = is_within and bool(spending.thing) and not cache.add(mark, 1, KEPT_SECONDS)
    if was_counted or not is_within:
        cache.decr(counter, cost)
    return is_within


@database_connections()
def _give_back_to_cache(spending: Spending, cost: int) -> None:
    # A cache may forget what it had, and then there is nothing to give back.
    with suppress(ValueError):
        cache.decr(spending.counter(), cost)


def _today() -> tuple[str, float]:
    """Return the date in the site's time zone, and the seconds until it ends."""
    now = datetime.now(timezone.get_default_timezone())
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return now.date().isoformat(), midnight.timestamp() - now.timestamp()


def charge_for_today(
    user: Any, kind: str, limit: int | None, cost: int = 1, *, thing: str = "", field: str | None = None
) -> Spending | None:
    """Count ``cost`` against what ``user`` may do of this kind today, in at most 0.25 s. Raises ``DailyLimit``.

    ``thing`` is counted once, however often it is asked for. A cost above the limit takes all of it. If the cache
    fails, each process counts for itself. Return what was counted, for giving it back.
    """
    if limit is None:
        return None
    day, seconds_left = _today()
    spending = Spending(str(user.pk), kind, day, thing)
    cost = min(cost, limit) or cost
    spent = rate_limiter().with_cache(
        partial(_spend_in_cache, spending, limit, cost), partial(daily_counts().spend, spending, limit, cost)
    )
    if not spent:
        raise DailyLimit(field=field, retry_after=seconds_left)
    return spending


@contextmanager
def charged_for_today(
    user: Any, kind: str, limit: int | None, cost: int, *, field: str | None = None
) -> Iterator[None]:
    """Charge ``cost`` for what is done inside, and give it back if that fails."""
    spending = charge_for_today(user, kind, limit, cost, field=field)
    try:
        yield
    except Exception:
        if spending is not None and limit is not None:
            back = min(cost, limit) or cost
            rate_limiter().with_cache(
                partial(_give_back_to_cache, spending, back), partial(daily_counts().give_back, spending, back)
            )
        raise
