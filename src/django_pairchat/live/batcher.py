"""Asking for many things at once: what is asked while one question is under way goes into the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Final, Generic, TypeVar

from ..services.failures import DatabaseIsAway
from .workers import workers

Key = TypeVar("Key")
Value = TypeVar("Value")

BATCH_LIMIT: Final = 500


class Batcher(Generic[Key, Value]):
    """Of one event loop. ``look_up`` runs in a worker thread, for up to 500 keys at a time."""

    def __init__(self, look_up: Callable[[Collection[Key]], Mapping[Key, Value]]) -> None:
        self._look_up = look_up
        self._asked: dict[Key, asyncio.Future[Value | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def get(self, key: Key) -> Value | None:
        """The value of ``key``, ``None`` where there is none. Raises what the look-up raised."""
        loop = asyncio.get_running_loop()
        if key not in self._asked:
            self._asked[key] = loop.create_future()
        answer = self._asked[key]
        if self._asking is None:
            self._asking = loop.create_task(self._ask())
        return await asyncio.shield(answer)

    async def _ask(self) -> None:
        # One turn of the loop, so that everybody who is about to ask is in the first batch.
        await asyncio.sleep(0)
        while self._asked:
            keys = list(self._asked)[:BATCH_LIMIT]
            batch = {key: self._asked.pop(key) for key in keys}
            try:
                found = await workers.run(partial(self._look_up, keys))
            except Exception as error:  # noqa: BLE001 - it is for those who asked
                await self._ask_apart(batch, error)
            else:
                _answer(batch, found)
        self._asking = None

    async def _ask_apart(self, batch: Mapping[Key, asyncio.Future[Value | None]], error: Exception) -> None:
        """What is wrong with one key harms nobody who asked for another; what is wrong with the database, everybody."""
        if len(batch) == 1 or isinstance(error, DatabaseIsAway):
            _fail(batch.values(), error)
            return
        for key, answer in batch.items():
            try:
                _answer({key: answer}, await workers.run(partial(self._look_up, [key])))
            except Exception as its_error:  # noqa: BLE001 - it is for whoever asked for this key
                _fail([answer], its_error)


def _answer(batch: Mapping[Key, asyncio.Future[Value | None]], found: Mapping[Key, Value]) -> None:
    for key, answer in batch.items():
        if not answer.done():
            answer.set_result(found.get(key))


def _fail(answers: Collection[asyncio.Future[Value | None]], error: Exception) -> None:
    for answer in answers:
        if not answer.done():
            answer.set_exception(error)
            # Whoever asked may have gone away meanwhile.
            answer.exception()
