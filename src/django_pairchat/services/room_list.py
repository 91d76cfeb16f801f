"""A user's rooms, pinned ones first, then by last message, and the number of those with unread messages."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q

from ..base_models import AbstractRoom
from ..core.access import all_rooms, get_room, is_active, side_of
from ..core.answer_size import fit_to_size, room_bytes
from ..core.cursors import beyond, cursor_of
from ..core.serializers import digest_of, peers_of, room_objects, without_translation
from ..core.shown_topics import stored_columns
from ..core.topics import topic_of
from ..exceptions import BadRequest
from ..querysets import flags

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import Model

    from ..core.references import RoomRef
    from ..model_parts.side import Side
    from ..querysets import RoomQuerySet


PAGE_SIZE: Final = 20


UNREAD_ROOMS_LIMIT: Final = 100

AMONG_PINNED: Final = "."
"""The prefix of a cursor whose page continues among the pinned rooms."""


class Inbox:
    """One page of a user's rooms: pinned ones first, then by last message, newest first.

    It has fewer rooms than requested if they would take more than 512 KiB. ``next`` is the cursor of the following
    page, ``None`` on the last. ``unread_rooms`` stops counting at 100.
    """

    def __init__(
        self, user: Any, rooms: list[AbstractRoom], next_cursor: str | None, *, newest: list[AbstractRoom] | None
    ) -> None:
        self.user = user
        self.rooms = rooms
        self.next = next_cursor
        self._newest = newest

    @cached_property
    def unread_rooms(self) -> int:
        return unread_rooms(self.user)

    @cached_property
    def objects(self) -> list[dict[str, Any]]:
        """The room objects of this page, as the protocol describes them."""
        return room_objects(self.rooms, self.user)

    @cached_property
    def state(self) -> str:
        """An opaque digest of the current newest page. On another page this reads the newest page first."""
        newest = self._newest
        if newest is None or len(newest) > len(self.rooms):
            return inbox_state(self.user, newest, self.unread_rooms)
        return _inbox_state(self.user, newest, [shown["peer"] for shown in self.objects[:PAGE_SIZE]], self.unread_rooms)


def inbox(
    user: Any,
    *,
    before: str | None = None,
    limit: int = PAGE_SIZE,
    archived: bool = False,
    unread: bool = False,
    about: Model | RoomRef | None = None,
) -> Inbox:
    """Return a page of the user's rooms, pinned ones first. A room without messages is listed for its opener only.

    With ``unread`` it has only rooms with unread messages, and those that are marked as unread. With ``about`` it has
    only rooms about one object: the object itself, or a room of the user's that is about it.

    Raises ``BadRequest`` for a cursor that no earlier page gave, or a room about nothing. Raises ``BadId`` and
    ``NotFound`` for a room that is not the user's.
    """
    rooms = _listed(_about(user, about), user, before, limit + 1, archived=archived, unread=unread)
    shown = fit_to_size(rooms[:limit], room_bytes)
    last = shown[-1] if len(rooms) > len(shown) else None
    next_cursor = None if last is None else _cursor_after(side_of(last, user))
    is_newest = before is None and about is None and not (archived or unread) and limit >= PAGE_SIZE
    return Inbox(user, shown, next_cursor, newest=rooms[:PAGE_SIZE] if is_newest else None)


def _about(user: Any, about: Model | RoomRef | None) -> RoomQuerySet:
    rooms = all_rooms()
    if about is None:
        return rooms
    if not isinstance(about, str | AbstractRoom):
        return rooms.about(about)
    room = get_room(user, about)
    if room.topic_type_id is None:
        raise BadRequest(field="about")
    topic = topic_of(room)
    if topic is None:
        # It is gone, or its app is, and the rooms about it are still there.
        return rooms.filter(topic_type=room.topic_type_id, topic_key=room.topic_key)
    return rooms.about(topic)


def _cursor_after(side: Side) -> str:
    cursor = cursor_of(side.room.last_message_at, side.room.pk)
    return AMONG_PINNED + cursor if side.pinned else cursor


def inbox_state(user: Any, newest: list[AbstractRoom] | None = None, unread: int | None = None) -> str:
    """Return the ``state`` that :func:`inbox` would have now. What is not given is read."""
    if newest is None:
        newest = _listed(all_rooms(), user, None, PAGE_SIZE)
    return _inbox_state(user, newest, peers_of(newest, user), unread_rooms(user) if unread is None else unread)


def _listed(
    rooms: RoomQuerySet, user: Any, before: str | None, limit: int, *, archived: bool = False, unread: bool = False
) -> list[AbstractRoom]:
    """Return a page of the user's among these rooms. Merge two index scans, one for each side the user can be on."""
    rooms = rooms.with_people().with_last_message()
    opened = rooms.filter(flags(user1_archived=archived), user1=user)
    invited = rooms.filter(flags(user2_archived=archived), user2=user, head__gt=0)
    if unread:
        opened, invited = opened.filter(flags(user1_has_unread=True)), invited.filter(flags(user2_has_unread=True))
    opened = _from_place(opened, "user1_pinned", before)[:limit]
    invited = _from_place(invited, "user2_pinned", before)[:limit]
    return _merged(user, [*opened, *invited])[:limit]


def _from_place(rooms: RoomQuerySet, pinned: str, before: str | None) -> RoomQuerySet:
    """Return the rooms of one side in the order of the list, from this cursor on. ``pinned`` is the side's column."""
    rooms = rooms.order_by(f"-{pinned}", "-last_message_at", "-pk")
    if before is None:
        return rooms
    rest = beyond(before.removeprefix(AMONG_PINNED), rooms.model, "last_message_at")
    if before.startswith(AMONG_PINNED):
        return rooms.filter(Q(**{pinned: False}) | rest)
    return rooms.filter(rest, flags(**{pinned: False}))


def _merged(user: Any, rooms: list[AbstractRoom]) -> list[AbstractRoom]:
    """Sort rooms: pinned ones first, then newest first.

    Rooms with equal times are in the order of their keys in the database, not in Python.
    """
    times = Counter(room.last_message_at for room in rooms)
    tied = [room.pk for room in rooms if times[room.last_message_at] > 1]
    ordered = all_rooms().filter(pk__in=tied).order_by("pk").values_list("pk", flat=True)
    rank = {pk: number for number, pk in enumerate(ordered)} if tied else {}

    def place(room: AbstractRoom) -> tuple[bool, datetime, int]:
        return side_of(room, user).pinned, room.last_message_at, rank.get(room.pk, 0)

    return sorted(rooms, key=place, reverse=True)


def _inbox_state(user: Any, newest: list[AbstractRoom], peers: list[dict[str, Any]], unread: int) -> str:
    people = [without_translation(peer) | {"read": None, "delivered": None} for peer in peers]
    return digest_of([unread, people, *(_row_state(side_of(room, user)) for room in newest)])


def _row_state(side: Side) -> list[Any]:
    room = side.room
    own = [side.read, side.cleared, side.muted_until, side.archived, side.pinned, side.marked_unread, side.blocked]
    return [room.pk, room.epoch, room.rev, room.is_blocked, is_active(side.peer.user), *own, stored_columns(room)]


def unread_rooms(user: Any) -> int:
    """Return the number of the user's rooms with unread messages, without archived ones. It stops counting at 100."""
    if user.pk is None:
        return 0
    opened = Q(flags(user1_has_unread=True, user1_archived=False), user1=user)
    waiting = opened | Q(flags(user2_has_unread=True, user2_archived=False), user2=user, head__gt=0)
    return all_rooms().filter(waiting).order_by()[:UNREAD_ROOMS_LIMIT].count()
