"""Queue for decoding pictures, few at a time: a picture of 100 kB may need 300 MiB while it is decoded."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from ..exceptions import Busy
from ..node import NodePart, get_node

AT_ONCE: Final = 2
WAITING_LIMIT: Final = 16
"""Each waiting picture holds a thread and the file."""
OF_PERSON_LIMIT: Final = 4
"""Pictures of one person, running and waiting together, so that other people do not wait long."""
RETRY_SECONDS: Final = 2


@dataclass(frozen=True, eq=False, slots=True)
class QueuedPicture:
    """A picture that is decoded or waits for it. ``size`` is the memory it takes, approximately, in bytes."""

    person: str
    size: int


class DecodeQueue:
    """First-in, first-out queue that decodes at most two pictures at once in this process.

    Together they never take more memory than one picture may take alone.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: list[QueuedPicture] = []
        self._waiting: list[QueuedPicture] = []

    def require_capacity(self, person: str) -> None:
        """Raise ``Busy`` if one more picture of this person would not be admitted to the queue."""
        with self._changed:
            self._check_limits(person)

    @contextmanager
    def take(self, person: str, size: int, limit: int) -> Iterator[None]:
        """Wait for a turn and hold it. ``limit`` is the memory that all pictures may take together, in bytes.

        Raises ``Busy`` if too many pictures wait, or if the turn does not come within 20 s.
        """
        turn = QueuedPicture(person, size)
        self._begin(turn, limit)
        try:
            yield
        finally:
            with self._changed:
                self._running.remove(turn)
                self._changed.notify_all()

    def _begin(self, turn: QueuedPicture, limit: int) -> None:
        deadline = time.monotonic() + get_node().options.decode_patience_seconds
        with self._changed:
            self._check_limits(turn.person)
            self._waiting.append(turn)
            try:
                while not self._may_begin(turn, limit):
                    if not self._changed.wait(deadline - time.monotonic()):
                        raise Busy(retry_after=RETRY_SECONDS)
                self._running.append(turn)
            finally:
                self._waiting.remove(turn)
                self._changed.notify_all()

    def _check_limits(self, person: str) -> None:
        count = sum(turn.person == person for turn in (*self._running, *self._waiting))
        if count >= OF_PERSON_LIMIT or len(self._waiting) >= WAITING_LIMIT:
            raise Busy(retry_after=RETRY_SECONDS)

    def _may_begin(self, turn: QueuedPicture, limit: int) -> bool:
        if self._waiting[0] is not turn or len(self._running) >= AT_ONCE:
            return False
        return not self._running or turn.size + sum(each.size for each in self._running) <= limit


decode_queue = NodePart(DecodeQueue)

decoding_threads: Final = ThreadPoolExecutor(AT_ONCE, "pairchat-pictures")
"""The threads that decode, always the same: each thread keeps a part of the memory that a picture has taken in it."""
