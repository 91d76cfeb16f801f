"""Requests of one connection, except sends: they run in order, but do not wait for a locked room."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from ...core.access import RoomLocked
from ...core.error_handling import RETRY_BUSY_SECONDS
from ...exceptions import Busy
from ...node import get_node
from ...protocol.requests import Request, RequestId
from ...sending.group_commit import LOCKED_ROOM_PAUSE_SECONDS

QUEUE_LIMIT: Final = 64
HEARING_SECONDS: Final = 0.5
"""How soon a connection is heard again that must be."""


class QueuedRequest(NamedTuple):
    """A request, and the key of the room that it needs: ``None`` if no room's lock can delay it."""

    id: RequestId
    request: Request
    room: str | None


class ParkedRequest(NamedTuple):
    """A request whose room is locked, and the monotonic time until when it is retried."""

    queued: QueuedRequest
    deadline: float


class RequestQueue:
    """Runs requests in order.

    If ``answer`` raises ``RoomLocked``, the request and all later ones for its room are parked (in order, at most 5 s
    each), and the others continue. ``refuse`` answers a request that failed.
    """

    __slots__ = ("_answer", "_parked", "_parked_tasks", "_queued", "_refuse", "_working")

    def __init__(
        self,
        answer: Callable[[RequestId, Request], Awaitable[None]],
        refuse: Callable[[RequestId, Exception], None],
    ) -> None:
        self._answer = answer
        self._refuse = refuse
        # Lists, because an empty deque takes 600 bytes in each of many idle connections.
        self._queued: list[QueuedRequest] = []
        self._working: asyncio.Task[None] | None = None
        self._parked: dict[str, list[ParkedRequest]] = {}
        self._parked_tasks: set[asyncio.Task[None]] | None = None

    async def add(self, queued: QueuedRequest, must_hear: Callable[[], bool] = lambda: False) -> None:
        """Queue a request. Blocks reading from the socket while 64 are queued.

        Raises ``Busy`` instead if ``must_hear`` says that the answers wait for what the client says next.
        """
        if len(self._queued) >= QUEUE_LIMIT and self._working is not None:
            while not self._working.done():
                if must_hear():
                    raise Busy(retry_after=RETRY_BUSY_SECONDS)
                await asyncio.wait([self._working], timeout=HEARING_SECONDS)
        self._queued.append(queued)
        if self._working is None or self._working.done():
            self._working = asyncio.get_running_loop().create_task(self._work())

    def cancel(self) -> None:
        """Cancel the running and the parked requests."""
        for task in (self._working, *(self._parked_tasks or ())):
            if task is not None:
                task.cancel()

    async def _work(self) -> None:
        while self._queued:
            queued = self._queued.pop(0)
            if queued.room in self._parked:
                self._park(queued, queued.room)
                continue
            try:
                await self._answer(queued.id, queued.request)
            except RoomLocked as locked:
                if queued.room is None:
                    self._refuse(queued.id, locked)
                else:
                    self._park(queued, queued.room)
            except Exception as error:  # noqa: BLE001 - no input and no database error ends a connection
                self._refuse(queued.id, error)
            except asyncio.CancelledError:
                self._refuse(queued.id, _cancelled_within())

    def _park(self, queued: QueuedRequest, room: str) -> None:
        if sum(map(len, self._parked.values())) >= QUEUE_LIMIT:
            self._refuse(queued.id, Busy(retry_after=RETRY_BUSY_SECONDS))
            return
        parked = ParkedRequest(queued, time.monotonic() + get_node().options.locked_room_seconds)
        if room in self._parked:
            self._parked[room].append(parked)
            return
        self._parked[room] = [parked]
        task = asyncio.get_running_loop().create_task(self._retry_parked(room))
        self._parked_tasks = (self._parked_tasks or set()) | {task}

    async def _retry_parked(self, room: str) -> None:
        parked = self._parked[room]
        while parked:
            await self._retry_first(parked)
        del self._parked[room]
        task = asyncio.current_task()
        self._parked_tasks = {each for each in self._parked_tasks or () if each is not task} or None

    async def _retry_first(self, parked: list[ParkedRequest]) -> None:
        queued, deadline = parked[0]
        try:
            await self._answer(queued.id, queued.request)
        except RoomLocked as locked:
            if time.monotonic() <= deadline:
                await asyncio.sleep(LOCKED_ROOM_PAUSE_SECONDS)
                return
            self._refuse(queued.id, locked)
        except Exception as error:  # noqa: BLE001 - as above
            self._refuse(queued.id, error)
        except asyncio.CancelledError:
            self._refuse(queued.id, _cancelled_within())
        parked.pop(0)


def _cancelled_within() -> Exception:
    """Return the error for a handler that cancelled something of its own. Re-raise a cancellation of this task."""
    task = asyncio.current_task()
    if task is None or task.cancelling():
        raise  # noqa: PLE0704 - called where it is being handled
    return RuntimeError("A handler was cancelled from within.")
