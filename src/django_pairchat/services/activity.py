"""How much is written: messages, new chats and first answers between moments, without reading the messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final, NamedTuple

from django.db.models import OuterRef, Subquery

from ..core.access import all_messages, all_rooms

ROOMS_AT_ONCE: Final = 500
ANSWER_WITHIN: Final = 200
"""The first answer is looked for among so many messages of a room."""
PREFIX: Final = "pairchat_"
"""Begins the name of each annotation, so that none conflicts with a column of the host."""


class RoomActivity(NamedTuple):
    """The messages of one room in each of some periods.

    ``begun_in`` is the period with the first message, ``answered_in`` that with the first message of the other person,
    which came ``answer_seconds`` after it; both are ``None`` if it is none of them.
    """

    room: Any
    messages: list[int]
    begun_in: int | None
    answered_in: int | None
    answer_seconds: float | None


def activity(moments: Sequence[datetime], *, rooms_limit: int | None = None) -> Iterator[RoomActivity]:
    """Yield each room that was written in since the first of these ascending moments.

    The periods are those between one moment and the next. Messages are counted by their numbers, so one with a time
    before that of its predecessor counts as written at the same time as that. Rooms are read in parts of 500, each with
    one query that looks at no message older than the first moment, but for the first answer.
    """
    candidates = all_rooms().filter(last_message_at__gte=moments[0], head__gt=0).order_by("pk")
    last, seen = None, 0
    while rooms_limit is None or seen < rooms_limit:
        part = candidates if last is None else candidates.filter(pk__gt=last)
        size = ROOMS_AT_ONCE if rooms_limit is None else min(ROOMS_AT_ONCE, rooms_limit - seen)
        rooms = list(part.annotate(**_annotations(moments))[:size])
        if not rooms:
            return
        last, seen = rooms[-1].pk, seen + len(rooms)
        for room in rooms:
            yield _activity_of(room, moments)


def _annotations(moments: Sequence[datetime]) -> dict[str, Any]:
    messages = all_messages().filter(room=OuterRef("pk"))
    by_number = messages.order_by("seq")
    beginning = by_number.filter(seq__lte=ANSWER_WITHIN)
    return {
        f"{PREFIX}first_seq": Subquery(by_number.values("seq")[:1]),
        f"{PREFIX}first_at": Subquery(by_number.values("created_at")[:1]),
        **{f"{PREFIX}side{side}_at": Subquery(beginning.filter(side=side).values("created_at")[:1]) for side in (1, 2)},
        **{
            f"{PREFIX}before{number}": Subquery(
                messages.filter(created_at__lt=moment).order_by("-seq").values("seq")[:1]
            )
            for number, moment in enumerate(moments)
        },
    }


def _activity_of(room: Any, moments: Sequence[datetime]) -> RoomActivity:
    first_seq: int | None = getattr(room, f"{PREFIX}first_seq")
    if first_seq is None:
        return RoomActivity(room, [0] * (len(moments) - 1), None, None, None)
    # Without a message before a moment, what came before was pruned, or there was nothing.
    before = [getattr(room, f"{PREFIX}before{number}") or first_seq - 1 for number in range(len(moments))]
    messages = [after - earlier for earlier, after in pairwise(before)]
    if first_seq != 1:
        return RoomActivity(room, messages, None, None, None)
    begun_in = _period_of(getattr(room, f"{PREFIX}first_at"), moments)
    wrote = [getattr(room, f"{PREFIX}side{side}_at") for side in (1, 2)]
    if None in wrote:
        return RoomActivity(room, messages, begun_in, None, None)
    answered_in = _period_of(max(wrote), moments)
    seconds = None if answered_in is None else (max(wrote) - min(wrote)).total_seconds()
    return RoomActivity(room, messages, begun_in, answered_in, seconds)


def _period_of(at: datetime, moments: Sequence[datetime]) -> int | None:
    return next(
        (number for number, end in enumerate(moments[1:]) if moments[number] <= at < end),
        None,
    )


class Count(NamedTuple):
    """A number, or a limit that counting stopped at: then ``is_least`` is set."""

    number: int
    is_least: bool = False

    def __str__(self) -> str:
        return f"at least {self.number}" if self.is_least else str(self.number)


def counted(queryset: Any, limit: int) -> Count:
    """Count the rows, but not beyond this limit: it is one query that reads at most one row more."""
    number = queryset.order_by().values("pk")[: limit + 1].count()
    return Count(limit, is_least=True) if number > limit else Count(number)
