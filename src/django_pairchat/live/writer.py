"""Group commit: one thread per process writes all that has been sent meanwhile in one transaction."""

from __future__ import annotations

import asyncio
import copy
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from django.db import connections

from .. import get_message_model
from ..exceptions import Busy, ChatError
from ..services.announcements import Receiver, tell_live
from ..services.connections import drop_broken_connections, kept_connections
from ..services.drafts import Draft, Sent
from ..services.failures import RETRY_BUSY_SECONDS, DatabaseIsAway, refusal_for
from ..services.known_rooms import KnownRooms
from ..services.sending import announcements_of, give_back_tokens, send_drafts
from ..signals import message_sent
from .hub import call_in_loop
from .receivers import receivers

if TYPE_CHECKING:
    from ..base_models import AbstractRoom

logger = logging.getLogger("django_pairchat")

QUEUE_LIMIT: Final = 2_000
BATCH_LIMIT: Final = 200
LOCKED_ROOM_SECONDS: Final = 5.0
LOCKED_ROOM_PAUSE_SECONDS: Final = 0.05
"""How long to wait at most before looking at a locked room again."""
FIRST_PAUSE_SECONDS: Final = 0.002
"""At first: most locks are those of another process's batch, which is done in a few milliseconds."""
FORGET_SECONDS: Final = 0.5
"""After this time a room that cannot be locked may also be one that has gone, and is looked up again."""

Outcome = Sent | ChatError
Answer = Callable[[Outcome], None]


@dataclass(slots=True)
class Job:
    """A draft on its way, and whom to tell how it ended."""

    draft: Draft
    loop: asyncio.AbstractEventLoop
    answer: Answer
    since: float = field(default_factory=time.monotonic)


class Writer:
    """Takes drafts from any event loop and answers each after its commit, in the order they came per room."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew, as a forked process must: its parent's thread does not run in it."""
        self._jobs: deque[Job] = deque()
        self._waiting: list[Job] = []
        self._wakened = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._rests = True
        self._pause_seconds = FIRST_PAUSE_SECONDS
        self._known = KnownRooms()

    def send(self, draft: Draft, answer: Answer) -> None:
        """Queue a draft; ``answer`` is called in this event loop. A full queue answers ``busy`` at once."""
        if len(self._jobs) >= QUEUE_LIMIT:
            draft.outcome = Busy(retry_after=RETRY_BUSY_SECONDS)
            give_back_tokens([draft])
            answer(draft.outcome)
            return
        self._jobs.append(Job(draft, asyncio.get_running_loop(), answer))
        # Mostly the thread is at work and looks for more by itself; the lock would cost more than all else here.
        if self._rests:
            self._waken()

    def _waken(self) -> None:
        with self._wakened:
            if self._thread is None:
                self._stopping = False
                self._thread = threading.Thread(target=self._run, name="pairchat-writer", daemon=True)
                self._thread.start()
            self._rests = False
            self._wakened.notify()

    def stop(self, seconds: float | None = None) -> bool:
        """Write what is queued, then end the thread and close its connections; wait at most so long for it. Whether it
        was done by then."""
        with self._wakened:
            thread = self._thread
            self._stopping = True
            self._wakened.notify()
        if thread is None:
            return True
        thread.join(seconds)
        return not thread.is_alive()

    def _run(self) -> None:
        while batch := self._next_batch():
            try:
                with kept_connections():
                    self._write(batch)
            except Exception:
                logger.exception("The writer failed after a batch, and goes on with the next.")
        connections.close_all()

    def _next_batch(self) -> list[Job]:
        """What waits for a locked room first, then what is new: so that a room's order is kept."""
        with self._wakened:
            # Said before each look at the queue, so that whoever adds to it afterwards wakes this thread.
            self._rests = True
            if self._waiting and not self._jobs:
                self._wakened.wait(self._pause_seconds)
            while not (self._jobs or self._waiting or self._stopping):
                self._wakened.wait()
                self._rests = True
            fresh = [self._jobs.popleft() for _ in range(min(len(self._jobs), BATCH_LIMIT))]
            batch, self._waiting = [*self._waiting, *fresh], []
            self._rests = not batch
            if not batch:
                # Under the lock: what is sent from now on starts another thread.
                self._thread = None
            return batch

    def _write(self, batch: list[Job]) -> None:
        drafts = [job.draft for job in batch]
        _send_all(drafts, self._known)
        now = time.monotonic()
        for job in batch:
            if job.draft.outcome is None and now - job.since > LOCKED_ROOM_SECONDS:
                job.draft.outcome = Busy(retry_after=RETRY_BUSY_SECONDS)
        self._waiting = [job for job in batch if job.draft.outcome is None]
        self._pause_seconds = (
            min(2 * self._pause_seconds, LOCKED_ROOM_PAUSE_SECONDS) if self._waiting else FIRST_PAUSE_SECONDS
        )
        for job in self._waiting:
            if now - job.since > FORGET_SECONDS:
                self._known.forget(job.draft.key)
        give_back_tokens(drafts)
        _answer(job for job in batch if job.draft.outcome is not None)
        changes = announcements_of(drafts)
        if changes:
            tell_live(changes)
        _signal(drafts)


