"""Flow control of one connection: its sends without an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from ...protocol.requests import RequestId
from ...sending.group_commit import group_committer
from ...sending.types import Answer, PendingMessage

INFLIGHT_LIMIT: Final = 64
"""Per connection, because all connections share the group committer's queue."""
INFLIGHT_PER_ROOM_LIMIT: Final = 32
"""So that a locked room leaves capacity for the connection's other rooms."""
BACKLOG_LIMIT: Final = 128
STALL_SECONDS: Final = 0.5
"""If no send is answered for this long, assume a locked room and reject new sends with ``busy``."""


class InflightSends:
    """Hands messages to the group committer, in their order per room.

    Beyond a limit they are held back here until others have been answered, so that the connection can still read.
    """

    __slots__ = ("_answer_came", "_backlog", "_is_stalled", "_of_room", "_on_answer", "_total")

    def __init__(self, on_answer: Callable[[RequestId, Answer], None]) -> None:
        self._on_answer = on_answer
        # Made when first needed, because many connections are idle.
        self._of_room: dict[str, int] | None = None
        self._backlog: list[tuple[PendingMessage, RequestId]] | None = None
        self._answer_came: asyncio.Event | None = None
        self._is_stalled = False
        self._total = 0

    async def wait_for_capacity(self) -> bool:
        """Return whether one more fits. Blocks reading from the socket while the window is full, for 0.5 s at most."""
        if self.is_full and not self._is_stalled:
            await self._wait_for_an_answer()
        return not self.is_full

    @property
    def is_full(self) -> bool:
        """True if no more sends are held back before some have been answered."""
        return self._backlog is not None and len(self._backlog) >= BACKLOG_LIMIT

    async def _wait_for_an_answer(self) -> None:
        self._answer_came = asyncio.Event()
        try:
            await asyncio.wait_for(self._answer_came.wait(), STALL_SECONDS)
        except TimeoutError:
            self._is_stalled = True
        finally:
            self._answer_came = None

    def add(self, pending: PendingMessage, request_id: RequestId) -> None:
        if self._has_capacity(pending.key):
            self._forward(pending, request_id)
        elif self._backlog is None:
            self._backlog = [(pending, request_id)]
        else:
            self._backlog.append((pending, request_id))

    def _has_capacity(self, room: str) -> bool:
        return self._total < INFLIGHT_LIMIT and (
            self._of_room is None or self._of_room.get(room, 0) < INFLIGHT_PER_ROOM_LIMIT
        )

    def _forward(self, pending: PendingMessage, request_id: RequestId) -> None:
        if self._of_room is None:
            self._of_room = {}
        self._of_room[pending.key] = self._of_room.get(pending.key, 0) + 1
        self._total += 1
        group_committer().send(pending, partial(self._answered, pending.key, request_id))

    def _answered(self, room: str, request_id: RequestId, answer: Answer) -> None:
        self._total -= 1
        if self._of_room is not None:
            self._of_room[room] -= 1
            if not self._of_room[room]:
                del self._of_room[room]
        self._on_answer(request_id, answer)
        if self._backlog is not None:
            self._release_next(self._backlog)
        self._is_stalled = False
        if self._answer_came is not None:
            self._answer_came.set()

    def _release_next(self, held_back: list[tuple[PendingMessage, RequestId]]) -> None:
        # The free place is taken at once, so that no later message overtakes.
        for number, (pending, request_id) in enumerate(held_back):
            if self._has_capacity(pending.key):
                del held_back[number]
                self._backlog = held_back or None
                self._forward(pending, request_id)
                return
