"""A thread with an event loop of its own, for background work: timers, and the channel layer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from ..node import NodePart, get_node
from ..tenancy import bound_to, current_tenant


def call_in_loop(loop: asyncio.AbstractEventLoop, function: Callable[..., object], *arguments: Any) -> None:
    """Call ``function`` soon in that event loop, from any thread. Does nothing if the loop has ended."""
    with suppress(RuntimeError), bound_to(current_tenant()):
        loop.call_soon_threadsafe(function, *arguments)


class EventLoopThread:
    """A daemon thread that runs an event loop and starts at the first use."""

    def __init__(self) -> None:
        self._node = get_node()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._executor: ThreadPoolExecutor | None = None

    @property
    def is_running(self) -> bool:
        return self._loop is not None

    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._executor = executor_with_a_thread()
                self._loop.set_default_executor(self._executor)
                self._thread = threading.Thread(target=self._loop.run_forever, name="pairchat-background", daemon=True)
                self._thread.start()
            return self._loop

    def call(self, function: Callable[..., object], *arguments: Any) -> None:
        """Call ``function`` soon in this loop, from any thread, as code of the loop's node and tenant."""
        with self._node.active():
            self.loop().call_soon_threadsafe(function, *arguments)

    def run(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        with self._node.active():
            return asyncio.run_coroutine_threadsafe(work, self.loop())

    def stop(self) -> None:
        """Cancel all tasks and end the threads. Waits for a host name that is being resolved."""
        if self._loop is None or self._thread is None or self._executor is None:
            return
        self.run(_cancel_all()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._executor.shutdown()
        self._loop = self._thread = self._executor = None


def executor_with_a_thread() -> ThreadPoolExecutor:
    """Create an executor that has a thread already: Python 3.12 starts none while the process ends.

    A last message may wait for it then, because a host name is resolved in an executor.
    """
    executor = ThreadPoolExecutor(thread_name_prefix="pairchat-background")
    executor.submit(bool)
    return executor


async def _cancel_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


event_loop_thread = NodePart(EventLoopThread)
