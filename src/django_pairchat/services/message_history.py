"""Reading a room: pages of its history, and the read mark."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from ..core.access import database, get_room, lock_room, side_of
from ..core.events import deferred_signal, publish_on_commit, room_changed
from ..core.moments import stored_moment
from ..core.paging import PAGE_SIZE, Page, page_of, seq_at
from ..core.references import MessageRef, RoomRef, message_seq, optional_seq
from ..core.transactions import retry_on_conflict
from ..core.visibility import shows_read_marks
from ..policy import get_policy
from ..signals import room_read

if TYPE_CHECKING:
    from ..base_models import AbstractRoom
    from ..model_parts.side import Side


def history(
    user: Any,
    room: RoomRef,
    *,
    before: MessageRef | None = None,
    after: MessageRef | None = None,
    around: MessageRef | None = None,
    at: datetime | None = None,
    at_unread: bool = False,
    limit: int = PAGE_SIZE,
) -> Page:
    """Return a page of messages before, after or around one, by default the newest page. At most three queries.

    With ``at`` it is the page around the first message of that time or later, or around the last one if there is none
    later. That takes a query more for each 200-fold of messages in the room.

    With ``at_unread`` it is the page around the first unread message if the newest page does not reach back to it (four
    queries if that is because the messages are large).

    Raises ``BadId`` for a malformed key, ``NotFound`` for a room that does not exist or that is not the user's.
    """
    side = side_of(get_room(user, room), user)
    return page_of(
        side,
        before=optional_seq(before, side.room),
        after=optional_seq(after, side.room),
        around=optional_seq(around, side.room) if at is None else seq_at(side, stored_moment(at, "at")),
        at_unread=at_unread,
        limit=limit,
    )


def find_date(user: Any, room: RoomRef, moment: datetime) -> int:
    """Return the ``seq`` of the first message of that time or later, of the last one if there is none later.

    It is 0 in a room that shows no messages to the user.

    Raises ``BadId`` for a malformed key, ``NotFound`` for a room that does not exist or that is not the user's.
    """
    side = side_of(get_room(user, room), user)
    return seq_at(side, stored_moment(moment, "at"))


def mark_read(user: Any, room: RoomRef, message: MessageRef) -> AbstractRoom:
    """Move the user's read mark up to this message, never back and never beyond the last message, and return the room.

    Raises ``BadId`` for a malformed key, ``NotFound`` for a room that does not exist or that is not the user's.
    """
    current = get_room(user, room)
    seq = message_seq(message, current)
    side = side_of(current, user)
    if min(seq, current.head) <= side.read and not side.marked_unread:
        return current
    side, shows_more = _move_read(user, current.pk, seq)
    crosses = shows_more and shows_read_marks(side_of(current, user).user)
    users = None if crosses else [user.pk]
    signal = deferred_signal(room_read, type(current), room=side.room, user=user, seq=side.read)
    publish_on_commit([room_changed(side.room, users)], signal)
    return get_room(user, current)


def mark_delivered(user: Any, room: RoomRef, message: MessageRef) -> None:
    """Note that a device of the user has got the messages up to this one. It never moves back.

    Nothing is written that the peer may not see: during a block, or where the policy keeps it private. Reading says the
    same, so a client that reads at once need not call it.

    Raises ``BadId`` for a malformed key, ``NotFound`` for a room that does not exist or that is not the user's.
    """
    current = get_room(user, room)
    seq = min(message_seq(message, current), current.head)
    side = side_of(current, user)
    if seq <= side.delivered_shown or current.is_blocked:
        return
    if not (shows_read_marks(side.user) and get_policy().shows_delivered(user)):
        return
    moved = _move_delivered(user, current.pk, seq)
    if moved is not None:
        publish_on_commit([room_changed(moved.room, [moved.peer.user_id])])


@retry_on_conflict
def _move_delivered(user: Any, pk: Any, seq: int) -> Side | None:
    """Return the user's side after the change, ``None`` if another request was faster."""
    with transaction.atomic(using=database()):
        side = side_of(lock_room(pk), user)
        if seq <= side.delivered_shown or side.room.is_blocked:
            return None
        side.delivered = seq
        side.room.save(using=database(), update_fields=[side.column_name("delivered")])
    return side


@retry_on_conflict
def _move_read(user: Any, pk: Any, seq: int) -> tuple[Side, bool]:
    """Return the user's side after the change, and whether the read mark that the peer may see has moved."""
    with transaction.atomic(using=database()):
        side = side_of(lock_room(pk), user)
        shown = side.read_shown
        side.advance_read(seq)
        side.refresh_unread()
        names = ("read", "read_shown", "marked_unread", "has_unread")
        side.room.save(using=database(), update_fields=[side.column_name(name) for name in names])
    return side, side.read_shown != shown
