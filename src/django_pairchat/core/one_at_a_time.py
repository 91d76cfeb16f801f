"""Mutual exclusion per person, in one process and across transports."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from ..exceptions import Busy
from ..utils.db_connections import release_connections
from .error_handling import RETRY_BUSY_SECONDS


class OneAtATime:
    """A lock per person: the requests of one person wait for each other, those of other people do not."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside: set[Hashable] = set()

    @contextmanager
    def enter(self, person: Hashable, patience_seconds: float) -> Iterator[None]:
        """Wait until this person is not inside. Raises ``Busy`` if that takes longer than ``patience_seconds``."""
        with self._changed:
            if person in self._inside:
                # Others need the connection meanwhile.
                release_connections()
            if not self._changed.wait_for(lambda: person not in self._inside, patience_seconds):
                raise Busy(retry_after=RETRY_BUSY_SECONDS)
            self._inside.add(person)
        try:
            yield
        finally:
            with self._changed:
                self._inside.discard(person)
                self._changed.notify_all()
