"""Rooms: opening one, and the settings of each side."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Q

from .. import get_room_model
from ..core.access import all_rooms, database, get_room, is_active, lock_rooms, side_of
from ..core.events import RoomChanged, deferred_signal, publish_on_commit, room_changed
from ..core.moments import stored_moment
from ..core.references import RoomRef, message_seq
from ..core.restrictions import restriction_of
from ..core.shown_topics import topic_fields
from ..core.topics import read_topic
from ..core.transactions import retry_on_conflict
from ..exceptions import Conflict, NotFound
from ..model_parts.pair_key import make_pair_key
from ..policy import get_policy
from ..querysets import RoomQuerySet, parse_key
from ..signals import room_opened, room_settings_changed

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import Model

    from ..base_models import AbstractRoom
    from ..model_parts.side import Side

SETTINGS: Final = frozenset({"muted_until", "archived", "pinned", "marked_unread", "cleared", "blocked"})
OWN_COLUMNS: Final = ("muted_until", "archived", "pinned", "marked_unread", "cleared", "has_unread")


def open_room(user: Any, peer: Any, topic: Model | None = None, *, fields: Mapping[str, Any] | None = None) -> Any:
    """Return the room of these two about ``topic``, and create it if it does not exist. Safe under any race.

    ``fields`` fills columns that the host's own room model adds, in a new room only. Raises ``NotFound`` if ``peer`` is
    ``user``, missing, inactive or has blocked ``user``, and if the policy does not allow it.
    """
    return get_or_open_room(user, peer, topic, fields=fields)[0]


def open_room_by_token(user: Any, peer_key: str, token: str | None) -> tuple[AbstractRoom, bool]:
    """Open a room by the peer's key and the topic's signed token. Return the room and whether it is new.

    Raises ``BadId`` for a malformed key, ``BadRequest`` for an invalid token, and what :func:`open_room` raises.
    """
    model = get_user_model()
    pk = parse_key(model, peer_key, "user")
    # Before the peer is looked up, so that an invalid token does not reveal whether the peer's account exists.
    topic = None if token is None else read_topic(token, peer_key)
    peer = model._default_manager.filter(pk=pk).first()
    return get_or_open_room(user, peer, topic)


def get_or_open_room(
    user: Any, peer: Any, topic: Model | None = None, *, fields: Mapping[str, Any] | None = None
) -> tuple[AbstractRoom, bool]:
    restriction = restriction_of(user)
    if peer is None or peer.pk == user.pk or not is_active(peer):
        # Before whether the peer's account exists shows.
        raise restriction or NotFound
    rooms = all_rooms()
    pair_key = make_pair_key(user, peer, topic)
    try:
        existing = _existing(rooms, pair_key, user)
    except NotFound as blocked:
        raise restriction or blocked from None
    if existing is not None:
        return existing, False
    if restriction is not None:
        raise restriction
    if not get_policy().can_open(user, peer, topic):
        raise NotFound
    planned = _build_room(user, peer, topic, pair_key, fields or {})
    try:
        room = _store_new(planned, _oldest(rooms, user, peer))
    except IntegrityError:
        existing = _existing(rooms, pair_key, user)
        if existing is None:
            raise
        return existing, False
    signal = deferred_signal(room_opened, type(room), room=room)
    publish_on_commit([room_changed(room, [user.pk])], signal)
    return room, True


def open_past_room(user: Any, peer: Any, topic: Model | None, created_at: datetime) -> AbstractRoom:
    """Return the room of these two for messages from another chat, as old as the first of them if it is new.

    A block is inherited, and does not prevent it. The policy is not asked, and nobody is told. Not public.
    """
    rooms = all_rooms()
    pair_key = make_pair_key(user, peer, topic)
    found = rooms.with_people().filter(pair_key=pair_key)
    existing: AbstractRoom | None = found.first()
    if existing is not None:
        return existing
    times = {"created_at": created_at, "last_message_at": created_at}
    planned = _build_room(user, peer, topic, pair_key, times)
    try:
        return _store_new(planned, _oldest(rooms, user, peer), despite_block=True)
    except IntegrityError:
        return found.get()


def _oldest(rooms: RoomQuerySet, user: Any, peer: Any) -> Any:
    """Return the key of the oldest room of these two, ``None`` if there is none."""
    return rooms.between(user, peer).order_by("created_at", "pk").values_list("pk", flat=True).first()


@retry_on_conflict
def _store_new(planned: AbstractRoom, oldest: Any, *, despite_block: bool = False) -> AbstractRoom:
    room = copy.copy(planned)
    with transaction.atomic(using=database()):
        # A block is set under the locks of all rooms of the pair, so that opening a new room waits for it here.
        if oldest is not None:
            _inherit_blocks(room, all_rooms().locked([oldest]).first())
            if room.user2_blocked and not despite_block:
                raise NotFound
            all_rooms().touch(oldest)
        room.save(using=database(), force_insert=True)
    return room


def _existing(rooms: RoomQuerySet, pair_key: str, user: Any) -> AbstractRoom | None:
    room = rooms.with_people().with_last_message().filter(pair_key=pair_key).first()
    if room is not None and side_of(room, user).peer.blocked:
        raise NotFound
    return room


def _build_room(user: Any, peer: Any, topic: Model | None, pair_key: str, fields: Mapping[str, Any]) -> AbstractRoom:
    about = {} if topic is None else topic_fields(topic)
    return get_room_model()(user1=user, user2=peer, pair_key=pair_key, **about, **fields)


def _inherit_blocks(room: AbstractRoom, oldest: AbstractRoom | None) -> None:
    if oldest is None:
        return
    for side in room.sides:
        side.blocked = side_of(oldest, side.user).blocked


def change_settings(user: Any, room: RoomRef, **changes: Any) -> AbstractRoom:
    """Change settings of the user's side and return the room.

    The settings are ``muted_until`` (a time or ``None``), ``archived``, ``pinned``, ``marked_unread``, ``cleared`` (a
    message or its ``seq``; it only moves forward) and ``blocked`` (in all rooms of the pair). A room is either pinned
    or archived: the one ends the other.

    Raises ``NotFound`` for a room that does not exist or that is not the user's, ``Conflict`` for more pinned rooms
    than the policy's ``pinned_rooms_limit``, and ``TypeError`` for any other name.
    """
    unknown = sorted(set(changes) - SETTINGS)
    if unknown:
        raise TypeError(f"No such setting of a room: {', '.join(unknown)}. There are {', '.join(sorted(SETTINGS))}.")
    side = side_of(get_room(user, room), user)
    if "cleared" in changes:
        changes["cleared"] = message_seq(changes["cleared"], side.room)
    if changes.get("pinned") and not side.pinned:
        _require_free_pin(user)
    stored, changed = _store_settings(side, changes)
    signal = deferred_signal(room_settings_changed, type(stored), room=stored, user=user, changes=changes)
    publish_on_commit([change for change in changed if change.users], signal)
    return get_room(user, stored)


@retry_on_conflict
def _store_settings(side: Side, changes: Mapping[str, Any]) -> tuple[AbstractRoom, list[RoomChanged]]:
    user = side.user
    oldest = _oldest_of_pair(side) if "blocked" in changes else None
    with transaction.atomic(using=database()):
        rooms = lock_rooms([side.room.pk]) if oldest is None else _lock_pair(side, oldest)
        room = next((room for room in rooms if room.pk == side.room.pk), None)
        if room is None:
            raise NotFound
        views = [_views(each) for each in rooms]
        side = side_of(room, user)
        _apply(side, changes)
        room.save(using=database(), update_fields=[side.column_name(name) for name in OWN_COLUMNS])
        if "blocked" in changes:
            for each in rooms:
                _set_block(side_of(each, user), changes["blocked"])
    return room, [_change_of_views(each, before) for each, before in zip(rooms, views, strict=True)]


def _require_free_pin(user: Any) -> None:
    """Raise ``Conflict`` if the user has pinned as many rooms as the policy allows.

    Two requests at the same time may go beyond the limit. Nothing relies on it but the length of the list.
    """
    pinned = Q(user1=user, user1_pinned=True) | Q(user2=user, user2_pinned=True)
    if all_rooms().filter(pinned).count() >= get_policy().pinned_rooms_limit:
        raise Conflict(field="pinned")


def _views(room: AbstractRoom) -> dict[Any, list[Any]]:
    """Return what each person sees of the settings: an event without a visible change would reveal the peer's."""
    return {
        side.user_id: [
            room.is_blocked,
            side.peer.read_shown,
            side.blocked,
            *(getattr(side, name) for name in OWN_COLUMNS),
        ]
        for side in room.sides
    }


