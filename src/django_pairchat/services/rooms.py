"""Rooms: opening one, one's inbox, and what each side has set for itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from .. import get_room_model
from ..base_models import pair_key_of
from ..conf import conf
from ..exceptions import BadRequest, NotFound
from ..querysets import RoomQuerySet, parse_key
from ..signals import room_opened, room_settings_changed
from .access import all_rooms, database, get_room, is_active, lock_rooms, side_of
from .announcements import RoomChange, after_commit, room_change, signal_later
from .cursors import beyond, cursor_of
from .snapshots import digest_of
from .topics import read_topic

if TYPE_CHECKING:
    from django.db.models import Model

    from ..base_models import AbstractRoom, Side

PAGE_SIZE: Final = 20
UNREAD_ROOMS_LIMIT: Final = 100
SETTINGS: Final = frozenset({"muted_until", "archived", "marked_unread", "cleared", "blocked"})
OWN_COLUMNS: Final = ("muted_until", "archived", "marked_unread", "cleared", "has_unread")


def open_room(user: Any, peer: Any, topic: Model | None = None, *, fields: Mapping[str, Any] | None = None) -> Any:
    """The room of these two about ``topic``: the one there is, or a new one. Safe under any race.

    ``fields`` fills columns that the host's own room model adds, in a new room. Raises ``NotFound`` for oneself, for
    a peer who is missing, inactive or has blocked ``user``, and where the policy does not allow it.
    """
    return get_or_open_room(user, peer, topic, fields=fields)[0]


def open_room_by_token(user: Any, peer_key: str, token: str | None) -> tuple[AbstractRoom, bool]:
    """As a page asks for it: the peer by key, the topic by its signed token; with whether the room is new.

    Raises ``BadId`` and ``BadRequest`` besides what :func:`open_room` raises.
    """
    model = get_user_model()
    pk = parse_key(model, peer_key, "user")
    # Before the peer is looked for: a token says the same about somebody who is gone as about anybody else.
    topic = None if token is None else read_topic(token, peer_key)
    peer = model._default_manager.filter(pk=pk).first()
    return get_or_open_room(user, peer, topic)


def get_or_open_room(
    user: Any, peer: Any, topic: Model | None = None, *, fields: Mapping[str, Any] | None = None
) -> tuple[AbstractRoom, bool]:
    if peer is None or peer.pk == user.pk or not is_active(peer):
        raise NotFound
    rooms = all_rooms()
    pair_key = pair_key_of(user, peer, topic)
    existing = _existing(rooms, pair_key, user)
    if existing is not None:
        return existing, False
    if not conf.policy.can_open(user, peer, topic):
        raise NotFound
    room = _build_room(user, peer, topic, pair_key, fields or {})
    oldest = rooms.between(user, peer).order_by("created_at", "pk").values_list("pk", flat=True).first()
    try:
        with transaction.atomic(using=database()):
            # A block is set under the locks of all rooms of the pair, so a new one waits for it here.
            if oldest is not None:
                _inherit_blocks(room, rooms.locked([oldest]).first())
            room.save(using=database(), force_insert=True)
    except IntegrityError:
        existing = _existing(rooms, pair_key, user)
        if existing is None:
            raise
        return existing, False
    told = signal_later(room_opened, type(room), room=room)
    after_commit([room_change(room, [user.pk])], told)
    return room, True


def _existing(rooms: RoomQuerySet, pair_key: str, user: Any) -> AbstractRoom | None:
    room = rooms.with_people().with_last_message().filter(pair_key=pair_key).first()
    if room is not None and side_of(room, user).peer.blocked:
        raise NotFound
    return room


def _build_room(user: Any, peer: Any, topic: Model | None, pair_key: str, fields: Mapping[str, Any]) -> AbstractRoom:
    room = get_room_model()(user1=user, user2=peer, pair_key=pair_key, **fields)
    if topic is not None:
        room.topic_type = ContentType.objects.get_for_model(topic)
        room.topic_key = str(topic.pk)
        room.topic_title = _cut(room, "topic_title", conf.policy.topic_title(topic))
        room.topic_url = _cut(room, "topic_url", conf.policy.topic_url(topic))
    return room


def _cut(room: AbstractRoom, name: str, text: str) -> str:
    field: Any = room._meta.get_field(name)
    return text[: field.max_length]


def _inherit_blocks(room: AbstractRoom, oldest: AbstractRoom | None) -> None:
    if oldest is None:
        return
    for side in room.sides:
        side.blocked = side_of(oldest, side.user).blocked
    if room.user2_blocked:
        raise NotFound


def change_settings(user: Any, key: str, **changes: Any) -> AbstractRoom:
    """Change what this side has set for itself, of ``muted_until`` (a time or ``None``), ``archived``,
    ``marked_unread``, ``cleared`` (a ``seq``; it only moves forward) and ``blocked`` (all rooms of the pair).

    Raises ``NotFound``, and ``TypeError`` for any other name.
    """
    unknown = sorted(set(changes) - SETTINGS)
    if unknown:
        raise TypeError(f"No such setting of a room: {', '.join(unknown)}. There are {', '.join(sorted(SETTINGS))}.")
    side = side_of(get_room(user, key), user)
    oldest = _oldest_of_pair(side) if "blocked" in changes else None
    with transaction.atomic(using=database()):
        rooms = lock_rooms([side.room.pk]) if oldest is None else _lock_pair(side, oldest)
        room = next((room for room in rooms if room.pk == side.room.pk), None)
        if room is None:
            raise NotFound
        views = [_views(each) for each in rooms]
        side = side_of(room, user)
        _apply(side, changes)
        room.save(using=database(), update_fields=[side.field(name) for name in OWN_COLUMNS])
        if "blocked" in changes:
            for each in rooms:
                _set_block(side_of(each, user), changes["blocked"])
    changed = [_change_of_views(each, before) for each, before in zip(rooms, views, strict=True)]
    told = signal_later(room_settings_changed, type(room), room=room, user=user, changes=changes)
    after_commit([change for change in changed if change.users], told)
    return get_room(user, key)


def _views(room: AbstractRoom) -> dict[Any, list[Any]]:
    """What each of the two sees of the settings: an event without a change in it would give away the other's."""
    return {
        side.user_id: [
            room.is_blocked,
            side.peer.read_shown,
            side.blocked,
            *(getattr(side, name) for name in OWN_COLUMNS),
        ]
        for side in room.sides
    }


