"""What a search has found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from .. import services
from ..base_models import AbstractMessage
from .addresses import room_url
from .people import Person
from .room import RoomView

EXCERPT_BEFORE: Final = 40
EXCERPT_AFTER: Final = 100


@dataclass(frozen=True)
class Hit:
    """One message that a search has found."""

    url: str
    peer: Person
    mine: bool
    excerpt: str
    created: str
    created_at: datetime


def hits(found: Sequence[AbstractMessage], user: Any, query: str) -> list[Hit]:
    """What a search has found, each with its place in its room."""
    rooms = {message.room_id: message.room for message in found}
    views = {
        room.pk: RoomView(room, user, wire)
        for room, wire in zip(rooms.values(), services.room_objects(list(rooms.values()), user), strict=True)
    }
    return [_hit(views[message.room_id], message, query) for message in found]


def _hit(view: RoomView, message: AbstractMessage, query: str) -> Hit:
    return Hit(
        room_url(view.key, anchor=message.seq, around=message.seq),
        view.peer,
        message.side == view.side.number,
        excerpt(message.content, query),
        services.message_object(message)["created_at"],
        message.created_at,
    )


def excerpt(text: str, query: str) -> str:
    """The stretch of ``text`` around the first place where ``query`` stands in it."""
    place = max(text.casefold().find(query.casefold()), 0)
    start = max(place - EXCERPT_BEFORE, 0)
    end = place + len(query) + EXCERPT_AFTER
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
