"""The metrics, in the registry of ``prometheus_client``."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from ..exceptions import HTTP_STATUS
from ..sending.group_commit import BATCH_LIMIT
from ..utils.instruments import Instrument

DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"
OTHER: Final = "other"
BATCH_SIZES: Final = (1, 2, 5, 10, 20, 50, 100, BATCH_LIMIT)
BATCH_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
SWEEP_SECONDS: Final = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 1800)


class PrometheusInstrument(Instrument):
    """Keeps the figures of this process in a registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._sockets = Gauge(
            "pairchat_sockets", "Open WebSockets of signed-in people.", registry=registry, multiprocess_mode="livesum"
        )
        self._sends = Counter("pairchat_sends", "Messages stored, repetitions not counted.", registry=registry)
        self._refusals = Counter(
            "pairchat_refusals", "Requests answered with an error, by its code.", ["code"], registry=registry
        )
        self._queue_length = Gauge(
            "pairchat_send_queue_length",
            "Messages that waited for the next batch when the last one was done.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._batch_size = Histogram(
            "pairchat_send_batch_size", "Messages written together.", registry=registry, buckets=BATCH_SIZES
        )
        self._batch_seconds = Histogram(
            "pairchat_send_batch_seconds", "Time to write a batch.", registry=registry, buckets=BATCH_SECONDS
        )
        self._relay_gaps = Counter(
            "pairchat_relay_gaps", "Gaps in what another process has published.", registry=registry
        )
        self._sweep_seconds = Histogram(
            "pairchat_sweep_seconds", "Duration of a sweep.", ["sweep"], registry=registry, buckets=SWEEP_SECONDS
        )

    def messages_sent(self, count: int) -> None:
        self._sends.inc(count)

    def batch_written(self, size: int, seconds: float, waiting: int) -> None:
        self._batch_size.observe(size)
        self._batch_seconds.observe(seconds)
        self._queue_length.set(waiting)

    def refused(self, code: str) -> None:
        # A host's own code may come from a client's input: each one would be a time series for ever.
        self._refusals.labels(code if code in HTTP_STATUS else OTHER).inc()

    def socket_opened(self) -> None:
        self._sockets.inc()

    def socket_closed(self) -> None:
        self._sockets.dec()

    def relay_gap(self) -> None:
        self._relay_gaps.inc()

    def swept(self, sweep: str, seconds: float) -> None:
        self._sweep_seconds.labels(sweep).observe(seconds)


@lru_cache(maxsize=1)
def process_instrument() -> Instrument:
    """Return the instrument of this process, made once: a registry takes each name once."""
    return PrometheusInstrument()


def registry_to_scrape() -> CollectorRegistry:
    """Return the registry with the figures of this process, or of all that share ``PROMETHEUS_MULTIPROC_DIR``."""
    directory = os.environ.get(DIRECTORY)
    if not directory:
        return REGISTRY
    forget_dead_processes(Path(directory))
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no types
    return registry


def forget_dead_processes(directory: Path) -> None:
    """Remove the open sockets of processes that were killed: nobody else would count them down."""
    for pid in {int(file.stem.rpartition("_")[2]) for file in directory.glob("gauge_live*_[0-9]*.db")}:
        if not _is_alive(pid):
            mark_process_dead(pid, str(directory))  # type: ignore[no-untyped-call]  # it has no types


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
