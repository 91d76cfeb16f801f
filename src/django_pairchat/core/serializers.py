"""Rooms and messages as JSON objects of the protocol, each room as one of its two people sees it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from ..policy import Profile, Topic, get_policy
from ..protocol.frames import encode, moment
from ..protocol.message_fields import MESSAGE_FIELDS
from .access import is_open, side_of
from .held import held_in
from .restrictions import restricted_until
from .shown_topics import shown_topics, stored_columns, topic_object
from .visibility import shows_read_marks

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom
    from ..model_parts.side import Side

_digest = partial(blake2b, digest_size=8)


def digest_of(value: Any) -> str:
    # Sorted, because PostgreSQL gives what it keeps as JSON back in an order of its own.
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, default=str)
    return _digest(text.encode()).hexdigest()


def _key_text(key: Any) -> str | None:
    return None if key is None else str(key)


def _reactions(message: AbstractMessage) -> dict[str, str]:
    people = {str(side.number): _key_text(side.user_id) for side in message.room.sides}
    return {person: emoji for number, emoji in message.reactions.items() if (person := people.get(number)) is not None}


def attachment_object(key: str, seq: int, info: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a message's ``attachment`` object. Its URLs are ``None`` if the app's URLs are not mounted."""
    if info is None:
        return None
    url, thumbnail = file_urls(key, seq)
    return {**info, "url": url, "thumbnail": thumbnail if info["width"] else None}


def file_urls(key: str, seq: int) -> tuple[str | None, str | None]:
    """Return where the file of a message and its thumbnail would be, ``None`` if the app's URLs are not mounted."""
    return _url_or_none("pairchat:attachment", key, seq), _url_or_none("pairchat:thumbnail", key, seq)


def _url_or_none(name: str, key: str, seq: int) -> str | None:
    try:
        return reverse(name, args=[key, seq])
    except NoReverseMatch:
        return None


def _attachment(message: AbstractMessage) -> dict[str, Any] | None:
    return attachment_object(str(message.room_id), message.seq, message.attachment_info)


_COMPUTED: dict[str, Callable[[AbstractMessage], Any]] = {"attachment": _attachment, "reactions": _reactions}
_READERS = [(field.name, field.read or _COMPUTED[field.name]) for field in MESSAGE_FIELDS]


def message_object(message: AbstractMessage) -> dict[str, Any]:
    """Return the message object, which is the same for both people. The message's room must be loaded."""
    return {name: read(message) for name, read in _READERS}


def encoded_message(message: AbstractMessage) -> str:
    return encode(message_object(message))


def _profiles(sides: Iterable[Side]) -> dict[Any, Profile]:
    people = {side.user_id: side.user for side in sides if side.user is not None}
    return get_policy().profiles(list(people.values())) if people else {}


def _person(side: Side, profiles: dict[Any, Profile]) -> dict[str, Any]:
    """Return what identifies the peer to a reader."""
    peer = side.peer
    if peer.user is None:
        return {"user": None, "name": gettext("Deleted account"), "avatar": None, "url": None}
    profile = profiles.get(peer.user) or Profile("")
    # A policy may pass on an empty column.
    name = profile.name or str(peer.user_id)
    return {"user": str(peer.user_id), "name": name, "avatar": profile.avatar, "url": profile.url}


def _peer_object(side: Side, profiles: dict[Any, Profile]) -> dict[str, Any]:
    peer = side.peer
    shows_read_mark = peer.user is None or shows_read_marks(peer.user)
    shows_delivered = shows_read_mark and (peer.user is None or get_policy().shows_delivered(peer.user))
    return {
        **_person(side, profiles),
        "read": peer.read_shown if shows_read_mark else None,
        "delivered": peer.delivered_shown if shows_delivered else None,
    }


def last_visible_message(side: Side) -> AbstractMessage | None:
    """Return the room's last message, ``None`` if this side has cleared it away. The room must be loaded with it."""
    message: AbstractMessage | None = getattr(side.room, "last_message", None)
    if message is None or message.seq <= side.cleared:
        return None
    message.room = side.room
    return message


def without_translation(peer: dict[str, Any]) -> dict[str, Any]:
    """Remove the name of a deleted account, which depends on the active language."""
    return peer if peer["user"] is not None else peer | {"name": ""}


def _seen(
    side: Side, profiles: dict[Any, Profile], *, can_send: bool, suspended_until: datetime | None
) -> dict[str, Any]:
    """Return what one person sees of the room beside its messages, with the topic as the room has stored it."""
    room = side.room
    suspended = {} if suspended_until is None else {"suspended_until": moment(suspended_until)}
    return {
        "me": {
            "read": side.read,
            "cleared": side.cleared,
            "muted_until": moment(side.muted_until),
            "archived": side.archived,
            "pinned": side.pinned,
            "marked_unread": side.marked_unread,
            "blocked": side.blocked,
            **suspended,
        },
        "peer": _peer_object(side, profiles),
        "topic": stored_columns(room),
        "can_send": can_send,
    }


def _state(side: Side, seen: dict[str, Any]) -> str:
    """Return a digest of what one person sees, the same in all languages."""
    return digest_of([str(side.user_id), seen | {"peer": without_translation(seen["peer"])}])


def _room_object(side: Side, seen: dict[str, Any], topic: Topic | None) -> dict[str, Any]:
    room = side.room
    last = last_visible_message(side)
    return {
        "room": str(room.pk),
        "epoch": room.epoch,
        "head": room.head,
        "rev": room.rev,
        "state": _state(side, seen),
        "unread": side.unread,
        **seen,
        "topic": topic_object(room, topic),
        "last_message": None if last is None else message_object(last),
        "last_message_at": moment(room.last_message_at),
    }


def room_objects(rooms: Sequence[AbstractRoom], user: Any) -> list[dict[str, Any]]:
    """Return the room objects as ``user`` sees them. Rooms must come from ``with_people().with_last_message()``."""
    topics = shown_topics(rooms, user)
    return [_room_object(side, seen, topics.get(side.room.pk)) for side, seen in _seen_by(user, rooms)]


def peers_of(rooms: Iterable[AbstractRoom], user: Any) -> list[dict[str, Any]]:
    """Return the other person of each of these rooms, as in its object but without how far that person has read."""
    sides = [side_of(room, user) for room in rooms]
    profiles = _profiles(side.peer for side in sides)
    return [_person(side, profiles) for side in sides]


def room_states(rooms: Sequence[AbstractRoom], user: Any) -> list[str]:
    """Return only the ``state`` of these rooms' objects, without reading their topics."""
    return [_state(side, seen) for side, seen in _seen_by(user, rooms)]


def _seen_by(user: Any, rooms: Iterable[AbstractRoom]) -> list[tuple[Side, dict[str, Any]]]:
    sides = [side_of(room, user) for room in rooms]
    profiles = _profiles(side.peer for side in sides)
    until = restricted_until(user)
    open_rooms = [] if until is not None else [side.room for side in sides if is_open(side.room)]
    writable = {room.pk for room in get_policy().can_send_in(user, open_rooms)} if open_rooms else set()
    seen = [(side, _seen(side, profiles, can_send=side.room.pk in writable, suspended_until=until)) for side in sides]
    held = held_in([side.room for side in sides], user)
    for side, shown in seen:
        if str(side.room.pk) in held:
            shown["held"] = held[str(side.room.pk)]
    return seen


def room_object(room: AbstractRoom, user: Any) -> dict[str, Any]:
    return room_objects([room], user)[0]
