"""Rooms and messages as the wire shows them, each room as one of its two people sees it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from ..conf import conf
from ..policy import Profile
from ..wire.answers import encode, moment
from .access import is_open, side_of

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom, Side

_digest = partial(blake2b, digest_size=8)


def digest_of(value: Any) -> str:
    return _digest(json.dumps(value, separators=(",", ":"), default=str).encode()).hexdigest()


def _key_text(key: Any) -> str | None:
    return None if key is None else str(key)


def _reactions(message: AbstractMessage) -> dict[str, str]:
    people = {str(side.number): _key_text(side.user_id) for side in message.room.sides}
    return {person: emoji for number, emoji in message.reactions.items() if (person := people.get(number)) is not None}


def attachment_object(key: str, seq: int, info: dict[str, Any] | None) -> dict[str, Any] | None:
    """What a message says of its file. Its addresses need the app's URLs to be mounted, and are null otherwise."""
    if info is None:
        return None
    return {
        **info,
        "url": _address("pairchat:attachment", key, seq),
        "thumbnail": _address("pairchat:thumbnail", key, seq) if info["width"] else None,
    }


def _address(name: str, key: str, seq: int) -> str | None:
    try:
        return reverse(name, args=[key, seq])
    except NoReverseMatch:
        return None


def message_object(message: AbstractMessage) -> dict[str, Any]:
    """A message as both people see it; its room must be loaded."""
    return {
        "room": str(message.room_id),
        "seq": message.seq,
        "rev": message.rev,
        "sender": _key_text(message.sender_id),
        "client_id": str(message.client_id),
        "kind": message.kind,
        "content": message.content,
        "data": message.data,
        "reply_to": message.reply_to,
        "attachment": attachment_object(str(message.room_id), message.seq, message.attachment_info),
        "reactions": _reactions(message),
        "created_at": moment(message.created_at),
        "edited_at": moment(message.edited_at),
        "deleted_at": moment(message.deleted_at),
    }


def encoded_message(message: AbstractMessage) -> str:
    return encode(message_object(message))


def _profiles(sides: Iterable[Side]) -> dict[Any, Profile]:
    people = {side.user_id: side.user for side in sides if side.user is not None}
    return conf.policy.profiles(list(people.values())) if people else {}


def _peer_object(side: Side, profiles: dict[Any, Profile]) -> dict[str, Any]:
    peer = side.peer
    if peer.user is None:
        return {
            "user": None,
            "name": gettext("Deleted account"),
            "avatar": None,
            "url": None,
            "read": peer.read_shown,
        }
    profile = profiles.get(peer.user) or Profile(str(peer.user_id))
    return {
        "user": str(peer.user_id),
        "name": profile.name,
        "avatar": profile.avatar,
        "url": profile.url,
        "read": peer.read_shown if conf.policy.shows_read_marks(peer.user) else None,
    }


def last_visible_message(side: Side) -> AbstractMessage | None:
    """The room's last message unless this side has cleared it away; the room must be loaded with it."""
    message: AbstractMessage | None = getattr(side.room, "last_message", None)
    if message is None or message.seq <= side.cleared:
        return None
    message.room = side.room
    return message


def _without_translation(peer: dict[str, Any]) -> dict[str, Any]:
    """The name of an account that is gone depends on the language in which it is asked for."""
    return peer if peer["user"] is not None else peer | {"name": ""}


def _room_object(side: Side, profiles: dict[Any, Profile], *, can_send: bool) -> dict[str, Any]:
    room = side.room
    seen: dict[str, Any] = {
        "me": {
            "read": side.read,
            "cleared": side.cleared,
            "muted_until": moment(side.muted_until),
            "archived": side.archived,
            "marked_unread": side.marked_unread,
            "blocked": side.blocked,
        },
        "peer": _peer_object(side, profiles),
        "topic": {"title": room.topic_title, "url": room.topic_url} if room.topic_title else None,
        "can_send": can_send,
    }
    last = last_visible_message(side)
    return {
        "room": str(room.pk),
        "epoch": room.epoch,
        "head": room.head,
        "rev": room.rev,
        "state": digest_of([str(side.user_id), seen | {"peer": _without_translation(seen["peer"])}]),
        "unread": side.unread,
        **seen,
        "last_message": None if last is None else message_object(last),
        "last_message_at": moment(room.last_message_at),
    }


def room_objects(rooms: Sequence[AbstractRoom], user: Any) -> list[dict[str, Any]]:
    """These rooms as ``user`` sees them; rooms come from ``with_people().with_last_message()``."""
    sides = [side_of(room, user) for room in rooms]
    profiles = _profiles(side.peer for side in sides)
    open_rooms = [side.room for side in sides if is_open(side.room)]
    writable = {room.pk for room in conf.policy.can_send_in(user, open_rooms)} if open_rooms else set()
    return [_room_object(side, profiles, can_send=side.room.pk in writable) for side in sides]


def room_object(room: AbstractRoom, user: Any) -> dict[str, Any]:
    return room_objects([room], user)[0]
