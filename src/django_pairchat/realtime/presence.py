"""Presence of users: leases in the cache, which expire by themselves when a process crashes."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.core.cache import cache

from ..core.access import get_room, is_open, side_of
from ..core.events import PresenceChanged, publish
from ..core.sync import rooms_at
from ..core.visibility import shows_presence
from ..namespace import cache_key
from ..protocol import frames
from .connection_limit import cache_workers
from .hub import Connection, Watch, WatchedRoom, hub

if TYPE_CHECKING:
    from ..base_models import AbstractRoom

logger = logging.getLogger("django_pairchat")

LEASE_SECONDS: Final = 40.0
"""Renewed by every sweep, that is every 20 s. So a crashed process is noticed within 60 s."""

REMEMBERED_SECONDS: Final = 7 * 24 * 3600

CONNECTIONS_AT_ONCE: Final = 200
"""A sweep asks the cache about so many connections with one command, each with up to 31 peers."""


class Presence(NamedTuple):
    """Presence of one user. Times are in seconds since the epoch."""

    online_until: float
    last_active: float

    @property
    def online(self) -> bool:
        return self.online_until > time.time()


NOBODY: Final = Presence(0.0, 0.0)


def focus_room(user: Any, key: str) -> tuple[AbstractRoom, WatchedRoom | None]:
    """Return the room on a user's screen, and the peer whose presence it shows: ``None`` if the peer's account is gone.

    Raises ``BadId`` and ``NotFound``.
    """
    room = get_room(user, key)
    peer = side_of(room, user).peer.user
    return room, None if peer is None else WatchedRoom(key, str(peer.pk), _is_shown(room, peer))


def rows(user: Any, keys: Collection[str]) -> list[WatchedRoom]:
    """Return what rows of a user's list show, in one query.

    Keys that are malformed or not the user's are left out, and rooms whose peer's account is gone.
    """
    rooms = rooms_at(user, keys, with_last_message=False)
    peers = [(key, room, side_of(room, user).peer.user) for key, room in rooms.items()]
    return [
        WatchedRoom(key, str(peer.pk), _is_shown(room, peer), is_row=True)
        for key, room, peer in peers
        if peer is not None
    ]


def room_changed(room: AbstractRoom, user: Any) -> None:
    """Recheck whether the peer's presence is visible to this user, because a block may have changed."""
    key = str(room.pk)
    connections = hub().of_user(str(user.pk))
    for connection in connections:
        # Noted before the watches are read: one of the two finds a room that is being put on the screen meanwhile.
        changed = connection.changed_rooms
        if changed is not None:
            changed.add(key)
    watches = [watch for watch in _watches_of(connections) if watch[1].room == key]
    if not watches:
        return
    is_shown = _is_shown(room, room.peer_of(user))
    for connection, watched in watches:
        if watched.is_shown != is_shown:
            # A row's dot goes with the room event, as long as nothing else is told.
            watched.is_shown, watched.told_online = is_shown, None
            if is_shown or not is_open(room):
                send_to(connection)
            else:
                # The peer has switched it off: what was told before is no longer true.
                hub().hand_over([(connection, frames.presence_event(key, watched.peer, False, None))])


def _is_shown(room: AbstractRoom, peer: Any) -> bool:
    """Return whether the peer's presence is visible: the room is open, and the policy does not hide it."""
    return is_open(room) and shows_presence(peer)


def update(connection: Connection) -> None:
    """Update the presence of this connection's user, after it gained or lost focus or was closed."""
    cache_workers().submit_once(("presence", connection.user_key), partial(_update, connection.user_key))


def send_to(connection: Connection) -> None:
    """Send this connection the presence of the peers in the rooms on its screen."""
    if connection.watched_rooms:
        cache_workers().submit_once(("look", connection), partial(_send_to, [connection]))