def _change_of_views(room: AbstractRoom, before: Mapping[Any, list[Any]]) -> RoomChange:
    return room_change(room, [user for user, view in _views(room).items() if view != before[user]])


def _apply(side: Side, changes: Mapping[str, Any]) -> None:
    if "muted_until" in changes:
        side.muted_until = _as_stored(changes["muted_until"])
    for name in ("archived", "marked_unread"):
        if name in changes:
            setattr(side, name, changes[name])
    if "cleared" in changes:
        side.cleared = max(side.cleared, min(changes["cleared"], side.room.head))
    side.refresh_unread()


def _as_stored(moment: datetime | None) -> datetime | None:
    """Databases of a host with ``USE_TZ = False`` hold the local time, and refuse any other."""
    if moment is None or settings.USE_TZ or timezone.is_naive(moment):
        return moment
    try:
        return timezone.make_naive(moment, timezone.get_default_timezone())
    except OverflowError:
        raise BadRequest(field="muted_until") from None


def _pair(side: Side) -> RoomQuerySet:
    return all_rooms().between(side.user_id, side.peer.user_id)


def _oldest_of_pair(side: Side) -> Any:
    """Asked before the transaction: on SQLite one that reads first cannot write while others do."""
    if side.peer.user_id is None:
        return None
    return _pair(side).order_by("created_at", "pk").values_list("pk", flat=True).first()


def _lock_pair(side: Side, oldest: Any) -> list[AbstractRoom]:
    """All rooms of the pair, locked: the oldest first and alone, because opening a new one waits for it."""
    lock_rooms([oldest])
    return lock_rooms(list(_pair(side).values_list("pk", flat=True)))


