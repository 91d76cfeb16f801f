"""People who may not write anywhere until a time, as an installed app knows them.

They are kept in memory, all of them, and read again after 2 s at the latest: to ask costs a send no query.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from ..exceptions import Suspended
from ..node import NodePart, get_node

Load = Callable[[], Mapping[str, datetime]]
_loaders: Final[list[Load]] = []


def add_restrictions(load: Load) -> None:
    """Let ``load`` return until when people may not write, by the text of their keys. Call it in ``ready()``."""
    if load not in _loaders:
        _loaders.append(load)


class Restrictions:
    """The answers that the installed apps gave last. Used from any thread."""

    def __init__(self) -> None:
        self._until: Mapping[str, datetime] = {}
        self._fresh_until = 0.0
        self._forgotten = 0
        self._loading = threading.Lock()

    @property
    def are_fresh(self) -> bool:
        return not _loaders or time.monotonic() < self._fresh_until

    def forget(self) -> None:
        """Read them again before the next answer."""
        self._forgotten += 1
        self._fresh_until = 0.0

    def refresh(self) -> None:
        """Read them again if they are older than 2 s. One thread reads, the others wait for it."""
        with self._loading:
            if self.are_fresh:
                return
            forgotten, since = self._forgotten, time.monotonic()
            until: dict[str, datetime] = {}
            for load in _loaders:
                for user_key, end in load().items():
                    until[user_key] = max(end, until.get(user_key, end))
            self._until = until
            # What was forgotten meanwhile may have been read before it changed.
            if forgotten == self._forgotten:
                self._fresh_until = since + get_node().options.restrictions_seconds

    def until(self, user_key: str) -> datetime | None:
        """Return the end of this person's restriction as it was read last, ``None`` if there is none now."""
        end = self._until.get(user_key)
        return end if end is not None and end > timezone.now() else None


restrictions = NodePart(Restrictions)


def restricted_until(user: Any) -> datetime | None:
    """Return until when this person may write nowhere, ``None`` if nothing forbids it. May query the database."""
    if not _loaders or user is None:
        return None
    known = restrictions()
    if not known.are_fresh:
        known.refresh()
    return known.until(str(user.pk))


def restriction_of(user: Any) -> Suspended | None:
    """Return the error of everything that this person writes, ``None`` for most people. May query the database."""
    return _error(restricted_until(user))


def known_restriction(user_key: str) -> Suspended | None:
    """Return that error as it was read last, without a query: for a caller that has asked :func:`are_known`."""
    return _error(restrictions().until(user_key))


def _error(until: datetime | None) -> Suspended | None:
    return None if until is None else Suspended(until=until)


def require_unrestricted(user: Any) -> None:
    """Raise ``Suspended`` for a person who may not write."""
    error = restriction_of(user)
    if error is not None:
        raise error


def are_known() -> bool:
    """Return whether :func:`restricted_until` can answer without a query."""
    return not _loaders or restrictions().are_fresh
