"""Pages of a room's messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, OuterRef

from .. import get_star_model
from ..querysets import MessageQuerySet
from .access import all_messages
from .answer_size import ANSWER_LIMIT_BYTES, fit_to_size, message_bytes

if TYPE_CHECKING:
    from datetime import datetime

    from ..base_models import AbstractMessage, AbstractRoom
    from ..model_parts.side import Side


PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a room's messages, ascending by ``seq``. ``epoch`` and ``rev`` were read before the messages.

    It has fewer messages than requested if they would take more than 512 KiB. As on any other page, ``has_before`` or
    ``has_after`` then tells that there are more.
    """

    room: AbstractRoom
    messages: list[AbstractMessage]
    has_before: bool
    has_after: bool

    @property
    def epoch(self) -> str:
        return self.room.epoch

    @property
    def rev(self) -> int:
        return self.room.rev


STARRED: Final = "pairchat_starred"
"""The annotation of a message that the reader has starred. The prefix prevents a conflict with a column of the host."""


def is_starred(message: AbstractMessage) -> bool:
    """Return whether the reader has starred this message of a page, and it is not deleted."""
    return bool(getattr(message, STARRED, False)) and not message.is_deleted


def _with_stars(messages: MessageQuerySet, user: Any) -> MessageQuerySet:
    """Find out in the same query which of the messages this user has starred."""
    model = get_star_model()
    if model is None:
        return messages
    own = model._default_manager.filter(user=user, message=OuterRef("pk"))
    return messages.annotate(**{STARRED: Exists(own)})


SAMPLES: Final = 200
"""Messages that one step of :func:`seq_at` looks at. Three steps are enough for eight million messages."""


def seq_at(side: Side, moment: datetime) -> int:
    """Return the first ``seq`` that this side sees of that time or later, the last one if all are earlier.

    It is 0 if this side sees no messages. Times have no index of their own, but ascend with ``seq``, which has one:
    each step looks at evenly spaced messages and continues between two of them.
    """
    first, end = side.cleared + 1, side.room.head + 1
    if first == end:
        return 0
    while first < end:
        points = range(first, end, -(-(end - first) // SAMPLES))
        times = dict(all_messages().filter(room=side.room.pk, seq__in=points).values_list("seq", "created_at"))
        # Of a room's messages only the oldest may be missing.
        later = next((seq for seq in points if seq in times and times[seq] >= moment), None)
        last_earlier = points[-1] if later is None else later - points.step
        first, end = max(first, last_earlier + 1), end if later is None else later
    return min(first, side.room.head)


def visible_messages(side: Side) -> MessageQuerySet:
    return all_messages().filter(room=side.room.pk).visible_to(side)


def with_room(messages: Iterable[AbstractMessage], room: AbstractRoom) -> list[AbstractMessage]:
    loaded = list(messages)
    for message in loaded:
        message.room = room
    return loaded


def page_of(
    side: Side,
    *,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    at_unread: bool = False,
    limit: int = PAGE_SIZE,
    limit_bytes: int = ANSWER_LIMIT_BYTES,
) -> Page:
    first_unread = side.read_or_cleared + 1
    if at_unread and side.room.head - first_unread >= limit:
        around = first_unread
    if after is not None:
        return _page_after(side, after, limit)
    if around is not None:
        return _page_around(side, around, limit)
    older = _before(side, side.room.head + 1 if before is None else before, limit + 1)
    kept = fit_to_size(older[:limit], message_bytes, limit_bytes)
    messages = with_room(reversed(kept), side.room)
    last = messages[-1].seq if messages else (before or 1) - 1
    has_after = before is not None and side.room.head > max(last, side.cleared)
    if at_unread and len(older) > len(kept) and messages and messages[0].seq > first_unread:
        # Large messages: fewer of them make a page.
        return _page_around(side, first_unread, limit)
    return Page(side.room, messages, len(older) > len(kept), has_after)


def _before(side: Side, seq: int, limit: int) -> list[AbstractMessage]:
    """Return the messages before this one, the newest first.

    Only the oldest of a room are ever missing, unless a host has deleted others, so these are the next numbers. Without
    a bound on both sides MariaDB reads everything newer, too; of two on one side SQLite may take the wrong one.
    """
    first = max(side.cleared + 1, seq - limit)
    messages = _shown_to(side).order_by("-seq")
    near = list(messages.filter(seq__gte=first, seq__lt=seq))
    if len(near) < limit and first > side.cleared + 1 and messages.filter(seq__gt=side.cleared, seq__lt=first).exists():
        return list(messages.filter(seq__gt=side.cleared, seq__lt=seq)[:limit])
    return near


def _from(side: Side, seq: int, limit: int) -> list[AbstractMessage]:
    """Return the messages from this one on, the oldest first. They are sought as in :func:`_before`."""
    first = max(side.cleared + 1, seq)
    messages = _shown_to(side).order_by("seq")
    near = list(messages.filter(seq__gte=first, seq__lt=first + limit))
    if len(near) < limit and first + limit <= side.room.head:
        return list(messages.filter(seq__gte=first)[:limit])
    return near


def _shown_to(side: Side) -> MessageQuerySet:
    """Return the messages of the room, also cleared ones, each with whether this side has starred it."""
    return _with_stars(all_messages().filter(room=side.room.pk), side.user_id)


def _page_after(side: Side, after: int, limit: int) -> Page:
    newer = _from(side, after + 1, limit + 1)
    kept = fit_to_size(newer[:limit], message_bytes)
    # Ordered, because PostgreSQL may else look for any of them through the whole table.
    has_before = bool(visible_messages(side).filter(seq__lte=after).order_by("seq").values_list("seq")[:1])
    return Page(side.room, with_room(kept, side.room), has_before, len(newer) > len(kept))


def _page_around(side: Side, around: int, limit: int) -> Page:
    newer = _from(side, around, limit + 1)
    older = _before(side, around, limit + 1)
    wanted_older = max(limit // 2, limit - len(newer))
    kept_older = older[:wanted_older]
    kept_newer = newer[: limit - len(kept_older)]
    nearest_first = [each for pair in zip_longest(kept_newer, kept_older) for each in pair if each is not None]
    kept = fit_to_size(nearest_first, message_bytes)
    messages = with_room(sorted(kept, key=attrgetter("seq")), side.room)
    count_older = sum(message.seq < around for message in kept)
    return Page(side.room, messages, len(older) > count_older, len(newer) > len(kept) - count_older)
