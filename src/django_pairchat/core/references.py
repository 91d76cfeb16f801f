"""How a caller names a room and a message: the one place that accepts an instance as well as its key or ``seq``."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from .. import get_message_model, get_room_model
from ..exceptions import NotFound

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom

RoomRef: TypeAlias = "AbstractRoom | str"
"""A room, or the text of its primary key: ``str(room.pk)``."""

MessageRef: TypeAlias = "AbstractMessage | int"
"""A message, or its ``seq``. Every function that takes one takes its room, too."""


def room_key(room: RoomRef) -> str:
    """Return the text of the room's primary key. It may be malformed, if that is what was given.

    Raises ``TypeError`` for anything but a stored room or a ``str``.
    """
    if isinstance(room, str):
        return room
    if not isinstance(room, get_room_model()):
        raise TypeError(
            f"{room!r} is not a room: use open_room(), or get_room(user, key). A key is a str, as in a URL: str(pk)."
        )
    # A UUID is there before the room is stored, and a deleted room has lost its key.
    if room._state.adding or room.pk is None:
        raise TypeError("This room is not stored: use open_room().")
    return str(room.pk)


def message_seq(message: MessageRef, room: RoomRef) -> int:
    """Return the message's ``seq``. Raises ``NotFound`` for a message of another room, ``TypeError`` for anything else.

    Whether the room has a message with this ``seq`` is for the caller to find out.
    """
    if isinstance(message, get_message_model()):
        if str(message.room_id) != room_key(room):
            raise NotFound
        return message.seq
    if not isinstance(message, int):
        raise TypeError(f"{message!r} is neither a message nor its seq, which is an int.")
    return message


def optional_seq(message: MessageRef | None, room: RoomRef) -> int | None:
    return None if message is None else message_seq(message, room)
