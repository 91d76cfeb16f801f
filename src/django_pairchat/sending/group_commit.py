"""Group commit: one thread per process writes all messages that are queued in one transaction."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connections

from ..core import events
from ..core.events import SignalCall
from ..node import NodePart, get_node
from ..tenancy import activated
from ..utils import instruments
from ..utils.db_connections import DATABASE_UNAVAILABLE, close_broken_connections, database_connections
from ..utils.event_loop_thread import call_in_loop
from .first_message import first_messages
from .publish import publish
from .room_cache import RoomCache
from .store import store
from .types import LOCKED, Answer, Failed, Locked, PendingMessage, StoredMessage, StoreResult

logger = logging.getLogger("django_pairchat")

BATCH_LIMIT: Final = 200
LOCKED_ROOM_PAUSE_SECONDS: Final = 0.05
"""Longest pause before a locked room is tried again."""
FIRST_PAUSE_SECONDS: Final = 0.002
"""First pause: most locks are those of another process's batch, which takes a few milliseconds."""
UNCERTAIN_LIMIT: Final = 10_000
FORGET_SECONDS: Final = 0.5
"""A room that cannot be locked for this long may have been deleted, so it is looked up again."""

OnAnswer = Callable[[Answer], None]


def call_all(calls: Sequence[SignalCall]) -> None:
    """Make these calls on this thread."""
    for call in calls:
        call()


class QueuedSend(NamedTuple):
    """A queued message, and the callback for its answer in its event loop. ``since`` is on the monotonic clock.

    ``may_be_stored`` is set if an earlier attempt may have stored it: then nobody was told of it.
    """

    pending: PendingMessage
    loop: asyncio.AbstractEventLoop
    on_answer: OnAnswer
    since: float
    may_be_stored: bool = False


class GroupCommitter:
    """Takes messages from any event loop, and answers each after its commit. The order per room is kept."""

    def __init__(self, send_signals: Callable[[Sequence[SignalCall]], object] = call_all) -> None:
        self._send_signals = send_signals
        self._node = get_node()
        self._queue: deque[QueuedSend] = deque()
        self._waiting: list[QueuedSend] = []
        self._wakeup = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._is_idle = True
        self._pause_seconds = FIRST_PAUSE_SECONDS
        self._known = RoomCache()
        # Messages that may be stored, and of which nobody was told: in their order, the oldest is forgotten first.
        self._uncertain: dict[tuple[str, Any, UUID], None] = {}

    def send(self, pending: PendingMessage, on_answer: OnAnswer) -> None:
        """Queue a message; ``on_answer`` is called in this event loop. A full queue answers ``busy`` at once."""
        if len(self._queue) >= self._node.options.send_queue_limit:
            on_answer(publish([(pending, LOCKED)]).answers[0])
            return
        self._queue.append(QueuedSend(pending, asyncio.get_running_loop(), on_answer, time.monotonic()))
        # Mostly the thread is busy and checks the queue by itself. Taking the lock would be the largest cost here.
        if self._is_idle:
            self._wake_up()

    def _wake_up(self) -> None:
        with self._wakeup:
            if self._thread is None:
                self._stopping = False
                self._thread = threading.Thread(target=self._run, name="pairchat-group-commit", daemon=True)
                self._thread.start()
            self._is_idle = False
            self._wakeup.notify()

    def stop(self, seconds: float | None = None) -> bool:
        """Write queued messages, stop the thread, close its database connections. Return False on timeout."""
        with self._wakeup:
            thread = self._thread
            self._stopping = True
            self._wakeup.notify()
        if thread is None:
            return True
        thread.join(seconds)
        return not thread.is_alive()

    def _run(self) -> None:
        with self._node.active():
            while batch := self._next_batch():
                try:
                    with database_connections(), activated(self._node.tenant):
                        self._write(batch)
                except Exception:
                    logger.exception("The group committer failed after a batch, and continues with the next.")
        connections.close_all()

    def _next_batch(self) -> list[QueuedSend]:
        """Return the messages that wait for a locked room, then new ones: that keeps the order of a room."""
        with self._wakeup:
            # Set before checking the queue: a producer that appends afterwards must notify this thread.
            self._is_idle = True
            if self._waiting and not self._queue:
                self._wakeup.wait(self._pause_seconds)
            while not (self._queue or self._waiting or self._stopping):
                self._wakeup.wait()
                self._is_idle = True
            fresh = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH_LIMIT))]
            batch, self._waiting = [*self._waiting, *fresh], []
            self._is_idle = not batch
            if not batch:
                # Under the lock: the next message starts another thread.
                self._thread = None
            return batch

    def _write(self, batch: list[QueuedSend]) -> None:
        started = time.perf_counter()
        results = _store_with_retries([queued.pending for queued in batch], self._known)
        seconds = time.perf_counter() - started
        done = self._keep_locked(batch, results)
        published = publish((queued.pending, result) for queued, result in done)
        _answer(zip((queued for queued, _result in done), published.answers, strict=True))
        if published.new:
            events.publish(published.events())
        if calls := published.signals():
            self._send_signals(calls)
        instruments.batch_written(len(batch), seconds, len(self._queue) + len(self._waiting))
        instruments.messages_sent(len(published.new))

    def _keep_locked(self, batch: list[QueuedSend], results: list[StoreResult]) -> list[tuple[QueuedSend, StoreResult]]:
        """Keep the messages of locked rooms for the next batch, for 5 s at most. Return the others."""
        now = time.monotonic()
        done: list[tuple[QueuedSend, StoreResult]] = []
        for queued, result in zip(batch, results, strict=True):
            if not isinstance(result, Locked) or now - queued.since > self._node.options.locked_room_seconds:
                done.append((queued, self._remember_uncertain(queued, result)))
                continue
            self._waiting.append(queued._replace(may_be_stored=queued.may_be_stored or result.may_be_stored))
            if now - queued.since > FORGET_SECONDS:
                self._known.evict(queued.pending.key)
        self._pause_seconds = (
            min(2 * self._pause_seconds, LOCKED_ROOM_PAUSE_SECONDS) if self._waiting else FIRST_PAUSE_SECONDS
        )
        return done

    def _remember_uncertain(self, queued: QueuedSend, result: StoreResult) -> StoreResult:
        """Return the result. It is that of a new message if an attempt may have stored it before and nobody was told.

        A message whose commit was uncertain is remembered, because the client repeats it with the same id.
        """
        if isinstance(result, StoredMessage) and not self._uncertain and not queued.may_be_stored:
            return result
        message = (queued.pending.key, getattr(queued.pending.sender, "pk", None), queued.pending.client_id)
        was_uncertain = queued.may_be_stored or message in self._uncertain
        if isinstance(result, StoredMessage):
            self._uncertain.pop(message, None)
        elif was_uncertain or (isinstance(result, Failed | Locked) and result.may_be_stored):
            self._uncertain[message] = None
            if len(self._uncertain) > UNCERTAIN_LIMIT:
                del self._uncertain[next(iter(self._uncertain))]
        return _as_unannounced(result) if was_uncertain else result


