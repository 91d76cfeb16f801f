"""Rooms and messages as the JSON objects that the protocol sends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import get_room_model
from ..core import serializers
from ..core.access import all_messages, all_rooms
from ..core.references import MessageRef, RoomRef, message_seq, room_key
from ..exceptions import NotFound
from ..querysets import parse_key


def room_objects(rooms: Sequence[RoomRef], user: Any) -> list[dict[str, Any]]:
    """Return the room objects as ``user`` sees them. All keys among ``rooms`` together take one query.

    Rooms that are given as instances must come from ``with_people().with_last_message()``. Raises ``BadId`` for a
    malformed key, ``NotFound`` for a room that does not exist or that is not the user's.
    """
    model = get_room_model()
    wanted = {parse_key(model, room_key(room), "room") for room in rooms if not isinstance(room, model)}
    found = {}
    if wanted:
        queryset = all_rooms().with_people().with_last_message().filter(pk__in=wanted)
        found = {str(room.pk): room for room in queryset}
        if len(found) < len(wanted):
            raise NotFound
    loaded = [room if isinstance(room, model) else found[room_key(room)] for room in rooms]
    return serializers.room_objects(loaded, user)


def room_object(room: RoomRef, user: Any) -> dict[str, Any]:
    """Return the room object as ``user`` sees it, as :func:`room_objects` does for many."""
    return room_objects([room], user)[0]


def message_object(message: MessageRef, room: RoomRef | None = None) -> dict[str, Any]:
    """Return the message object, which is the same for both people. Who may see it is for the caller to decide.

    ``room`` is needed for a ``seq`` only. The room of an instance must be loaded. Raises ``BadId`` for a malformed key,
    ``NotFound`` if there is no such message in this room.
    """
    if room is None:
        if isinstance(message, int):
            raise TypeError("A seq names a message only together with its room: message_object(seq, room).")
        return serializers.message_object(message)
    seq = message_seq(message, room)
    if isinstance(message, int):
        pk = parse_key(get_room_model(), room_key(room), "room")
        found = all_messages().select_related("room").filter(room=pk, seq=seq).first()
        if found is None:
            raise NotFound
        message = found
    return serializers.message_object(message)
