"""Tells the apps that keep figures of this process. While there are none, a call costs a look at an empty tuple."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

logger = logging.getLogger("django_pairchat")


class Instrument:
    """Keeps figures. Override what is to be kept; any thread may call it, and waits for it."""

    def messages_sent(self, count: int) -> None:
        """Take the number of new messages that were stored."""

    def batch_written(self, size: int, seconds: float, waiting: int) -> None:
        """Take the size of a batch, how long its transaction took, and how many messages wait for the next."""

    def refused(self, code: str) -> None:
        """Take the code of an error that a client was answered with."""

    def socket_opened(self) -> None:
        """Take one more open socket."""

    def socket_closed(self) -> None:
        """Take one open socket less."""

    def relay_gap(self) -> None:
        """Take a gap in what another process has published: the clients of this process resync."""

    def swept(self, sweep: str, seconds: float) -> None:
        """Take the duration of a sweep."""


_instruments: tuple[Instrument, ...] = ()


def add_instrument(instrument: Instrument) -> None:
    """Tell this instrument from now on. Call it in ``AppConfig.ready()``."""
    remove_instrument(instrument)
    global _instruments  # noqa: PLW0603 - one list for the process
    _instruments = (*_instruments, instrument)


def remove_instrument(instrument: Instrument) -> None:
    """Tell this instrument nothing more."""
    global _instruments  # noqa: PLW0603 - as above
    _instruments = tuple(each for each in _instruments if each is not instrument)


def messages_sent(count: int) -> None:
    for instrument in _instruments:
        _safely(instrument.messages_sent, count)


def batch_written(size: int, seconds: float, waiting: int) -> None:
    for instrument in _instruments:
        _safely(instrument.batch_written, size, seconds, waiting)


def refused(code: str) -> None:
    for instrument in _instruments:
        _safely(instrument.refused, str(code))


def socket_opened() -> None:
    for instrument in _instruments:
        _safely(instrument.socket_opened)


def socket_closed() -> None:
    for instrument in _instruments:
        _safely(instrument.socket_closed)


def relay_gap() -> None:
    for instrument in _instruments:
        _safely(instrument.relay_gap)


@contextmanager
def timed_sweep(sweep: str) -> Iterator[None]:
    """Tell how long the code inside took."""
    started = time.perf_counter()
    try:
        yield
    finally:
        for instrument in _instruments:
            _safely(instrument.swept, sweep, time.perf_counter() - started)


def _safely(tell: Callable[..., None], *values: Any) -> None:
    try:
        tell(*values)
    except Exception:
        # A full disk under the figures of several processes, for instance.
        logger.exception("A figure could not be kept.")
