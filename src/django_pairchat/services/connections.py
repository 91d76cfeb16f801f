"""Database connections of threads that live as long as the process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.db import connections, reset_queries
from django.urls import set_script_prefix

TRUSTED_IDLE_SECONDS: Final = 5.0

_mine = threading.local()


@contextmanager
def kept_connections() -> Iterator[None]:
    """Database work in a long-lived thread: connections stay open, broken ones are found before and after.

    A connection that was idle for more than 5 s is looked at first, because a server that went away in the meantime
    is noticed only by asking it.
    """
    # Django sets it in the thread that starts and in those of requests; the addresses in messages need it here.
    set_script_prefix(settings.FORCE_SCRIPT_NAME or "/")
    last_used, _mine.last_used = getattr(_mine, "last_used", 0.0), time.monotonic()
    if time.monotonic() - last_used > TRUSTED_IDLE_SECONDS:
        drop_broken_connections()
    try:
        yield
    finally:
        # While DEBUG is on a connection keeps its queries; Django forgets them with each request.
        reset_queries()
        drop_broken_connections(only_suspect=True)


def drop_broken_connections(*, only_suspect: bool = False) -> None:
    """Close this thread's connections whose server is gone; the next query opens another."""
    for connection in connections.all(initialized_only=True):
        suspect = connection.errors_occurred or not only_suspect
        if suspect and connection.connection is not None and not connection.in_atomic_block:
            connection.errors_occurred = False
            if not connection.is_usable():
                connection.close()