def _change_of_views(room: AbstractRoom, before: Mapping[Any, list[Any]]) -> RoomChanged:
    return room_changed(room, [user for user, view in _views(room).items() if view != before[user]])


def _apply(side: Side, changes: Mapping[str, Any]) -> None:
    if "muted_until" in changes:
        until = changes["muted_until"]
        side.muted_until = None if until is None else stored_moment(until, "muted_until")
    for name in ("pinned", "archived", "marked_unread"):
        if name in changes:
            setattr(side, name, changes[name])
    if side.pinned and side.archived:
        # The newer wish counts, and the archive if both are new.
        side.pinned = not changes.get("archived", False)
        side.archived = not side.pinned
    if "cleared" in changes:
        side.cleared = max(side.cleared, min(changes["cleared"], side.room.head))
    side.refresh_unread()


def _pair(side: Side) -> RoomQuerySet:
    return all_rooms().between(side.user_id, side.peer.user_id)


def _oldest_of_pair(side: Side) -> Any:
    """Return the key of the pair's oldest room, ``None`` if the peer's account was deleted.

    Called before the transaction: on SQLite a transaction that reads first cannot write while others do.
    """
    if side.peer.user_id is None:
        return None
    return _oldest(all_rooms(), side.user_id, side.peer.user_id)


def _lock_pair(side: Side, oldest: Any) -> list[AbstractRoom]:
    """Lock all rooms of the pair, the oldest first and alone, because opening a new room waits for that lock."""
    lock_rooms([oldest])
    return lock_rooms(list(_pair(side).values_list("pk", flat=True)))


def _set_block(side: Side, blocked: bool) -> None:
    side.blocked = blocked
    if not side.room.is_blocked:
        for each in side.room.sides:
            each.read_shown = each.read
    side.room.save(
        using=database(), update_fields=[side.column_name("blocked"), "user1_read_shown", "user2_read_shown"]
    )