def renew_leases(connections: Collection[Connection]) -> None:
    """Renew the leases of the users with focus, and send the presence of their peers again."""
    concerned = [connection for connection in connections if connection.has_focus or connection.watched_rooms]
    for start in range(0, len(concerned), CONNECTIONS_AT_ONCE):
        portion = concerned[start : start + CONNECTIONS_AT_ONCE]
        here = {connection.user_key for connection in portion if connection.has_focus}
        cache_workers().submit(partial(_renew_leases, here, portion))


def online_users(user_keys: Collection[str]) -> set[str]:
    """Return which of these users have the chat on their screen now, in any process that shares the cache."""
    return {user for user, lease in (_read(user_keys) or {}).items() if lease.online}


def broadcast(changes: Iterable[PresenceChanged]) -> None:
    """Send these changes to the connections of this process that show one of these users in a room on the screen."""
    by_user = {
        change.user: Presence(time.time() + LEASE_SECONDS if change.online else 0.0, change.last_active)
        for change in changes
    }
    if by_user:
        _push(_shown(hub().watches_of(by_user)), by_user)


def _is_here(user_key: str) -> bool:
    return any(connection.has_focus for connection in hub().of_user(user_key))


def _key(user_key: str) -> str:
    return cache_key("presence", user_key)


def _update(user_key: str) -> None:
    here = _is_here(user_key)
    known = _read([user_key])
    was_here = None if known is None else known.get(user_key, NOBODY).online
    now = time.time()
    if here:
        _write({user_key: Presence(now + LEASE_SECONDS, now)})
    elif was_here is not False:
        # Another process may have an active connection of the same user: its next sweep renews the lease.
        _write({user_key: Presence(0.0, now)})
    # While the cache fails, nothing but this is told.
    if here != was_here:
        publish([PresenceChanged(user_key, here, now)])


def _send_to(connections: Collection[Connection]) -> None:
    watches = _shown(_watches_of(connections))
    known = _read({watched.peer for _, watched in watches})
    if known is not None:
        _push(watches, known)


def _watches_of(connections: Iterable[Connection]) -> list[Watch]:
    return [(each, watched) for each in connections for watched in each.watched_rooms]


def _shown(watches: Iterable[Watch]) -> list[Watch]:
    return [watch for watch in watches if watch[1].is_shown]


def _renew_leases(here: Collection[str], watching: Collection[Connection]) -> None:
    now = time.time()
    known = _read(here)
    _write({user: Presence(now + LEASE_SECONDS, now) for user in here})
    if known is not None:
        returned = [PresenceChanged(user, True, now) for user in here if user not in known or not known[user].online]
        if returned:
            publish(returned)
    _send_to(watching)


def _push(watches: Iterable[Watch], known: Mapping[str, Presence]) -> None:
    deliveries = []
    for connection, watched in watches:
        presence = known.get(watched.peer, NOBODY)
        # Most people are away most of the time: a list is not told so again and again.
        if watched.is_row and watched.told_online is False and not presence.online:
            continue
        watched.told_online = presence.online
        last_active = datetime.fromtimestamp(presence.last_active, UTC) if presence.last_active else None
        frame = frames.presence_event(watched.room, watched.peer, presence.online, last_active)
        deliveries.append((connection, frame))
    hub().hand_over(deliveries)


def _read(users: Collection[str]) -> dict[str, Presence] | None:
    """Return what the cache knows of these users, ``None`` if it failed: that nothing is known tells nobody away."""
    if not users:
        return {}
    try:
        found = cache.get_many([_key(user) for user in users])
    except Exception as error:  # noqa: BLE001 - a cache may raise anything; nothing is told then
        logger.debug("The cache failed, so no presence is known: %r", error)
        return None
    return {user: Presence(*found[_key(user)]) for user in users if _key(user) in found}


def _write(presences: dict[str, Presence]) -> None:
    if not presences:
        return
    try:
        cache.set_many({_key(user): tuple(lease) for user, lease in presences.items()}, REMEMBERED_SECONDS)
    except Exception as error:  # noqa: BLE001 - a cache may raise anything; no user is shown as online then
        logger.debug("The cache failed, so no presence is known: %r", error)
