"""Find sides of rooms with unread messages, by index, and note when each is due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .. import get_room_model
from ..core.access import all_rooms, database
from ..core.transactions import retry_on_conflict
from ..services.activity import Count, counted
from .decision import MAX_AGE
from .models import RoomNotice, SweepProgress
from .notifiers import Notifier, get_notifiers

if TYPE_CHECKING:
    from ..base_models import AbstractRoom

OVERLAP: Final = timedelta(minutes=2)
"""How far each look reaches back before the last one: a message appears with its commit, later than its time says."""

WIDE_OVERLAP: Final = timedelta(minutes=30)
"""How far a wide look reaches back, for the messages of long transactions and of clocks that are slow."""

WIDE_EVERY: Final = timedelta(minutes=10)
COMPLETE_EVERY: Final = timedelta(days=1)
"""How often all rooms of the last days are looked at, for what no overlap covers."""

ROOMS_PER_PART: Final = 1000

COLUMNS: Final = (
    "pk",
    "last_message_at",
    "head",
    *(f"user{number}_{name}" for number in (1, 2) for name in ("id", "has_unread", "read", "cleared")),
)


class UnreadSide(NamedTuple):
    """One person's side of a room with messages that this person has not read."""

    user_id: Any
    room_key: str
    head: int
    seen: int
    last_message_at: datetime


def notices(channel: str) -> Any:
    """Return what is remembered about this channel."""
    return RoomNotice.objects.using(database()).filter(channel=channel)


def due_count(limit: int) -> Count:
    """Count the notices that are due on all channels, but not beyond this limit on each."""
    counts = [counted(notices(each.channel).filter(due_at__lte=timezone.now()), limit) for each in get_notifiers()]
    return Count(sum(count.number for count in counts), any(count.is_least for count in counts))


def waiting(notifier: Notifier) -> tuple[int, datetime | None]:
    """Return how many people wait to be told on this channel, and until when the first of them does."""
    found = notices(notifier.channel).exclude(due_at=None)
    found = found.aggregate(people=models.Count("user", distinct=True), first=models.Min("due_at"))
    return found["people"], found["first"]


@retry_on_conflict
def note_unread(notifier: Notifier, now: datetime | None = None) -> None:
    """Give every side with messages that its person was not told about a time at which it is due.

    Only rooms with messages since the last call are looked at, and once a day all rooms of the last days. What was
    noted before keeps its time, so that a person is told even if messages never stop; only a rest ends when its person
    comes.
    """
    now = now or timezone.now()
    progress = _progress(notifier, now)
    is_complete = progress.complete_at <= now - COMPLETE_EVERY
    is_wide = is_complete or progress.wide_at <= now - WIDE_EVERY
    for part in unread_sides(max(progress.since, _start(progress, now, is_wide, is_complete))):
        _note(notifier, part)
    progress.seen_until = now
    if is_wide:
        progress.wide_at = now
    if is_complete:
        progress.complete_at = now
        _forget_missing_rooms(notifier.channel)
    progress.save(using=database())


def _start(progress: SweepProgress, now: datetime, is_wide: bool, is_complete: bool) -> datetime:
    if is_complete:
        return now - MAX_AGE
    if is_wide:
        return min(progress.seen_until, progress.wide_at - WIDE_OVERLAP)
    return progress.seen_until - OVERLAP


def _progress(notifier: Notifier, now: datetime) -> SweepProgress:
    started = now - notifier.delay
    progress, _created = SweepProgress.objects.using(database()).get_or_create(
        channel=notifier.channel,
        defaults={"since": started, "seen_until": started, "wide_at": now, "complete_at": now},
    )
    return progress


def unread_sides(start: datetime) -> Iterator[list[UnreadSide]]:
    """Yield the sides with unread messages of the rooms that had a message after ``start``, in parts."""
    after: tuple[datetime, Any] | None = None
    while True:
        rows = list(_rooms_after(start, after).values_list(*COLUMNS)[:ROOMS_PER_PART])
        sides = [side for row in rows for side in _sides_of(row)]
        if sides:
            yield sides
        if len(rows) < ROOMS_PER_PART:
            return
        after = (rows[-1][1], rows[-1][0])


