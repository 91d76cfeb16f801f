"""Chat without threads, and the end of the threads that a test started."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar
from unittest.mock import patch

from asgiref.sync import SyncToAsync, sync_to_async
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import Atomic, get_connection

from ..core.error_handling import to_chat_error
from ..core.events import RoomChanged
from ..core.rate_limit import RateLimiter, rate_limiter
from ..node import NodePart, get_node
from ..realtime import process
from ..realtime.connection_limit import cache_workers
from ..realtime.room_updates import RoomUpdates, room_updates, send_now
from ..realtime.signal_dispatch import SignalDispatcher, signal_dispatcher
from ..sending.group_commit import GroupCommitter, OnAnswer, group_committer
from ..sending.types import PendingMessage
from ..services.messages import store_and_publish
from ..utils.thread_pool import ThreadPool, proof_pool, search_pool, thread_pool
from .layers import shared_memory

logger = logging.getLogger("django_pairchat")

T = TypeVar("T")

_tasks: set[asyncio.Task[Any]] = set()


class InlinePool(ThreadPool):
    """Does the work of a thread pool in the thread that runs the test's synchronous code."""

    async def run(self, function: Callable[[], T], *, owner: Hashable = None) -> T:
        return await sync_to_async(function)()

    def submit(self, function: Callable[[], object]) -> None:
        _soon(function)


class InlineDispatcher(InlinePool, SignalDispatcher):
    """Calls the host's receivers in the same thread."""


class InlineCommitter(GroupCommitter):
    """Stores each message by itself, in the same thread."""

    def send(self, pending: PendingMessage, on_answer: OnAnswer) -> None:
        _keep(_store(pending, on_answer))


class InlineUpdates(RoomUpdates):
    """Sends each room event at once."""

    def schedule(self, changes: Iterable[RoomChanged]) -> None:
        _soon(partial(send_now, {change.room: change.users for change in changes}))


class UncachedLimiter(RateLimiter):
    """Counts for this process alone, without a thread for the cache."""

    def with_cache(self, count: Callable[[], T], count_here: Callable[[], T]) -> T:
        return count_here()

    def _return_to_cache(self, user_key: str, kind: str, milliseconds: int) -> None:
        self._return_locally(user_key, kind, milliseconds)


@contextmanager
def run_inline() -> Iterator[None]:
    """Do all database work of the chat in the thread that runs the test's synchronous code.

    A test inside a transaction that is rolled back then sees the writes of sockets, and sockets see those of the test.
    Such a transaction is never committed: functions that wait for the commit are called at the end of the ``atomic()``
    blocks within the test. All rate limits start again.
    """
    parts: dict[NodePart[Any], Any] = {
        thread_pool: InlinePool(),
        search_pool: InlinePool(),
        proof_pool: InlinePool(),
        cache_workers: InlinePool(),
        signal_dispatcher: InlineDispatcher(),
        group_committer: InlineCommitter(),
        room_updates: InlineUpdates(),
        rate_limiter: UncachedLimiter(),
    }
    with (
        get_node().replaced(parts),
        patch.object(Atomic, "__exit__", _leave_block),
        patch.object(BaseDatabaseWrapper, "on_commit", _wait_for_commit),
    ):
        yield


@contextmanager
def node_options(**changes: Any) -> Iterator[None]:
    """Run with other options of the node, such as ``hook_seconds=0.1``: see ``django_pairchat.node.NodeOptions``."""
    node = get_node()
    before, node.options = node.options, replace(node.options, **changes)
    try:
        yield
    finally:
        node.options = before


async def _store(pending: PendingMessage, on_answer: OnAnswer) -> None:
    try:
        _result, answer = await sync_to_async(store_and_publish)(pending)
    except Exception as error:  # noqa: BLE001 - every message gets an answer, as from the GroupCommitter
        answer = error
    on_answer(to_chat_error(answer) if isinstance(answer, Exception) else answer)


_django_leaves_block = Atomic.__exit__
_django_waits_for_commit = BaseDatabaseWrapper.on_commit


def _leave_block(block: Atomic, *exception: Any) -> None:
    _django_leaves_block(block, *exception)
    _run_hooks(get_connection(block.using))


def _wait_for_commit(connection: BaseDatabaseWrapper, function: Callable[[], object], robust: bool = False) -> None:
    _django_waits_for_commit(connection, function, robust)
    _run_hooks(connection)


def _run_hooks(connection: Any) -> None:
    """Call the hooks of a commit if only the transaction of the test case itself is open."""
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
    """Finish the work of the chat's threads, end them, close their database connections and reset their state.

    Call it from synchronous code at the end of a test that started them: a test database cannot be dropped while a
    thread is connected to it.
    """
    process.stop_node()
    shared_memory.cache_clear()
    # The thread in which asynchronous tests run synchronous code outlives them, and so does its connection.
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


def is_in_test_case() -> bool:
    opened: list[Any] = [block for each in connections.all(initialized_only=True) for block in each.atomic_blocks]
    return any(block._from_testcase for block in opened)


def is_running_inline() -> bool:
    """Return whether :func:`run_inline` is active."""
    return isinstance(thread_pool(), InlinePool)


async def finish_tasks() -> None:
    """Wait for the tasks that :func:`run_inline` has started in this event loop."""
    await asyncio.gather(*(task for task in _tasks if task.get_loop() is asyncio.get_running_loop()))
