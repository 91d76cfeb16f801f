"""Reading a room: pages of its history, catching up, the read mark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Q

from .. import get_room_model
from ..conf import conf
from ..exceptions import ChatError
from ..querysets import MessageQuerySet, parse_key
from ..signals import room_read
from ..wire.requests import SYNC_CHANGES_LIMIT, Position
from .access import all_messages, all_rooms, database, get_room, lock_room, side_of
from .announcements import after_commit, room_change, signal_later
from .snapshots import message_object, room_objects

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom, Side

PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a room's messages, ascending by ``seq``; ``epoch`` and ``rev`` were read before them."""

    room: AbstractRoom
    messages: list[AbstractMessage]
    has_before: bool
    has_after: bool

    @property
    def epoch(self) -> str:
        return self.room.epoch

    @property
    def rev(self) -> int:
        return self.room.rev


def _visible(side: Side) -> MessageQuerySet:
    return all_messages().filter(room=side.room.pk).visible_to(side)


def _in_room(messages: Iterable[AbstractMessage], room: AbstractRoom) -> list[AbstractMessage]:
    found = list(messages)
    for message in found:
        message.room = room
    return found


def history(
    user: Any,
    key: str,
    *,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    limit: int = PAGE_SIZE,
) -> Page:
    """A page before, after or around a ``seq``, the newest without any; at most three queries."""
    room = get_room(user, key)
    return page_of(side_of(room, user), before=before, after=after, around=around, limit=limit)


def page_of(
    side: Side,
    *,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    limit: int = PAGE_SIZE,
) -> Page:
    if after is not None:
        return _page_after(side, after, limit)
    if around is not None:
        return _page_around(side, around, limit)
    older = list(_before(side, side.room.head + 1 if before is None else before, limit + 1))
    messages = _in_room(reversed(older[:limit]), side.room)
    last = messages[-1].seq if messages else (before or 1) - 1
    has_after = before is not None and side.room.head > max(last, side.cleared)
    return Page(side.room, messages, len(older) > limit, has_after)


def _before(side: Side, seq: int, limit: int) -> MessageQuerySet:
    return _visible(side).filter(seq__lt=seq).order_by("-seq")[:limit]


def _from(side: Side, seq: int, limit: int) -> MessageQuerySet:
    return _visible(side).filter(seq__gte=seq).order_by("seq")[:limit]


def _page_after(side: Side, after: int, limit: int) -> Page:
    newer = list(_from(side, after + 1, limit + 1))
    has_before = _visible(side).filter(seq__lte=after).exists()
    return Page(side.room, _in_room(newer[:limit], side.room), has_before, len(newer) > limit)


def _page_around(side: Side, around: int, limit: int) -> Page:
    newer = list(_from(side, around, limit + 1))
    older = list(_before(side, around, limit + 1))
    wanted_older = max(limit // 2, limit - len(newer))
    kept_older = older[:wanted_older]
    kept_newer = newer[: limit - len(kept_older)]
    messages = _in_room([*reversed(kept_older), *kept_newer], side.room)
    return Page(side.room, messages, len(older) > len(kept_older), len(newer) > len(kept_newer))


def mark_read(user: Any, key: str, seq: int) -> AbstractRoom:
    """Move this user's read mark up to ``seq``; it never moves back and never beyond the last message."""
    room = get_room(user, key)
    side = side_of(room, user)
    if min(seq, room.head) <= side.read and not side.marked_unread:
        return room
    with transaction.atomic(using=database()):
        locked = lock_room(room.pk)
        side = side_of(locked, user)
        shown = side.read_shown
        side.advance_read(seq)
        side.refresh_unread()
        names = ("read", "read_shown", "marked_unread", "has_unread")
        locked.save(using=database(), update_fields=[side.field(name) for name in names])
    crosses = side.read_shown != shown and conf.policy.shows_read_marks(user)
    users = None if crosses else [user.pk]
    told = signal_later(room_read, type(room), room=locked, user=user, seq=side.read)
    after_commit([room_change(locked, users)], told)
    return get_room(user, key)


def rooms_at(user: Any, keys: Iterable[str]) -> dict[str, AbstractRoom]:
    """Those of the named rooms that are there and this user's; malformed keys are left out."""
    model = get_room_model()
    wanted: dict[Any, str] = {}
    for key in keys:
        try:
            wanted[parse_key(model, key, "rooms")] = key
        except ChatError:
            continue
    if not wanted:
        return {}
    rooms = all_rooms().for_user(user).with_people().with_last_message().filter(pk__in=wanted)
    return {wanted[room.pk]: room for room in rooms}


def catch_up(user: Any, positions: Mapping[str, Position]) -> list[dict[str, Any]]:
    """For each room this user holds: the room object and every message changed since the client's position.

    ``limited`` or ``reset`` say when it is the newest page instead. Rooms were read before their messages.
    """
    rooms = rooms_at(user, positions)
    objects = room_objects(list(rooms.values()), user)
    changed = _changed_since(user, rooms, positions)
    answer = []
    for (key, room), shown in zip(rooms.items(), objects, strict=True):
        reset = _is_void(room, positions[key])
        limited = not reset and key not in changed
        messages = changed[key] if not (reset or limited) else page_of(side_of(room, user)).messages
        answer.append(
            {
                **shown,
                "changes": [message_object(message) for message in messages],
                "limited": limited,
                "reset": reset,
            }
        )
    return answer


def _is_void(room: AbstractRoom, position: Position) -> bool:
    return position.epoch != room.epoch or position.rev > room.rev


def _changed_since(
    user: Any, rooms: Mapping[str, AbstractRoom], positions: Mapping[str, Position]
) -> dict[str, list[AbstractMessage]]:
    """The changes of each room whose position is valid and that has not too many of them, ascending by ``rev``."""
    valid = {key: room for key, room in rooms.items() if not _is_void(room, positions[key])}
    near = {key: room for key, room in valid.items() if room.rev - positions[key].rev <= SYNC_CHANGES_LIMIT}
    changed: dict[str, list[AbstractMessage]] = {key: [] for key in near}
    condition = Q()
    for key, room in near.items():
        if room.rev > positions[key].rev:
            condition |= Q(room=room.pk, rev__gt=positions[key].rev, seq__gt=side_of(room, user).cleared)
    if condition:
        keys = {room.pk: key for key, room in near.items()}
        for message in all_messages().filter(condition).order_by("rev"):
            key = keys[message.room_id]
            message.room = near[key]
            changed[key].append(message)
    for key in valid.keys() - near.keys():
        side = side_of(valid[key], user)
        since = list(_visible(side).filter(rev__gt=positions[key].rev).order_by("rev")[: SYNC_CHANGES_LIMIT + 1])
        if len(since) <= SYNC_CHANGES_LIMIT:
            changed[key] = _in_room(since, valid[key])
    return changed


def differing(user: Any, positions: Mapping[str, Position]) -> list[str]:
    """The rooms in which this client's position or view is not the database's, in the order asked."""
    model = get_room_model()
    rooms = rooms_at(user, positions)
    shown = dict(zip(rooms, room_objects(list(rooms.values()), user), strict=True))

    def differs(key: str, position: Position) -> bool:
        if key in shown:
            room = shown[key]
            return (room["epoch"], room["rev"], room["state"]) != (
                position.epoch,
                position.rev,
                position.state,
            )
        try:
            parse_key(model, key, "rooms")
        except ChatError:
            return False
        return True

    return [key for key, position in positions.items() if differs(key, position)]