def _set_block(side: Side, blocked: bool) -> None:
    side.blocked = blocked
    if not side.room.is_blocked:
        for each in side.room.sides:
            each.read_shown = each.read
    side.room.save(using=database(), update_fields=[side.field("blocked"), "user1_read_shown", "user2_read_shown"])


class Inbox:
    """One page of a user's rooms, by last message, newest first.

    ``next`` is the cursor of the page after it; ``unread_rooms`` stops counting at 100.
    """

    def __init__(self, user: Any, rooms: list[AbstractRoom], next_cursor: str | None, *, is_newest: bool) -> None:
        self.user = user
        self.rooms = rooms
        self.next = next_cursor
        self._is_newest = is_newest

    @cached_property
    def unread_rooms(self) -> int:
        return unread_rooms(self.user)

    @cached_property
    def state(self) -> str:
        """An opaque mark of the newest page as it is now; another page has to read that one first."""
        newest = self.rooms if self._is_newest else _listed(self.user, None, PAGE_SIZE, False)
        return _inbox_state(self.user, newest, self.unread_rooms)


def inbox(user: Any, *, before: str | None = None, limit: int = PAGE_SIZE, archived: bool = False) -> Inbox:
    """This user's rooms; an empty one is listed for its opener only. Raises ``BadRequest`` for an unknown cursor."""
    rooms = _listed(user, before, limit + 1, archived)
    last = rooms[limit - 1] if len(rooms) > limit else None
    next_cursor = None if last is None else cursor_of(last.last_message_at, last.pk)
    is_newest = before is None and not archived and limit >= PAGE_SIZE
    return Inbox(user, rooms[:limit], next_cursor, is_newest=is_newest)


def inbox_state(user: Any) -> str:
    """The ``state`` that :func:`inbox` would give now."""
    return _inbox_state(user, _listed(user, None, PAGE_SIZE, False), unread_rooms(user))


def _listed(user: Any, before: str | None, limit: int, archived: bool) -> list[AbstractRoom]:
    """The two index scans, one for each side the user can be on, merged."""
    rooms = all_rooms().with_people().with_last_message().order_by("-last_message_at", "-pk")
    if before is not None:
        rooms = rooms.filter(beyond(before, rooms.model, "last_message_at"))
    opened = rooms.filter(user1=user, user1_archived=archived)
    invited = rooms.filter(user2=user, user2_archived=archived, head__gt=0)
    return _merged([*opened[:limit], *invited[:limit]])[:limit]


def _merged(rooms: list[AbstractRoom]) -> list[AbstractRoom]:
    """Newest first. Those of one moment are in the order of their keys as the database sees it, not as Python does."""
    times = Counter(room.last_message_at for room in rooms)
    tied = [room.pk for room in rooms if times[room.last_message_at] > 1]
    ordered = all_rooms().filter(pk__in=tied).order_by("pk").values_list("pk", flat=True)
    rank = {pk: number for number, pk in enumerate(ordered)} if tied else {}
    return sorted(rooms, key=lambda room: (room.last_message_at, rank.get(room.pk, 0)), reverse=True)


def _inbox_state(user: Any, newest: list[AbstractRoom], unread: int) -> str:
    return digest_of([unread, *(_row_state(side_of(room, user)) for room in newest[:PAGE_SIZE])])


def _row_state(side: Side) -> list[Any]:
    room = side.room
    mine = [side.read, side.cleared, side.muted_until, side.archived, side.marked_unread, side.blocked]
    return [room.pk, room.epoch, room.rev, room.is_blocked, is_active(side.peer.user), *mine]


def unread_rooms(user: Any) -> int:
    """In how many rooms something waits for this user, archived ones apart; it stops counting at 100."""
    if user.pk is None:
        return 0
    waiting = Q(user1=user, user1_has_unread=True, user1_archived=False) | Q(
        user2=user, user2_has_unread=True, user2_archived=False, head__gt=0
    )
    return all_rooms().filter(waiting).order_by()[:UNREAD_ROOMS_LIMIT].count()
