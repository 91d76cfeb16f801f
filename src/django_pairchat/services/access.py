"""Who may see a room: the one place that decides it, for every transport and every act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import router

from .. import get_message_model, get_room_model
from ..conf import conf
from ..exceptions import CannotSend, NotFound
from ..querysets import parse_key

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom, Side


def database() -> str:
    """The alias of the database that rooms and messages are written to."""
    return router.db_for_write(get_room_model())


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
    model = get_room_model()
    pk = parse_key(model, key, "room")
    room: AbstractRoom | None = model._default_manager.with_people().with_last_message().filter(pk=pk).first()
    if room is None:
        raise NotFound
    side_of(room, user)
    return room


def get_message(side: Side, seq: int) -> AbstractMessage:
    """A message that this side can see. Raises ``NotFound``."""
    messages = get_message_model()._default_manager
    message: AbstractMessage | None = messages.visible_to(side).filter(room=side.room.pk, seq=seq).first()
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
