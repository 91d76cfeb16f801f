"""Search in the user's own messages: literal, newest first, without cleared and deleted messages.

One page takes about a second at most. The page has the matches of that time, perhaps none, and its cursor continues the
search from there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.db.models import F, Q

from ..core.access import all_messages, database, get_room, side_of
from ..core.answer_size import fit_to_size, message_bytes
from ..core.cursors import beyond, cursor_of, cursor_of_seq, seq_of
from ..core.error_handling import RETRY_BUSY_SECONDS
from ..core.one_at_a_time import OneAtATime
from ..core.references import RoomRef
from ..core.search_pattern import folded, pattern_of
from ..exceptions import BadRequest, Busy
from ..node import NodePart, get_node
from ..querysets import MessageQuerySet
from ..utils.statement_timeout import StatementTimeout, statement_timeout

if TYPE_CHECKING:
    from ..base_models import AbstractMessage
    from ..model_parts.side import Side

PAGE_SIZE: Final = 20
READ_ON_AT_ONCE: Final = 1_000
"""Rows per query after the first ones, if some of those did not match."""


SECONDS_FOR_ALL: Final = 0.6
SECONDS_PER_STEP: Final = 1.0
SECONDS_PER_STATEMENT: Final = 3.0

BY_STEPS: Final = "-"
"""The prefix of a cursor whose search continues by steps, because one statement for all messages took too long."""

search_slots = NodePart(OneAtATime)


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of matches. ``next`` is the cursor of the following page, ``None`` on the last."""

    messages: list[AbstractMessage]
    next: str | None


def search(
    user: Any, query: str, *, room: RoomRef | None = None, before: str | None = None, limit: int = PAGE_SIZE
) -> SearchPage:
    """Return the user's messages that contain ``query``, in one room or in all. Upper and lower case are the same.

    A page may hold fewer messages than ``limit``, or none, and have a ``next``. In that case not all messages could be
    searched in about a second, and the next page continues from there.

    Raises ``BadRequest`` for a cursor that no earlier page gave, and ``NotFound`` for a room that is not the user's.
    Raises ``Busy`` if the database takes too long, or if another search of this user is still running after a second.
    """
    matches = Matches(query, limit)
    with search_slots().enter(user.pk, get_node().options.search_patience_seconds):
        try:
            return _everywhere(matches, user, before) if room is None else find_in_room(matches, user, room, before)
        except StatementTimeout:
            raise Busy(retry_after=RETRY_BUSY_SECONDS) from None


@dataclass
class Matches:
    """The matches of one page, collected until the page is full or its time is over."""

    query: str
    limit: int
    wanted: str = field(init=False)
    messages: list[AbstractMessage] = field(init=False, default_factory=list)
    ends: float = field(init=False)
    step: int = field(init=False)

    def __post_init__(self) -> None:
        self.step = get_node().options.search_step
        self.wanted = folded(self.query)
        self.ends = time.monotonic() + get_node().options.search_page_seconds

    def among(self, messages: MessageQuerySet) -> MessageQuerySet:
        return messages.mentioning(pattern_of(self.query))

    def read(self, messages: MessageQuerySet) -> list[AbstractMessage] | None:
        """Return what the database finds in one step, or ``None`` after shortening the step if it took too long.

        Raises ``StatementTimeout`` if the step was short already.
        """
        is_short = self.step <= get_node().options.search_short_step
        try:
            with statement_timeout(SECONDS_PER_STATEMENT if is_short else SECONDS_PER_STEP, database()):
                return list(messages)
        except StatementTimeout:
            if is_short:
                raise
            self.step = get_node().options.search_short_step
            return None

    def take(self, messages: list[AbstractMessage]) -> None:
        # The database may compare letters by its own rules. This comparison makes the result the same on all of them.
        self.messages.extend(message for message in messages if self.fits(message))

    def fits(self, message: AbstractMessage) -> bool:
        return self.wanted in folded(message.content)

    @property
    def is_over(self) -> bool:
        return len(self.messages) > self.limit or time.monotonic() > self.ends

    @cached_property
    def shown(self) -> list[AbstractMessage]:
        """The messages of the page, as many as its limit and its size allow. Only read after the last :meth:`take`."""
        return fit_to_size(self.messages[: self.limit], message_bytes)

    @property
    def last(self) -> AbstractMessage | None:
        """The last message of the page, if there are more than fit on it."""
        return self.shown[-1] if len(self.messages) > len(self.shown) else None

    def page(self, cursor: str | None) -> SearchPage:
        return SearchPage(self.shown, cursor)


