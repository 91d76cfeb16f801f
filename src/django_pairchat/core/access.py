"""Access to rooms: the one place that decides who may see a room and who may write there, for every transport."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.db import router

from .. import get_message_model, get_room_model
from ..exceptions import Busy, CannotSend, NotFound
from ..policy import get_policy
from ..querysets import MessageQuerySet, RoomQuerySet, parse_key
from .error_handling import RETRY_BUSY_SECONDS
from .references import MessageRef, RoomRef, message_seq, room_key
from .restrictions import require_unrestricted, restricted_until

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom
    from ..model_parts.side import Side


def database() -> str:
    """Return the alias of the database that rooms and messages are written to."""
    return router.db_for_write(get_room_model())


def all_rooms() -> RoomQuerySet:
    """Return all rooms, from the write database: a lagging replica would look like lost messages."""
    rooms: RoomQuerySet = get_room_model()._default_manager.using(database())
    return rooms


def all_messages() -> MessageQuerySet:
    messages: MessageQuerySet = get_message_model()._default_manager.using(database())
    return messages


class RoomLocked(Busy):
    """The room's row is locked by another transaction, and the caller does not wait."""


_waits: ContextVar[bool] = ContextVar("pairchat_waits_for_locks", default=True)


@contextmanager
def without_waiting() -> Iterator[None]:
    """Raise ``RoomLocked`` instead of waiting, for a caller whose thread has other rooms to serve."""
    token = _waits.set(False)
    try:
        yield
    finally:
        _waits.reset(token)


def lock_rooms(keys: Collection[Any]) -> list[AbstractRoom]:
    """Lock the rooms that exist until the end of the transaction, and return them in the order of their keys.

    Raises ``RoomLocked`` within :func:`without_waiting` if another transaction holds one of them.
    """
    waits = _waits.get()
    rooms = list(all_rooms().locked(keys, skip_locked=not waits))
    if not waits and len(rooms) < len(keys) and all_rooms().filter(pk__in=keys).count() > len(rooms):
        raise RoomLocked(retry_after=RETRY_BUSY_SECONDS)
    return rooms


def lock_room(pk: Any) -> AbstractRoom:
    """Lock one room and return it. Raises ``NotFound`` if it was deleted."""
    rooms = lock_rooms([pk])
    if not rooms:
        raise NotFound
    return rooms[0]


def side_of(room: AbstractRoom, user: Any) -> Side:
    """Return the user's side of the room. Raises ``NotFound`` for a non-member."""
    side = room.side(user)
    if side is None:
        raise NotFound
    return side


def get_room(user: Any, room: RoomRef) -> AbstractRoom:
    """Return the room as it is now, its people and its last message, in one query.

    Raises ``BadId`` for a malformed key, ``NotFound`` for a room that does not exist or that is not the user's.
    """
    pk = parse_key(get_room_model(), room_key(room), "room")
    found: AbstractRoom | None = all_rooms().with_people().with_last_message().filter(pk=pk).first()
    if found is None:
        raise NotFound
    side_of(found, user)
    return found


def get_message(side: Side, message: MessageRef) -> AbstractMessage:
    """Return a message as it is now, if this side can see it. Raises ``NotFound``."""
    found = find_message(side, message)
    if found.seq <= side.cleared:
        raise NotFound
    return found


def find_message(side: Side, message: MessageRef) -> AbstractMessage:
    """Return a message of the side's room as it is now, even if no side can see it. Raises ``NotFound``."""
    seq = message_seq(message, side.room)
    found: AbstractMessage | None = all_messages().filter(room=side.room.pk, seq=seq).first()
    if found is None:
        raise NotFound
    found.room = side.room
    return found


def is_active(user: Any) -> bool:
    return user is not None and getattr(user, "is_active", True)


def is_open(room: AbstractRoom) -> bool:
    """Return whether neither person has blocked the other and both accounts are active."""
    return not room.is_blocked and is_active(room.user1) and is_active(room.user2)


def may_send(side: Side) -> bool:
    """Return whether suspensions, blocks, accounts and the host's policy allow this side to write."""
    if restricted_until(side.user) is not None:
        return False
    return is_open(side.room) and get_policy().can_send(side.user, side.peer.user, side.room)


def require_may_send(side: Side) -> None:
    """Raise ``CannotSend`` if this side may not write, ``Suspended`` if that holds for all rooms until a time."""
    require_unrestricted(side.user)
    if not may_send(side):
        raise CannotSend
