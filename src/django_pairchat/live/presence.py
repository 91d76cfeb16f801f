"""Who is there now: leases in the cache, which end by themselves when a process dies without a word."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.core.cache import cache

from ..conf import conf
from ..services.access import get_room, is_open, side_of
from ..services.announcements import PresenceChange, tell_live
from ..wire import answers
from .hub import Connection, Watched, call_in_loop, hub
from .limits import cache_workers

if TYPE_CHECKING:
    from ..base_models import AbstractRoom

logger = logging.getLogger("django_pairchat")

LEASE_SECONDS: Final = 40.0
"""Renewed on every round of the patrol, which is 20 s; so a death shows within 60 s."""

REMEMBERED_SECONDS: Final = 7 * 24 * 3600


class Presence(NamedTuple):
    """Times in seconds since the epoch."""

    online_until: float
    last_active: float

    @property
    def online(self) -> bool:
        return self.online_until > time.time()


NOBODY: Final = Presence(0.0, 0.0)
Watching = tuple[Connection, Watched]


def watch(user: Any, key: str) -> tuple[AbstractRoom, Watched | None]:
    """The room on a user's screen, and whose presence is to be shown in it: nobody's where the peer is gone.

    Raises ``BadId`` and ``NotFound``.
    """
    room = get_room(user, key)
    peer = side_of(room, user).peer.user
    return room, None if peer is None else Watched(key, str(peer.pk), _is_shown(room, peer))


def room_changed(room: AbstractRoom, user: Any) -> None:
    """A block has begun or ended, perhaps: from then on the peer's presence is shown to this user no more, or again."""
    key = str(room.pk)
    watching = [each for each, watched in _all_watching(hub.of_user(str(user.pk))) if watched.room == key]
    if watching:
        is_shown = _is_shown(room, room.peer_of(user))
        for connection in watching:
            # There, because what is on the screen may change meanwhile.
            call_in_loop(connection.loop, _set_shown, connection, key, is_shown)


def _set_shown(connection: Connection, key: str, is_shown: bool) -> None:
    watched = connection.watched
    if watched is not None and watched.room == key and watched.is_shown != is_shown:
        connection.watched = replace(watched, is_shown=is_shown)
        look(connection)


def _is_shown(room: AbstractRoom, peer: Any) -> bool:
    """Not where the two cannot reach each other, and not where the peer keeps it private."""
    return is_open(room) and bool(conf.policy.shows_presence(peer))


def note(connection: Connection) -> None:
    """The connection has become active or inactive, opened or closed."""
    cache_workers.submit_once(("presence", connection.user_key), partial(_update, connection.user_key))


def look(connection: Connection) -> None:
    """Show this connection the presence of the peer on its screen."""
    if connection.watched is not None:
        cache_workers.submit_once(("look", connection), partial(_look, [connection]))


def patrol(connections: Collection[Connection]) -> None:
    """Renew the leases of those who are here, and look again at those who are watched."""
    here = {connection.user_key for connection in connections if connection.active}
    watching = [connection for connection in connections if connection.watched is not None]
    if here or watching:
        cache_workers.submit(partial(_go_round, here, watching))


def show(changes: Iterable[PresenceChange]) -> None:
    """Tell the connections of this process that have one of these people on their screen."""
    by_user = {
        change.user: Presence(time.time() + LEASE_SECONDS if change.online else 0.0, change.last_active)
        for change in changes
    }
    if by_user:
        _push([watching for watching in _watching(hub.all()) if watching[1].peer in by_user], by_user)


def _is_here(user_key: str) -> bool:
    return any(connection.active for connection in hub.of_user(user_key))


def _key(user_key: str) -> str:
    return f"pairchat:presence:{user_key}"


def _update(user_key: str) -> None:
    here = _is_here(user_key)
    known = _read([user_key]).get(user_key)
    now = time.time()
    if here:
        _write({user_key: Presence(now + LEASE_SECONDS, now)})
    elif known is not None and known.online:
        # Another process may have an active socket of the same user: its next round brings the lease back.
        _write({user_key: Presence(0.0, now)})
    if here != (known is not None and known.online):
        tell_live([PresenceChange(user_key, here, now)])


def _look(connections: Collection[Connection]) -> None:
    watching = _watching(connections)
    _push(watching, _read({watched.peer for _, watched in watching}))


def _all_watching(connections: Iterable[Connection]) -> list[Watching]:
    """Read once: another thread may end the watching at any moment."""
    return [(each, watched) for each in connections if (watched := each.watched) is not None]


def _watching(connections: Iterable[Connection]) -> list[Watching]:
    return [(each, watched) for each, watched in _all_watching(connections) if watched.is_shown]


def _go_round(here: Collection[str], watching: Collection[Connection]) -> None:
    now = time.time()
    known = _read(here)
    _write({user: Presence(now + LEASE_SECONDS, now) for user in here})
    returned = [PresenceChange(user, True, now) for user in here if user not in known or not known[user].online]
    if returned:
        tell_live(returned)
    _look(watching)


def _push(watching: Iterable[Watching], known: Mapping[str, Presence]) -> None:
    for connection, watched in watching:
        presence = known.get(watched.peer, NOBODY)
        last_active = datetime.fromtimestamp(presence.last_active, UTC) if presence.last_active else None
        frame = answers.presence_event(watched.room, watched.peer, presence.online, last_active)
        hub.hand_over(connection, frame)


def _read(users: Collection[str]) -> dict[str, Presence]:
    try:
        found = cache.get_many([_key(user) for user in users])
    except Exception as error:  # noqa: BLE001 - a cache may raise anything; nobody is shown as being there then
        logger.debug("The cache failed, so nobody's presence is known: %r", error)
        return {}
    return {user: Presence(*found[_key(user)]) for user in users if _key(user) in found}


def _write(presences: dict[str, Presence]) -> None:
    try:
        cache.set_many({_key(user): tuple(lease) for user, lease in presences.items()}, REMEMBERED_SECONDS)
    except Exception as error:  # noqa: BLE001 - a cache may raise anything; nobody is shown as being there then
        logger.debug("The cache failed, so nobody's presence is known: %r", error)
