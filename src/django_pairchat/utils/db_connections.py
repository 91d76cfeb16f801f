"""Database connections of threads that live as long as the process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.conf import settings
from django.db import InterfaceError, OperationalError, connections, reset_queries
from django.db.backends.base.base import BaseDatabaseWrapper
from django.urls import set_script_prefix

TRUSTED_IDLE_SECONDS: Final = 5.0
DATABASE_UNAVAILABLE: Final = (OperationalError, InterfaceError)
"""The exceptions that Django raises if the database cannot be used now."""
POOL_ENDING_SECONDS: Final = 1.0

_local = threading.local()


@contextmanager
def database_connections() -> Iterator[None]:
    """Manage the database connections of a long-lived thread: keep them open, and close broken ones before and after.

    A connection that was idle for more than 5 s is tested first, because only a test shows that its server has gone
    away. Connections of a pool are returned after the work, because any other thread may wait for one.
    """
    # Django sets it in the main thread and in those of requests. The URLs in messages need it here, too.
    set_script_prefix(settings.FORCE_SCRIPT_NAME or "/")
    last_used, _local.last_used = getattr(_local, "last_used", 0.0), time.monotonic()
    if time.monotonic() - last_used > TRUSTED_IDLE_SECONDS:
        close_broken_connections()
    try:
        yield
    finally:
        # With DEBUG a connection keeps its queries. Django itself clears them with each request.
        reset_queries()
        close_broken_connections(only_suspect=True)
        release_connections()


def close_broken_connections(*, only_suspect: bool = False) -> None:
    """Close this thread's connections whose server is gone. The next query opens another."""
    for connection in connections.all(initialized_only=True):
        suspect = connection.errors_occurred or not only_suspect
        if suspect and connection.connection is not None and not connection.in_atomic_block:
            connection.errors_occurred = False
            if not connection.is_usable():
                connection.close()
                if is_pooled(connection):
                    # The idle connections of the pool are probably broken, too.
                    _pool_of(connection).check()


def release_connections() -> None:
    """Return this thread's connections to the pools that they are from. Others stay open."""
    for connection in connections.all(initialized_only=True):
        if is_pooled(connection) and connection.connection is not None and not connection.in_atomic_block:
            connection.close()


def close_pools() -> None:
    """Close all connection pools, so that threads that wait for a connection fail. Takes at most 1 s for each pool."""
    for connection in connections.all():
        if is_pooled(connection):
            _pool_of(connection).close(POOL_ENDING_SECONDS)
            # Django then makes another pool for later use, as in a test process.
            _close_as_django_does(connection)


def is_pooled(connection: BaseDatabaseWrapper) -> bool:
    return connection.vendor == "postgresql" and bool(connection.settings_dict["OPTIONS"].get("pool"))


def _pool_of(connection: Any) -> Any:
    return connection.pool


def _close_as_django_does(connection: Any) -> None:
    connection.close_pool()
