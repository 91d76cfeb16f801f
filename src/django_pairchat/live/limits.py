"""How many sockets one user may hold, over all processes; the oldest goes when there are too many."""

from __future__ import annotations

import logging
from functools import partial
from typing import Final

from django.core.cache import cache

from ..conf import conf
from ..services.announcements import SocketOneTooMany, tell_live
from .hub import Connection, hub
from .workers import Workers

logger = logging.getLogger("django_pairchat")

REGISTRY_SECONDS: Final = 24 * 3600

cache_workers = Workers(daemon="pairchat-cache")
"""Apart from the database's: a cache that hangs must hold up neither reading nor the end of the process."""


def admit(connection: Connection) -> None:
    """Count a new socket, and tell the oldest of its user's to go if there are too many."""
    cache_workers.submit_once(("sockets", connection.user_key), partial(_count, connection.user_key))


def dismiss(connection: Connection) -> None:
    cache_workers.submit(partial(_discount, connection.user_key, connection.connection))


def _key(user_key: str) -> str:
    return f"pairchat:sockets:{user_key}"


def _count(user_key: str) -> None:
    """The registry is read and written without a lock: of two sockets opened in the same instant in two processes
    one may be missing from it until the user opens the next."""
    opened = _registered(user_key) | {mine.connection: mine.opened_at for mine in hub.of_user(user_key)}
    newest_first = sorted(opened, key=lambda each: opened[each], reverse=True)
    kept, excess = newest_first[: conf.sockets_per_user], newest_first[conf.sockets_per_user :]
    _register(user_key, {each: opened[each] for each in kept})
    if excess:
        tell_live([SocketOneTooMany(user_key, each) for each in excess])


def _discount(user_key: str, connection: str) -> None:
    opened = _registered(user_key)
    if opened.pop(connection, None) is not None:
        _register(user_key, opened)


def _registered(user_key: str) -> dict[str, float]:
    try:
        return dict(cache.get(_key(user_key)) or {})
    except Exception as error:  # noqa: BLE001 - a cache may raise anything; each process then counts its own
        logger.debug("The cache failed, so sockets are counted per process: %r", error)
        return {}


def _register(user_key: str, opened: dict[str, float]) -> None:
    try:
        cache.set(_key(user_key), opened, REGISTRY_SECONDS)
    except Exception as error:  # noqa: BLE001 - a cache may raise anything; each process then counts its own
        logger.debug("The cache failed, so sockets are counted per process: %r", error)
