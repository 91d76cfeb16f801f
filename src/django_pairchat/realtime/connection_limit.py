"""Limit of connections per user, over all processes. The oldest is closed when there are too many."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Final, NamedTuple

from django.core.cache import cache

from ..conf import conf
from ..core.events import ConnectionEvicted, publish
from ..namespace import cache_key
from ..node import NodePart
from ..utils.thread_pool import ThreadPool
from .hub import Connection, hub

logger = logging.getLogger("django_pairchat")

LEASE_SECONDS: Final = 60.0
"""A connection is counted for this long after its process crashed. The periodic check renews the open ones."""

cache_workers = NodePart(partial(ThreadPool, "pairchat-cache", threads=1))
"""Separate from the database's threads: a cache that hangs must not delay database work."""


class ConnectionLease(NamedTuple):
    """Time when a connection was opened, and until when it is counted. Both in seconds since the epoch."""

    opened_at: float
    counted_until: float


ConnectionLeases = dict[str, ConnectionLease]
"""The connections of one user by their ids."""


def register(connection: Connection) -> None:
    """Count a new connection. If its user has too many, evict the oldest."""
    cache_workers().submit_once(("sockets", connection.user_key), partial(_count, connection.user_key))


def unregister(connection: Connection) -> None:
    cache_workers().submit(partial(_discount, connection.user_key, connection.connection_id))


def renew(connections: Iterable[Connection]) -> None:
    """Renew the leases of these connections and of their users' other ones in this process."""
    users = {connection.user_key for connection in connections}
    cache_workers().submit_once("sockets of all", partial(_renew, users))


def _key(user_key: str) -> str:
    return cache_key("sockets", user_key)


def _count(user_key: str) -> None:
    """Count the connections of a user, and evict the oldest beyond the limit.

    The registry has no lock: of two connections opened simultaneously in two processes, one may be missing until the
    next sweep.
    """
    leases = _counted([user_key])[user_key]
    newest_first = sorted(leases, key=lambda each: leases[each].opened_at, reverse=True)
    kept, excess = newest_first[: conf.sockets_per_user], newest_first[conf.sockets_per_user :]
    _register({user_key: {each: leases[each] for each in kept}})
    if excess:
        publish([ConnectionEvicted(user_key, each) for each in excess])


def _discount(user_key: str, connection: str) -> None:
    leases = _registered([user_key]).get(user_key, {})
    if leases.pop(connection, None) is not None:
        _register({user_key: leases})


def _renew(users: Collection[str]) -> None:
    _register(_counted(users))


def _counted(users: Collection[str]) -> dict[str, ConnectionLeases]:
    """Return the open connections of these users: registered ones with a valid lease, and those of this process."""
    now = time.time()
    registered = _registered(users)
    return {
        user: {name: lease for name, lease in registered.get(user, {}).items() if lease.counted_until > now}
        | {mine.connection_id: ConnectionLease(mine.opened_at, now + LEASE_SECONDS) for mine in hub().of_user(user)}
        for user in users
    }


def _registered(users: Collection[str]) -> dict[str, ConnectionLeases]:
    try:
        found = cache.get_many([_key(user) for user in users])
    except Exception as error:  # noqa: BLE001 - a cache may raise anything; each process then counts its own
        logger.debug("The cache failed, so sockets are counted per process: %r", error)
        return {}
    return {
        user: {name: ConnectionLease(*lease) for name, lease in found[_key(user)].items()}
        for user in users
        if _key(user) in found
    }


def _register(leases: Mapping[str, ConnectionLeases]) -> None:
    plain = {_key(user): {name: tuple(lease) for name, lease in theirs.items()} for user, theirs in leases.items()}
    try:
        cache.set_many(plain, LEASE_SECONDS)
    except Exception as error:  # noqa: BLE001 - a cache may raise anything; each process then counts its own
        logger.debug("The cache failed, so sockets are counted per process: %r", error)
