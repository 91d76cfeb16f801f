"""The size of an answer, which is limited in bytes as well as in messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Final, TypeVar

from ..protocol.frames import encode

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom

ANSWER_LIMIT_BYTES: Final = 512 * 1024
"""Approximate size in UTF-8. In memory, a text that contains one emoji takes up to four times as much."""
MESSAGE_BYTES: Final = 400
"""Size of a message object without the texts that people wrote: names of fields, keys, times."""
ROOM_BYTES: Final = 1000

T = TypeVar("T")


def message_bytes(message: AbstractMessage) -> int:
    """Return the approximate size of a message object in a frame."""
    written = len(encode_basestring(message.content).encode())
    extras = sum(len(encode(extra).encode()) for extra in (message.data, message.attachment_info) if extra is not None)
    return MESSAGE_BYTES + written + extras


def newest_message_bytes(room: AbstractRoom) -> int:
    """Return the approximate size of the last message of a room that was loaded with it."""
    last: AbstractMessage | None = getattr(room, "last_message", None)
    return 0 if last is None else message_bytes(last)


def room_bytes(room: AbstractRoom) -> int:
    """Return the approximate size of a room object in a frame."""
    about = room.topic_title + room.topic_url + (encode(room.topic_details) if room.topic_details else "")
    return ROOM_BYTES + len(about.encode()) + newest_message_bytes(room)


def fit_to_size(things: Sequence[T], size: Callable[[T], int], limit_bytes: int = ANSWER_LIMIT_BYTES) -> list[T]:
    """Return as many of the first items as fit into one answer, but at least one, so that paging makes progress."""
    used = 0
    for number, thing in enumerate(things):
        used += size(thing)
        if number and used > limit_bytes:
            return list(things[:number])
    return list(things)
