"""Daemon threads for calls that may hang: neither the caller nor the end of the process waits for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, ParamSpec, TypeVar

from django.db import connections

from ..node import get_node
from ..tenancy import activated

P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreads(Executor):
    """An executor with daemon threads. The threads of the standard library's are joined when the process ends."""

    def __init__(self, name: str, threads: int = 1) -> None:
        self._node = get_node()
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads = [Thread(target=self._work, name=name, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        self._calls.put(partial(fulfil, future, partial(function, *args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Stop the threads after all submitted calls."""
        self.end(None if wait else 0.0)

    def end(self, seconds: float | None) -> bool:
        """Finish submitted calls, stop the threads, close their database connections. Return ``False`` on timeout.

        Waits at most ``seconds``, without a limit if it is ``None``.
        """
        for _ in self._threads:
            self._calls.put(None)
        deadline = None if seconds is None else time.monotonic() + seconds
        for thread in self._threads:
            thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        with self._node.active():
            while (call := self._calls.get()) is not None:
                with activated(self._node.tenant):
                    call()
        connections.close_all()


def fulfil(future: Future[Any], function: Callable[[], Any]) -> None:
    """Set the future's result by calling ``function``, unless the future is cancelled."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(function())
    except BaseException as error:  # noqa: BLE001 - raised again to the caller that waits for the result
        future.set_exception(error)
