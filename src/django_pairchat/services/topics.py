"""Changes that a host's code tells of, in an object that rooms are about."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from ..core.access import all_rooms, database
from ..core.events import FramePush, RoomChanged, known_participants, publish, publish_on_commit, room_changed
from ..core.shown_topics import Place, place_of, stored_anew
from ..core.transactions import retry_on_conflict
from ..model_parts.pair_key import topic_identity
from ..protocol import frames
from ..querysets import RoomQuerySet
from ..tenancy import in_this_tenant

if TYPE_CHECKING:
    from django.db.models import Model

    from ..base_models import AbstractRoom

ROOMS_AT_ONCE: Final = 500
"""Rooms in one transaction, so that nobody waits long for its locks."""
ROOMS_OF_ONE_PERSON: Final = 50
"""If more rooms of a part are one person's, that person's clients are told once to catch up, not of each room."""
COLUMNS: Final = ("head", "user1", "user2", "topic_type", "topic_key", "topic_title", "topic_url", "topic_details")


def touch_topic(topic: Model) -> None:
    """Tell all clients that show a room about this object that it has changed, or is about to be deleted.

    It happens after the commit of the current transaction: what the object is by then is asked of the policy, and kept
    in the rooms. At most 500 rooms are written in one transaction. A person with more than 50 rooms about it is sent
    the event ``resync`` instead of one for each. It can be repeated; a call that was interrupted is made up for by the
    next one.

    Raises ``ValueError`` for an object without a key: call it before ``delete()`` in the same transaction, or in a
    receiver of ``post_delete``.
    """
    topic_identity(topic)
    rooms = all_rooms().about(topic)
    transaction.on_commit(in_this_tenant(partial(_touch, rooms)), using=database(), robust=True)


def _touch(rooms: RoomQuerySet) -> None:
    copies: dict[Place, dict[str, Any] | None] = {}
    crowded: set[str] = set()
    touch = secrets.token_hex(4)
    for part in _parts(rooms):
        for room in part:
            if place_of(room) not in copies:
                copies[place_of(room)] = stored_anew(room)
        crowded |= _crowded(part)
        _store(part, copies, touch, [_without(crowded, room) for room in part])
    if crowded:
        publish([FramePush(tuple(crowded), frames.resync_event())])


def _parts(rooms: RoomQuerySet) -> Iterator[list[AbstractRoom]]:
    rooms = rooms.order_by("pk").only(*COLUMNS)
    part = list(rooms[:ROOMS_AT_ONCE])
    while part:
        yield part
        part = list(rooms.filter(pk__gt=part[-1].pk)[:ROOMS_AT_ONCE])


def _crowded(part: Collection[AbstractRoom]) -> set[str]:
    counts = Counter(user for room in part for user in known_participants(room))
    return {user for user, count in counts.items() if count > ROOMS_OF_ONE_PERSON}


def _without(crowded: Collection[str], room: AbstractRoom) -> RoomChanged:
    return room_changed(room, [user for user in known_participants(room) if user not in crowded])


@retry_on_conflict
def _store(
    part: Collection[AbstractRoom],
    copies: dict[Place, dict[str, Any] | None],
    touch: str,
    changes: Collection[RoomChanged],
) -> None:
    alike: dict[str, tuple[dict[str, Any], list[Any]]] = {}
    for room in part:
        columns = _touched(copies[place_of(room)] or _columns_of(room), touch)
        alike.setdefault(frames.encode(columns), (columns, []))[1].append(room.pk)
    with transaction.atomic(using=database()):
        for columns, keys in alike.values():
            all_rooms().filter(pk__in=keys).update(**columns)
        publish_on_commit([change for change in changes if change.users])


def _columns_of(room: AbstractRoom) -> dict[str, Any]:
    return {name: getattr(room, name) for name in ("topic_title", "topic_url", "topic_details")}


def _touched(columns: dict[str, Any], touch: str) -> dict[str, Any]:
    """Return the columns with a mark of this call, so that a poll finds even what only one of the two people sees."""
    return {**columns, "topic_details": {**(columns["topic_details"] or {}), "touch": touch}}