def _rooms_after(start: datetime, after: tuple[datetime, Any] | None) -> Any:
    rooms = all_rooms().filter(last_message_at__gt=start).order_by("last_message_at", "pk")
    if after is not None:
        at, pk = after
        rooms = rooms.filter(last_message_at__gte=at).exclude(last_message_at=at, pk__lte=pk)
    return rooms.filter(Q(user1_has_unread=True) | Q(user2_has_unread=True))


def _sides_of(row: Sequence[Any]) -> Iterator[UnreadSide]:
    pk, at, head, *columns = row
    for user_id, has_unread, read, cleared in (columns[:4], columns[4:]):
        seen = max(read, cleared)
        # A room that was only marked as unread has nothing new.
        if user_id is not None and has_unread and seen < head:
            yield UnreadSide(user_id, str(pk), head, seen, at)


def _note(notifier: Notifier, sides: Sequence[UnreadSide]) -> None:
    keys = {side.room_key for side in sides}
    known = {(each.room_key, each.user_id): each for each in notices(notifier.channel).filter(room_key__in=keys)}
    new = [
        RoomNotice(
            user_id=side.user_id,
            room_key=side.room_key,
            channel=notifier.channel,
            due_at=side.last_message_at + notifier.delay,
        )
        for side in sides
        if (side.room_key, side.user_id) not in known
    ]
    # Another sweep may be noting the same.
    RoomNotice.objects.using(database()).bulk_create(new, ignore_conflicts=True)
    due: defaultdict[datetime, list[int]] = defaultdict(list)
    for side in sides:
        notice = known.get((side.room_key, side.user_id))
        if notice is not None and max(side.seen, notice.notified_seq) < side.head:
            due_at = _whole_minute(_due_at(notifier, side, notice))
            if notice.due_at is None or (
                _has_come(side, notice) and due_at < notice.due_at == _rest_ends(notifier, notice)
            ):
                due[due_at].append(notice.pk)
    for at, pks in due.items():
        is_later = Q(due_at=None) | Q(due_at__gt=at)
        notices(notifier.channel).filter(is_later, pk__in=pks, claim=None, attempts=0).update(due_at=at)


def _due_at(notifier: Notifier, side: UnreadSide, notice: RoomNotice) -> datetime:
    due_at = side.last_message_at + notifier.delay
    if notice.told_at is not None and not _has_come(side, notice):
        # Messages that follow are told less often.
        return max(due_at, notice.told_at + notifier.repeat)
    return due_at


def _rest_ends(notifier: Notifier, notice: RoomNotice) -> datetime | None:
    """Return when messages that follow a told one are due. What waits for another reason is due at another time."""
    return None if notice.told_at is None else _whole_minute(notice.told_at + notifier.repeat)


def _has_come(side: UnreadSide, notice: RoomNotice) -> bool:
    """Return whether the person was told, and has been in the room since."""
    return notice.told_at is not None and notice.notified_seq <= side.seen


def count_as_told(room: AbstractRoom, **payload: Any) -> None:
    """Note that nobody is to be told about what is in this room now: it comes from another chat."""
    key, people = str(room.pk), [side.user_id for side in room.sides if side.user_id is not None]
    for channel in [notifier.channel for notifier in get_notifiers()]:
        notices(channel).filter(room_key=key).update(notified_seq=room.head)
        new = [RoomNotice(user_id=user, room_key=key, channel=channel, notified_seq=room.head) for user in people]
        RoomNotice.objects.using(database()).bulk_create(new, ignore_conflicts=True)


def _whole_minute(at: datetime) -> datetime:
    """Return the beginning of this minute, so that one statement is enough for the many that are due in it."""
    return at.replace(second=0, microsecond=0)


def _forget_missing_rooms(channel: str) -> None:
    """Delete what is remembered about rooms that do not exist any more."""
    last = 0
    while True:
        rows = list(notices(channel).filter(pk__gt=last).order_by("pk").values_list("pk", "room_key")[:ROOMS_PER_PART])
        if not rows:
            return
        last = rows[-1][0]
        there = rooms_by_key({key for _, key in rows})
        notices(channel).filter(pk__in=[pk for pk, key in rows if key not in there]).delete()


def rooms_by_key(keys: set[str], *, with_people: bool = False) -> dict[str, Any]:
    """Return the rooms that exist by key."""
    to_python = get_room_model()._meta.pk.to_python
    rooms = all_rooms().filter(pk__in=[to_python(key) for key in keys])
    rooms = rooms.with_people() if with_people else rooms.only("pk")
    return {str(room.pk): room for room in rooms}
