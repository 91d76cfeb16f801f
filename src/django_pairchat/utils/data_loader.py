"""Batched look-ups, as in the DataLoader pattern: keys requested during one look-up go into the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Final, Generic, TypeVar

from ..utils.db_connections import DATABASE_UNAVAILABLE
from .thread_pool import thread_pool

Key = TypeVar("Key")
Value = TypeVar("Value")

BATCH_LIMIT: Final = 500


class DataLoader(Generic[Key, Value]):
    """Batches the look-ups of one event loop. ``look_up`` runs in a worker thread, for up to 500 keys at a time."""

    def __init__(self, look_up: Callable[[Collection[Key]], Mapping[Key, Value]]) -> None:
        self._look_up = look_up
        self._requested: dict[Key, asyncio.Future[Value | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def get(self, key: Key) -> Value | None:
        """Return the value of ``key``, ``None`` if there is none. Raises what the look-up raised."""
        loop = asyncio.get_running_loop()
        if key not in self._requested:
            self._requested[key] = loop.create_future()
        future = self._requested[key]
        if self._task is None:
            self._task = loop.create_task(self._load())
        return await asyncio.shield(future)

    async def _load(self) -> None:
        # One turn of the loop, so that the requests of all tasks that are ready are in the first batch.
        await asyncio.sleep(0)
        while self._requested:
            keys = list(self._requested)[:BATCH_LIMIT]
            batch = {key: self._requested.pop(key) for key in keys}
            try:
                values = await thread_pool().run(partial(self._look_up, keys))
            except Exception as error:  # noqa: BLE001 - raised again to the callers of get()
                await self._load_one_by_one(batch, error)
            else:
                _resolve(batch, values)
        self._task = None

    async def _load_one_by_one(self, batch: Mapping[Key, asyncio.Future[Value | None]], error: Exception) -> None:
        """Retry keys one by one so that a bad key fails alone. If the database is unavailable, fail all of them."""
        if len(batch) == 1 or isinstance(error, DATABASE_UNAVAILABLE):
            _fail(batch.values(), error)
            return
        for key, future in batch.items():
            try:
                _resolve({key: future}, await thread_pool().run(partial(self._look_up, [key])))
            except Exception as key_error:  # noqa: BLE001 - raised again to the callers of get() for this key
                _fail([future], key_error)


def _resolve(batch: Mapping[Key, asyncio.Future[Value | None]], values: Mapping[Key, Value]) -> None:
    for key, future in batch.items():
        if not future.done():
            future.set_result(values.get(key))


def _fail(futures: Collection[asyncio.Future[Value | None]], error: Exception) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(error)
            # All callers may have been cancelled: asyncio would log an exception that was never retrieved.
            future.exception()
