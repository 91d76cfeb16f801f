"""The requests of one connection, sends apart: one after the other, except that nobody waits for a locked room."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from ..exceptions import Busy
from ..services.access import RoomLocked
from ..services.failures import RETRY_BUSY_SECONDS
from ..wire.requests import Request, RequestId
from .writer import LOCKED_ROOM_PAUSE_SECONDS, LOCKED_ROOM_SECONDS

IN_HAND_LIMIT: Final = 64


class Asked(NamedTuple):
    """``room`` is the key of the room that it is about, ``None`` for one that no lock of a room can hold up."""

    id: RequestId
    request: Request
    room: str | None


class Waiting(NamedTuple):
    asked: Asked
    patience_ends: float


class Turns:
    """``answer`` raises ``RoomLocked`` for a request whose room somebody else has locked. Then it, and all that come
    after it about this room, wait in a line of their own, in their order, each at most 5 s."""

    def __init__(
        self,
        answer: Callable[[RequestId, Request], Awaitable[None]],
        refuse: Callable[[RequestId, Exception], None],
    ) -> None:
        self._answer = answer
        self._refuse = refuse
        # Lists, because an empty deque takes 600 bytes in each of many idle connections.
        self._in_hand: list[Asked] = []
        self._working: asyncio.Task[None] | None = None
        self._lines: dict[str, list[Waiting]] = {}
        self._line_tasks: set[asyncio.Task[None]] | None = None

    async def add(self, asked: Asked) -> None:
        """Whoever asks faster than can be answered is not heard meanwhile."""
        if len(self._in_hand) >= IN_HAND_LIMIT and self._working is not None:
            await asyncio.wait([self._working])
        self._in_hand.append(asked)
        if self._working is None or self._working.done():
            self._working = asyncio.get_running_loop().create_task(self._work())

    def cancel(self) -> None:
        """Give up what is in hand."""
        for task in (self._working, *(self._line_tasks or ())):
            if task is not None:
                task.cancel()

    async def _work(self) -> None:
        while self._in_hand:
            asked = self._in_hand.pop(0)
            if asked.room in self._lines:
                self._line_up(asked, asked.room)
                continue
            try:
                await self._answer(asked.id, asked.request)
            except RoomLocked as locked:
                if asked.room is None:
                    self._refuse(asked.id, locked)
                else:
                    self._line_up(asked, asked.room)
            except Exception as error:  # noqa: BLE001 - no input and no database error ends a connection
                self._refuse(asked.id, error)

    def _line_up(self, asked: Asked, room: str) -> None:
        if sum(map(len, self._lines.values())) >= IN_HAND_LIMIT:
            self._refuse(asked.id, Busy(retry_after=RETRY_BUSY_SECONDS))
            return
        waiting = Waiting(asked, time.monotonic() + LOCKED_ROOM_SECONDS)
        if room in self._lines:
            self._lines[room].append(waiting)
            return
        self._lines[room] = [waiting]
        task = asyncio.get_running_loop().create_task(self._wait_for(room))
        self._line_tasks = (self._line_tasks or set()) | {task}

    async def _wait_for(self, room: str) -> None:
        line = self._lines[room]
        while line:
            await self._try(line)
        del self._lines[room]
        task = asyncio.current_task()
        self._line_tasks = {each for each in self._line_tasks or () if each is not task} or None

    async def _try(self, line: list[Waiting]) -> None:
        asked, patience_ends = line[0]
        try:
            await self._answer(asked.id, asked.request)
        except RoomLocked as locked:
            if time.monotonic() <= patience_ends:
                await asyncio.sleep(LOCKED_ROOM_PAUSE_SECONDS)
                return
            self._refuse(asked.id, locked)
        except Exception as error:  # noqa: BLE001 - as above
            self._refuse(asked.id, error)
        line.pop(0)
