"""Chat without threads, and an end of those that a test ran."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, TypeVar
from unittest.mock import patch

from asgiref.sync import SyncToAsync, sync_to_async
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import Atomic, get_connection

from ..live.background import Background, background
from ..live.delivery import PARTS
from ..live.rooms import RoomEvents, show_now
from ..live.workers import Workers
from ..live.writer import Answer, Writer, writer
from ..services.announcements import RoomChange
from ..services.drafts import Draft
from ..services.failures import refusal_for
from ..services.rates import Rates, rates
from ..services.sending import send_one
from .layers import shared_memory

logger = logging.getLogger("django_pairchat")

T = TypeVar("T")

_tasks: set[asyncio.Task[Any]] = set()


@contextmanager
def inline() -> Iterator[None]:
    """Everything the chat does on the database happens where synchronous code of the test happens.

    So a test inside a transaction that is rolled back sees what sockets write, and sockets see what the test wrote.
    Such a transaction is never committed: what waits for the commit happens when the blocks within the test have
    ended. Everybody's limits begin anew.
    """
    with ExitStack() as stack:
        stack.callback(rates.reset)
        rates.reset()
        for owner, name, replacement in (
            (Workers, "run", _run),
            (Workers, "submit", _submit),
            (Writer, "send", _send),
            (RoomEvents, "show", _show),
            (Rates, "_ask", Rates._ask_locally),
            (Atomic, "__exit__", _leave_block),
            (BaseDatabaseWrapper, "on_commit", _wait_for_commit),
        ):
            stack.enter_context(patch.object(owner, name, replacement))
        yield


async def _run(self: Workers, function: Callable[[], T]) -> T:
    return await sync_to_async(function)()


def _submit(self: Workers, function: Callable[[], object]) -> None:
    _soon(function)


def _send(self: Writer, draft: Draft, answer: Answer) -> None:
    _keep(_store(draft, answer))


async def _store(draft: Draft, answer: Answer) -> None:
    try:
        answer(await sync_to_async(send_one)(draft))
    except Exception as error:  # noqa: BLE001 - the writer answers every draft, whatever happened
        answer(refusal_for(error))


def _show(self: RoomEvents, changes: Iterable[RoomChange]) -> None:
    _soon(partial(show_now, {change.room: change.users for change in changes}))


_django_leaves_block = Atomic.__exit__
_django_waits_for_commit = BaseDatabaseWrapper.on_commit


def _leave_block(block: Atomic, *exception: Any) -> None:
    _django_leaves_block(block, *exception)
    _run_hooks(get_connection(block.using))


def _wait_for_commit(connection: BaseDatabaseWrapper, function: Callable[[], object], robust: bool = False) -> None:
    _django_waits_for_commit(connection, function, robust)
    _run_hooks(connection)


def _run_hooks(connection: Any) -> None:
    """As at a commit, when nothing is open but the transaction of the test case itself."""
    if all(block._from_testcase for block in connection.atomic_blocks) and not connection.needs_rollback:
        waiting, connection.run_on_commit = connection.run_on_commit, []
        for _savepoints, function, robust in waiting:
            _run_hook(function, robust)


def _run_hook(function: Callable[[], object], robust: bool) -> None:
    try:
        function()
    except Exception:
        if not robust:
            raise
        logger.exception("A function that waited for the commit failed.")


def _soon(function: Callable[[], object]) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        function()
    else:
        _keep(sync_to_async(function)())


def _keep(work: Coroutine[Any, Any, Any]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


def stop_live_threads() -> None:
    """End the chat's threads once their work is done, close their database connections, and forget what they knew.

    Called by synchronous code at the end of a test that ran them: a test database cannot be dropped while somebody
    is connected to it.
    """
    pools = [part for part in PARTS if isinstance(part, Workers)]
    # What ends may give the workers something more to do.
    ending: list[Writer | Workers | Background | Rates] = [writer, *pools, background, *pools, rates]
    for part in ending:
        part.stop()
    for each in PARTS:
        each.reset()
    shared_memory.cache_clear()
    # The thread in which asynchronous tests run synchronous code outlives them, and so does its connection.
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


def is_in_test_case() -> bool:
    opened: list[Any] = [block for each in connections.all(initialized_only=True) for block in each.atomic_blocks]
    return any(block._from_testcase for block in opened)


def is_inline() -> bool:
    """Whether :func:`inline` is in force."""
    return Workers.run is _run


async def finish_tasks() -> None:
    """Wait for what :func:`inline` has begun in this event loop."""
    await asyncio.gather(*(task for task in _tasks if task.get_loop() is asyncio.get_running_loop()))
