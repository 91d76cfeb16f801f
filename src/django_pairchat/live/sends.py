"""The unanswered messages of one connection."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

from ..services.drafts import Draft
from .writer import Answer, Outcome, writer

IN_HAND_LIMIT: Final = 64
"""Of one connection: the writer's queue is everybody's."""
OF_ROOM_LIMIT: Final = 32
"""So that a room that is locked leaves something for the connection's other rooms."""
HELD_BACK_LIMIT: Final = 128
STANDSTILL_SECONDS: Final = 0.5
"""Without an answer for this long the messages in hand wait for a locked room, and what comes is refused at once."""


class Sends:
    """Hands messages to the writer, in their order per room; beyond a number they are held back here until others have
    been answered, so that the connection is still heard."""

    __slots__ = ("_answer_came", "_held_back", "_of_room", "_stands_still", "_total")

    def __init__(self) -> None:
        # Made when first needed, because many connections are idle.
        self._of_room: dict[str, int] | None = None
        self._held_back: list[tuple[Draft, Answer]] | None = None
        self._answer_came: asyncio.Event | None = None
        self._stands_still = False
        self._total = 0

    async def have_room(self) -> bool:
        """Whether there is room for one more. Whoever sends faster than can be answered is not heard meanwhile."""
        if self._is_full and not self._stands_still:
            await self._wait_for_an_answer()
        return not self._is_full

    @property
    def _is_full(self) -> bool:
        return self._held_back is not None and len(self._held_back) >= HELD_BACK_LIMIT

    async def _wait_for_an_answer(self) -> None:
        self._answer_came = asyncio.Event()
        try:
            await asyncio.wait_for(self._answer_came.wait(), STANDSTILL_SECONDS)
        except TimeoutError:
            self._stands_still = True
        finally:
            self._answer_came = None

    def put(self, draft: Draft, answer: Answer) -> None:
        if self._has_place(draft.key):
            self._hand_over(draft, answer)
        elif self._held_back is None:
            self._held_back = [(draft, answer)]
        else:
            self._held_back.append((draft, answer))

    def _has_place(self, room: str) -> bool:
        return self._total < IN_HAND_LIMIT and (self._of_room is None or self._of_room.get(room, 0) < OF_ROOM_LIMIT)

    def _hand_over(self, draft: Draft, answer: Answer) -> None:
        if self._of_room is None:
            self._of_room = {}
        self._of_room[draft.key] = self._of_room.get(draft.key, 0) + 1
        self._total += 1
        writer.send(draft, partial(self._answered, draft.key, answer))

    def _answered(self, room: str, answer: Answer, outcome: Outcome) -> None:
        self._total -= 1
        if self._of_room is not None:
            self._of_room[room] -= 1
            if not self._of_room[room]:
                del self._of_room[room]
        answer(outcome)
        if self._held_back is not None:
            self._let_go(self._held_back)
        self._stands_still = False
        if self._answer_came is not None:
            self._answer_came.set()

    def _let_go(self, held_back: list[tuple[Draft, Answer]]) -> None:
        # The place that became free is taken at once, so nobody who comes later finds it.
        for number, (draft, answer) in enumerate(held_back):
            if self._has_place(draft.key):
                del held_back[number]
                self._held_back = held_back or None
                self._hand_over(draft, answer)
                return
