"""Who may see a room: the one place that decides it, for every transport and every act."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.db import router

from .. import get_message_model, get_room_model
from ..conf import conf
from ..exceptions import Busy, CannotSend, NotFound
from ..querysets import MessageQuerySet, RoomQuerySet, parse_key
from .failures import RETRY_BUSY_SECONDS

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom, Side


def database() -> str:
    """The alias of the database that rooms and messages are written to."""
    return router.db_for_write(get_room_model())


def all_rooms() -> RoomQuerySet:
    """Read where they are written: a copy that lags behind looks to a client like a database that lost messages."""
    rooms: RoomQuerySet = get_room_model()._default_manager.using(database())
    return rooms


def all_messages() -> MessageQuerySet:
    messages: MessageQuerySet = get_message_model()._default_manager.using(database())
    return messages


class RoomLocked(Busy):
    """Somebody else has the room's row locked, and the caller does not wait."""


_waits: ContextVar[bool] = ContextVar("pairchat_waits_for_locks", default=True)


@contextmanager
def without_waiting() -> Iterator[None]:
    """Raise ``RoomLocked`` instead of waiting, for a caller whose thread is needed for other rooms meanwhile."""
    token = _waits.set(False)
    try:
        yield
    finally:
        _waits.reset(token)


def lock_rooms(keys: Collection[Any]) -> list[AbstractRoom]:
    """Those of these rooms that are there, in the order of their keys, locked until the end of the transaction."""
    waits = _waits.get()
    rooms = list(all_rooms().locked(keys, skip_locked=not waits))
    if not waits and len(rooms) < len(keys) and all_rooms().filter(pk__in=keys).count() > len(rooms):
        raise RoomLocked(retry_after=RETRY_BUSY_SECONDS)
    return rooms


def lock_room(pk: Any) -> AbstractRoom:
    """Raises ``NotFound`` for a room that has gone."""
    rooms = lock_rooms([pk])
    if not rooms:
        raise NotFound
    return rooms[0]


def side_of(room: AbstractRoom, user: Any) -> Side:
    """This user's side. Raises ``NotFound`` for everybody who is not one of the two."""
    side = room.side(user)
    if side is None:
        raise NotFound
    return side


def get_room(user: Any, key: str) -> AbstractRoom:
    """The room with this key, its people and its last message, in one query.

    Raises ``BadId`` for a key that cannot be one, ``NotFound`` for a room that is not there or not theirs.
    """
    pk = parse_key(get_room_model(), key, "room")
    room: AbstractRoom | None = all_rooms().with_people().with_last_message().filter(pk=pk).first()
    if room is None:
        raise NotFound
    side_of(room, user)
    return room


def get_message(side: Side, seq: int) -> AbstractMessage:
    """A message that this side can see. Raises ``NotFound``."""
    message: AbstractMessage | None = all_messages().visible_to(side).filter(room=side.room.pk, seq=seq).first()
    if message is None:
        raise NotFound
    message.room = side.room
    return message


def is_active(user: Any) -> bool:
    return user is not None and getattr(user, "is_active", True)


def is_open(room: AbstractRoom) -> bool:
    """Whether the two can reach each other at all: nobody has blocked, nobody is gone."""
    return not room.is_blocked and is_active(room.user1) and is_active(room.user2)


def may_send(side: Side) -> bool:
    """Whether this side can write, as far as blocks, accounts and the host's policy go."""
    return is_open(side.room) and conf.policy.can_send(side.user, side.peer.user, side.room)


def require_may_send(side: Side) -> None:
    if not may_send(side):
        raise CannotSend
