"""The roll-up: the figures of each whole day, counted once, in parts, and kept in a small table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import Any, Final

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone

from ..core.access import database
from ..services.activity import RoomActivity, activity
from ..utils.instruments import timed_sweep
from .added import added_figures
from .models import DailyFigures

DAYS_AT_ONCE: Final = 7
DAYS_BACK: Final = 90
"""The most days that are caught up."""
SETTLED_AFTER: Final = timedelta(minutes=10)
"""How long after its end a day is counted: a message appears with its commit, later than its time says."""
TOPICS_KEPT: Final = 10

Topic = tuple[Any, str]


@dataclass
class Day:
    """The figures of one day while the rooms are read."""

    messages: int = 0
    new_chats: int = 0
    answers: list[float] = field(default_factory=list)
    topics: Counter[Topic] = field(default_factory=Counter)
    chats: Counter[Topic] = field(default_factory=Counter)


def roll_up(*, again_since: date | None = None, stopping: Callable[[], bool] = lambda: False) -> Iterator[date]:
    """Count each whole day that was not counted yet, at most the last 90. Yields each day after it is stored.

    Days are counted up to seven at a time, each time with a look at every room that was written in since.
    ``again_since`` counts the days from that one on once more. It can be interrupted, and repeated; two at once do no
    harm.
    ``stopping`` is asked in between.
    """
    missing = list(_missing_days(again_since))
    for start in range(0, len(missing), DAYS_AT_ONCE):
        if stopping():
            return
        days = missing[start : start + DAYS_AT_ONCE]
        with timed_sweep("statistics"):
            _count(days)
        yield from days


def midnight(day: date) -> datetime:
    """Return the beginning of this day in the site's time zone."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def _missing_days(again_since: date | None) -> Iterator[date]:
    settled = timezone.localdate(timezone.now() - SETTLED_AFTER, timezone.get_default_timezone())
    last_days = [settled - timedelta(days=number) for number in range(DAYS_BACK, 0, -1)]
    known = DailyFigures.objects.using(database()).filter(day__gte=last_days[0])
    if again_since is not None:
        known = known.filter(day__lt=again_since)
    counted = set(known.values_list("day", flat=True))
    return (day for day in last_days if day not in counted)


def _count(days: Sequence[date]) -> None:
    beginnings = {midnight(day): Day() for day in days}
    # Between days that are not next to each other lie periods that nobody asked for.
    moments = sorted({*beginnings, *(midnight(day + timedelta(days=1)) for day in days)})
    figures = [beginnings.get(moment) for moment in moments[:-1]]
    titles: dict[Topic, str] = {}
    for each in activity(moments):
        _take(each, figures, titles)
    added = [_added(moment, midnight(day + timedelta(days=1))) for day, moment in zip(days, beginnings, strict=True)]
    with transaction.atomic(using=database()):
        for day, counted, more in zip(days, beginnings.values(), added, strict=True):
            values = {**_values(counted, titles), "more": more}
            DailyFigures.objects.using(database()).update_or_create(day=day, defaults=values)


def _take(each: RoomActivity, figures: Sequence[Day | None], titles: dict[Topic, str]) -> None:
    room = each.room
    for period, day in enumerate(figures):
        if day is None:
            continue
        day.messages += each.messages[period]
        day.new_chats += each.begun_in == period
        if each.answered_in == period and each.answer_seconds is not None:
            day.answers.append(each.answer_seconds)
        if each.messages[period] and room.topic_type_id is not None:
            topic = (room.topic_type_id, room.topic_key)
            titles[topic] = room.topic_title
            day.topics[topic] += each.messages[period]
            day.chats[topic] += 1


def _values(day: Day, titles: dict[Topic, str]) -> dict[str, Any]:
    return {
        "messages": day.messages,
        "new_chats": day.new_chats,
        "first_answers": len(day.answers),
        "answer_seconds": round(median(day.answers)) if day.answers else None,
        "topics": [
            {
                "type": _type_name(topic[0]),
                "key": topic[1],
                "title": titles[topic],
                "messages": messages,
                "chats": day.chats[topic],
            }
            for topic, messages in day.topics.most_common(TOPICS_KEPT)
        ],
    }


def _type_name(key: Any) -> str:
    kind = ContentType.objects.get_for_id(key)
    return f"{kind.app_label}.{kind.model}"


def _added(start: datetime, end: datetime) -> dict[str, int]:
    return {name: figure.between(start, end) for name, figure in added_figures().items()}
