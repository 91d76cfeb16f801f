"""Calls of the host's code, with a time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ...node import get_node
from .closing import Closing


class HookCalls:
    """The host's code that is running now for one connection.

    A hook that closes the connection runs to its own end first, as in a consumer of Channels. Otherwise it would be
    cancelled at its next ``await``.
    """

    __slots__ = ("_closing", "_end", "_running")

    def __init__(self, end: Callable[[Closing], None]) -> None:
        self._end = end
        # Made when first needed, because most connections are idle.
        self._running: list[asyncio.Task[Any] | None] | None = None
        # Of the task that asked for it: other hooks may end before that one.
        self._closing: tuple[asyncio.Task[Any] | None, Closing] | None = None

    async def call(self, hook: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        """Call a hook. Raises ``TimeoutError`` after 30 s, and what the hook raises."""
        task = asyncio.current_task()
        if self._running is None:
            self._running = []
        self._running.append(task)
        try:
            async with asyncio.timeout(get_node().options.hook_seconds):
                return await hook(*arguments)
        finally:
            self._running.remove(task)
            if not self._running:
                self._running = None
            if self._closing is not None and self._closing[0] is task and not self.is_within:
                (_task, closing), self._closing = self._closing, None
                self._end(closing)

    @property
    def is_within(self) -> bool:
        """True if the caller was called by a hook, in the hook's own task."""
        return self._running is not None and asyncio.current_task() in self._running

    def end_after(self, closing: Closing) -> None:
        """End the connection after the hook that calls this. The first call counts."""
        if self._closing is None:
            self._closing = (asyncio.current_task(), closing)
