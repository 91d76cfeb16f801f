"""How many sockets one user may hold, over all processes; the oldest goes when there are too many."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Final, NamedTuple

from django.core.cache import cache

from ..conf import conf
from ..services.announcements import SocketOneTooMany, tell_live
from .hub import Connection, hub
from .workers import Workers

logger = logging.getLogger("django_pairchat")

LEASE_SECONDS: Final = 60.0
"""A socket whose process died without a word is counted for this long; the patrol renews those that live."""

cache_workers = Workers("pairchat-cache", threads=1)
"""Apart from the database's: a cache that hangs must not hold up those who read."""


class Slot(NamedTuple):
    """When a socket was opened, and until when it is counted; both in seconds since the epoch."""

    opened_at: float
    counted_until: float


Slots = dict[str, Slot]
"""The sockets of one user by their connections' names."""


def admit(connection: Connection) -> None:
    """Count a new socket, and tell the oldest of its user's to go if there are too many."""
    cache_workers.submit_once(("sockets", connection.user_key), partial(_count, connection.user_key))


def dismiss(connection: Connection) -> None:
    cache_workers.submit(partial(_discount, connection.user_key, connection.connection))


def renew(connections: Iterable[Connection]) -> None:
    """Count these for another while."""
    users = {connection.user_key for connection in connections}
    cache_workers.submit_once("sockets of all", partial(_renew, users))


def _key(user_key: str) -> str:
    return f"pairchat:sockets:{user_key}"


def _count(user_key: str) -> None:
    """The registry is read and written without a lock: of two sockets opened in the same instant in two processes
    one may be missing from it until the patrol renews it."""
    slots = _counted([user_key])[user_key]
    newest_first = sorted(slots, key=lambda each: slots[each].opened_at, reverse=True)
    kept, excess = newest_first[: conf.sockets_per_user], newest_first[conf.sockets_per_user :]
    _register({user_key: {each: slots[each] for each in kept}})
    if excess:
        tell_live([SocketOneTooMany(user_key, each) for each in excess])


def _discount(user_key: str, connection: str) -> None:
    slots = _registered([user_key]).get(user_key, {})
    if slots.pop(connection, None) is not None:
        _register({user_key: slots})


def _renew(users: Collection[str]) -> None:
    _register(_counted(users))


def _counted(users: Collection[str]) -> dict[str, Slots]:
    """The living sockets of these users: those that are registered and have not run out, and those of this process."""
    now = time.time()
    registered = _registered(users)
    return {
        user: {name: slot for name, slot in registered.get(user, {}).items() if slot.counted_until > now}
        | {mine.connection: Slot(mine.opened_at, now + LEASE_SECONDS) for mine in hub.of_user(user)}
        for user in users
    }


def _registered(users: Collection[str]) -> dict[str, Slots]:
    try:
        found = cache.get_many([_key(user) for user in users])
    except Exception as error:  # noqa: BLE001 - a cache may raise anything; each process then counts its own
        logger.debug("The cache failed, so sockets are counted per process: %r", error)
        return {}
    return {
        user: {name: Slot(*slot) for name, slot in found[_key(user)].items()} for user in users if _key(user) in found
    }


def _register(slots: Mapping[str, Slots]) -> None:
    plain = {_key(user): {name: tuple(slot) for name, slot in theirs.items()} for user, theirs in slots.items()}
    try:
        cache.set_many(plain, LEASE_SECONDS)
    except Exception as error:  # noqa: BLE001 - a cache may raise anything; each process then counts its own
        logger.debug("The cache failed, so sockets are counted per process: %r", error)
