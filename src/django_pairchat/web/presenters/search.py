"""The hits of a search, and starred messages, which are shown in the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ... import services
from ...base_models import AbstractMessage
from ...core.search_pattern import occurrences
from ..links import room_url
from .message import brief_time, preview
from .person import PersonItem
from .room import RoomPresenter

EXCERPT_BEFORE: Final = 40
EXCERPT_AFTER: Final = 100


@dataclass(frozen=True)
class SearchHit:
    """A message that is shown outside its room."""

    url: str
    view: RoomPresenter
    message: Mapping[str, Any]
    peer: PersonItem
    mine: bool
    excerpt: str
    created: str
    time: str


def hits(messages: Sequence[AbstractMessage], user: Any, query: str = "") -> list[SearchHit]:
    """Return a hit for each message, with the URL of its place in the room. Without a query it shows the beginning."""
    # If a room changed during the search, keep its oldest state: all of its messages here have reached that position.
    newest_first = sorted(messages, key=lambda message: message.room.rev, reverse=True)
    rooms = {message.room_id: message.room for message in newest_first}
    views = {
        room.pk: RoomPresenter(room, user, wire)
        for room, wire in zip(rooms.values(), services.room_objects(list(rooms.values()), user), strict=True)
    }
    return [_hit(views[message.room_id], message, query) for message in messages]


def _hit(presenter: RoomPresenter, message: AbstractMessage, query: str) -> SearchHit:
    wire = services.message_object(message)
    return SearchHit(
        room_url(presenter.key, anchor=message.seq, around=message.seq),
        presenter,
        wire,
        presenter.peer,
        message.side == presenter.side.number,
        excerpt(message.content, query) if query else preview(message),
        wire["created_at"],
        brief_time(message.created_at),
    )


def excerpt(text: str, query: str) -> str:
    """Return the part of ``text`` around the first occurrence of ``query``."""
    place, end_of_match = next(occurrences(text, query), (0, 0))
    start = max(place - EXCERPT_BEFORE, 0)
    end = end_of_match + EXCERPT_AFTER
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