def _store(batch: Sequence[PendingMessage], known: RoomCache) -> list[StoreResult]:
    """Store messages without waiting for a locked room, nor for what is asked of a first message."""
    return store(batch, known, skip_locked=True, ask_limit=first_messages().ask)


def _store_with_retries(batch: Sequence[PendingMessage], known: RoomCache) -> list[StoreResult]:
    """Store all messages together. If that fails, store those that failed once more."""
    results = _store(batch, known)
    failed = {place: result for place, result in enumerate(results) if isinstance(result, Failed)}
    if failed:
        again = _store_again([batch[place] for place in failed], next(iter(failed.values())).error, known)
        for (place, first), result in zip(failed.items(), again, strict=True):
            results[place] = _as_unannounced(result) if first.may_be_stored else result
    return results


def _as_unannounced(result: StoreResult) -> StoreResult:
    """Return the result of a message that an earlier attempt may have stored: nobody was told of it."""
    if isinstance(result, StoredMessage):
        return result._replace(duplicate=False)
    return result._replace(may_be_stored=True) if isinstance(result, Failed | Locked) else result


def _store_again(batch: Sequence[PendingMessage], error: Exception, known: RoomCache) -> list[StoreResult]:
    """Retry together after a database error, else one by one, so that a bad message fails alone.

    A deadlock, or a connection that was lost while idle, is over by then; an unavailable database is not.
    """
    if not isinstance(error, DATABASE_UNAVAILABLE):
        return [_store_alone(pending, known) for pending in batch]
    close_broken_connections()
    return [
        _store_alone(pending, known)
        if isinstance(result, Failed) and not isinstance(result.error, DATABASE_UNAVAILABLE)
        else result
        for pending, result in zip(batch, _store(batch, known), strict=True)
    ]


def _store_alone(pending: PendingMessage, known: RoomCache) -> StoreResult:
    return _store([pending], known)[0]


def _answer(answers: Iterable[tuple[QueuedSend, Answer]]) -> None:
    """Answer the whole batch with one wake-up per event loop."""
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[tuple[OnAnswer, Answer]]] = defaultdict(list)
    for queued, answer in answers:
        by_loop[queued.loop].append((queued.on_answer, answer))
    for loop, of_loop in by_loop.items():
        call_in_loop(loop, _call_back, of_loop)


def _call_back(answers: Sequence[tuple[OnAnswer, Answer]]) -> None:
    for on_answer, answer in answers:
        try:
            on_answer(answer)
        except Exception:
            logger.exception("An answer could not be sent. The client will repeat its request.")


group_committer = NodePart(GroupCommitter)
