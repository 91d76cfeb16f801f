"""How fast a person usually answers people who write first."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

from django.core.cache import cache
from django.db.models import Case, IntegerField, OuterRef, Q, Subquery, When
from django.utils import timezone

from ..core.access import all_messages, all_rooms
from ..namespace import cache_key

logger = logging.getLogger("django_pairchat")

PERIOD: Final = timedelta(days=90)
PATIENCE: Final = timedelta(days=1)
"""A question that is younger than this, and has no answer yet, is not counted."""
ROOMS_LIMIT: Final = 500
CACHED_SECONDS: Final = 3600
OWN_SIDE, ASKED, ANSWERED = "pairchat_own_side", "pairchat_asked", "pairchat_answered"
"""Annotations of a room. The prefix prevents a conflict with a host's column."""


@dataclass(frozen=True, slots=True)
class ResponseStats:
    """How ``conversations`` that others began were answered: the share of them, and the median time to the answer.

    Both are ``None`` if there is nothing to say.
    """

    conversations: int = 0
    rate: float | None = None
    median: timedelta | None = None


def response_stats(user: Any) -> ResponseStats:
    """Return how fast ``user`` has answered people who wrote first, in the last 90 days.

    It takes one query for the 500 rooms with the newest messages, and is kept in the cache for an hour. Messages of the
    system and rooms with a block are left out, and so is a first message of the last 24 hours that has no answer yet.
    """
    key = cache_key("response", str(user.pk))
    try:
        kept = cache.get(key)
    except Exception as error:  # noqa: BLE001 - a cache may raise anything, and the database knows it too
        logger.debug("The cache failed, so response times are read: %r", error)
        return _read(user)
    if kept is None:
        stats = _read(user)
        seconds = None if stats.median is None else stats.median.total_seconds()
        _keep(key, (stats.conversations, stats.rate, seconds))
        return stats
    conversations, rate, seconds = kept
    return ResponseStats(conversations, rate, None if seconds is None else timedelta(seconds=seconds))


def _keep(key: str, values: tuple[int, float | None, float | None]) -> None:
    try:
        cache.set(key, values, CACHED_SECONDS)
    except Exception as error:  # noqa: BLE001 - a cache may raise anything
        logger.debug("The cache failed, so response times are not kept: %r", error)


def _read(user: Any) -> ResponseStats:
    now = timezone.now()
    times = [
        (asked, answered) for asked, answered in _first_times(user, now - PERIOD) if _is_counted(asked, answered, now)
    ]
    if not times:
        return ResponseStats()
    waits = [answered - asked for asked, answered in times if answered is not None]
    middle = timedelta(seconds=median(wait.total_seconds() for wait in waits)) if waits else None
    return ResponseStats(len(times), len(waits) / len(times), middle)


def _is_counted(asked: datetime, answered: datetime | None, now: datetime) -> bool:
    """Return whether the other person wrote first, long enough ago."""
    return asked <= now - PATIENCE if answered is None else asked <= answered


def _first_times(user: Any, since: datetime) -> list[tuple[datetime, datetime | None]]:
    """Return when the other person and the user wrote first in each room, if that person did since then.

    The rooms are found by the indexes of their people, and each first message by that of a room and ``seq``.
    """
    rooms = all_rooms().filter(
        Q(user1=user) | Q(user2=user), user1_blocked=False, user2_blocked=False, last_message_at__gte=since, head__gt=0
    )
    own_side = Case(When(user1=user, then=1), default=2, output_field=IntegerField())
    of_room = all_messages().filter(room=OuterRef("pk")).order_by("seq").values("created_at")
    own = of_room.filter(side=OuterRef(OWN_SIDE))[:1]
    others = of_room.filter(side=3 - OuterRef(OWN_SIDE))[:1]
    newest = rooms.annotate(**{OWN_SIDE: own_side}).order_by("-last_message_at", "-pk")[:ROOMS_LIMIT]
    found = newest.annotate(**{ASKED: Subquery(others), ANSWERED: Subquery(own)}).values_list(ASKED, ANSWERED)
    return [(asked, answered) for asked, answered in found if asked is not None and asked >= since]