def find_in_room(matches: Matches, user: Any, room: RoomRef, before: str | None) -> SearchPage:
    """Search one room by ``seq``, which has an index: each statement looks at ``search_step`` messages at most."""
    side = side_of(get_room(user, room), user)
    first = side.cleared + 1
    end = side.room.head + 1 if before is None else min(_end_of(before, side), side.room.head + 1)
    messages = matches.among(all_messages().filter(room=side.room.pk)).order_by("-seq")
    at_once = get_node().options.search_read_at_once
    while end > first:
        begin = max(end - matches.step, first)
        read = matches.read(messages.filter(seq__gte=begin, seq__lt=end)[:at_once])
        if read is None:
            continue
        matches.take(read)
        end = read[-1].seq if len(read) == at_once else begin
        if matches.is_over:
            break
    for message in matches.messages:
        message.room = side.room
    if matches.last is not None:
        end = matches.last.seq
    return matches.page(cursor_of_seq(end) if end > first else None)


def _end_of(before: str, side: Side) -> int:
    """Return the ``seq`` before which to search. A cursor of a search in all rooms is valid in one room, too."""
    try:
        return seq_of(before)
    except BadRequest:
        messages = all_messages().filter(room=side.room.pk)
        rest = messages.filter(beyond(before.removeprefix(BY_STEPS), messages.model, "created_at"))
        newest: int | None = rest.order_by("-seq").values_list("seq", flat=True).first()
        return 0 if newest is None else newest + 1


def _everywhere(matches: Matches, user: Any, before: str | None) -> SearchPage:
    own = all_messages().filter(
        Q(room__user1=user, seq__gt=F("room__user1_cleared")) | Q(room__user2=user, seq__gt=F("room__user2_cleared"))
    )
    own = own.order_by("-created_at", "-pk")
    if before is None or not before.startswith(BY_STEPS):
        try:
            return _all_at_once(matches, own, before)
        except StatementTimeout:
            matches = Matches(matches.query, matches.limit)
    return _by_steps(matches, own, before and before.removeprefix(BY_STEPS))


def _after(cursor: str | None, messages: MessageQuerySet) -> MessageQuerySet:
    return messages if cursor is None else messages.filter(beyond(cursor, messages.model, "created_at"))


def _place_of(message: AbstractMessage) -> str:
    return cursor_of(message.created_at, message.pk)


def _all_at_once(matches: Matches, own: MessageQuerySet, cursor: str | None) -> SearchPage:
    """Search all rooms. No index has this order, so every statement looks at all messages that the user can read."""
    messages = matches.among(own).select_related("room__user1", "room__user2")
    at_once = get_node().options.search_read_at_once
    while True:
        with statement_timeout(SECONDS_FOR_ALL, database()):
            read = list(_after(cursor, messages)[:at_once])
        matches.take(read)
        cursor = _place_of(read[-1]) if len(read) == at_once else None
        if cursor is None or matches.is_over:
            break
        at_once = READ_ON_AT_ONCE
    return matches.page(cursor if matches.last is None else _place_of(matches.last))


def _by_steps(matches: Matches, own: MessageQuerySet, cursor: str | None) -> SearchPage:
    """Search the texts of one step at a time. Finding out which these are costs much less than their texts."""
    while True:
        step, end = _step(own, cursor, matches.step)
        read = matches.read(matches.among(step).select_related("room__user1", "room__user2")[:READ_ON_AT_ONCE])
        if read is None:
            continue
        matches.take(read)
        cursor = _place_of(read[-1]) if len(read) == READ_ON_AT_ONCE else end
        if cursor is None or matches.is_over:
            break
    if matches.last is not None:
        cursor = _place_of(matches.last)
    return matches.page(cursor and BY_STEPS + cursor)


def _step(own: MessageQuerySet, cursor: str | None, count: int) -> tuple[MessageQuerySet, str | None]:
    """Return the next ``count`` messages to search and the cursor of the last of them, ``None`` if no more follow."""
    rest = _after(cursor, own)
    with statement_timeout(SECONDS_PER_STATEMENT, database()):
        last = next(iter(rest.values_list("created_at", "pk")[count - 1 : count]), None)
    if last is None:
        return rest, None
    moment, key = last
    return rest.filter(Q(created_at__gt=moment) | Q(created_at=moment, pk__gte=key)), cursor_of(moment, key)