def _send_all(drafts: Sequence[Draft], known: KnownRooms) -> None:
    """All together; if that fails, whatever one of them did wrong harms none of the others."""
    try:
        send_drafts(drafts, known, skip_locked=True)
    except DatabaseIsAway:
        _send_again(_not_sent(drafts), known)
    except Exception:  # noqa: BLE001 - one by one, each gets its own answer
        _send_apart(_not_sent(drafts), known)


def _send_again(drafts: Sequence[Draft], known: KnownRooms) -> None:
    """A deadlock or a connection that was cut while idle does not come twice; a database that is away does."""
    drop_broken_connections()
    try:
        send_drafts(drafts, known, skip_locked=True)
    except DatabaseIsAway as second:
        for draft in _not_sent(drafts):
            draft.outcome = refusal_for(second)
    except Exception:  # noqa: BLE001 - as above
        _send_apart(_not_sent(drafts), known)
    for draft in drafts:
        if draft.may_be_stored and isinstance(draft.outcome, Sent):
            # It is this batch that stored it, and nobody has been told.
            draft.outcome.duplicate = False


def _send_apart(drafts: Iterable[Draft], known: KnownRooms) -> None:
    for draft in drafts:
        try:
            send_drafts([draft], known, skip_locked=True)
        except Exception as error:  # noqa: BLE001 - every draft is answered, whatever happened
            draft.outcome = refusal_for(error)


def _not_sent(drafts: Iterable[Draft]) -> list[Draft]:
    """Those of these drafts that are not stored, with nothing known of how they end: what was found wrong with one of
    them before the others failed is found again."""
    left = [draft for draft in drafts if not isinstance(draft.outcome, Sent)]
    for draft in left:
        draft.outcome = None
    return left


def _answer(jobs: Iterable[Job]) -> None:
    """One wake-up per event loop for the whole batch."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in jobs:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, answered in by_loop.items():
        call_in_loop(loop, _call_answers, answered)


def _call_answers(jobs: Sequence[Job]) -> None:
    for job in jobs:
        try:
            if job.draft.outcome is not None:
                job.answer(job.draft.outcome)
        except Exception:
            logger.exception("An answer could not be given; the client asks again.")


def _signal(drafts: Iterable[Draft]) -> None:
    """A host's receivers run after the answers and not on this thread: a slow one must not hold up the next batch."""
    if message_sent.has_listeners(get_message_model()):
        receivers.call(_signals_of(draft.sent for draft in drafts if draft.is_stored))


def _signals_of(stored: Iterable[Sent]) -> list[Receiver]:
    """Each room as it is now: what is known of it goes on with the next batch, while the receivers look at it."""
    rooms: dict[int, AbstractRoom] = {}
    calls: list[Receiver] = []
    for sent in stored:
        if id(sent.room) not in rooms:
            rooms[id(sent.room)] = copy.copy(sent.room)
        calls.append(partial(_send_signal, sent.with_room(rooms[id(sent.room)])))
    return calls


def _send_signal(sent: Sent) -> None:
    message = sent.message
    message_sent.send_robust(sender=type(message), message=message, room=message.room)


writer = Writer()
