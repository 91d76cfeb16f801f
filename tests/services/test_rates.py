"""Buckets of every kind: leased from the cache, shared by processes, in tokens or in bytes."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache

from django_pairchat.conf import UPLOAD_BYTES
from django_pairchat.core.rate_limit import RateLimiter

MIB = 1024 * 1024


@pytest.fixture
def processes() -> Any:
    """Two of them, which share a cache."""
    cache.clear()
    two = RateLimiter(), RateLimiter()
    yield two
    for each in two:
        each.stop()
    cache.clear()


def granted(process: RateLimiter, kind: str, attempts: int) -> int:
    return sum(process.acquire("minji", kind) == 0 for _ in range(attempts))


@pytest.mark.parametrize("burst", [1, 2, 10, 39])
def test_a_small_burst_is_not_kept_back_by_a_process_that_needs_no_more(
    processes: tuple[RateLimiter, RateLimiter], settings: Any, burst: int
) -> None:
    settings.PAIRCHAT = {"RATES": {"report": (1, burst)}}
    assert granted(processes[0], "report", 1) == 1
    assert granted(processes[1], "report", burst + 5) == burst - 1


def test_of_a_large_burst_a_process_keeps_back_a_small_part(
    processes: tuple[RateLimiter, RateLimiter], settings: Any
) -> None:
    settings.PAIRCHAT = {"RATES": {"history": (1, 200)}}
    assert granted(processes[0], "history", 1) == 1
    assert granted(processes[1], "history", 250) == 190
    assert granted(processes[0], "history", 250) == 9


def test_kinds_and_people_have_limits_of_their_own(processes: tuple[RateLimiter, RateLimiter], settings: Any) -> None:
    settings.PAIRCHAT = {"RATES": {"search": (1, 1), "open": (1, 1)}}
    process = processes[0]
    assert [process.acquire("minji", "search") > 0 for _ in range(2)] == [False, True]
    assert process.acquire("minji", "open") == 0
    assert process.acquire("juwon", "search") == 0


@pytest.mark.parametrize(("kind", "cost"), [("search", 1), (UPLOAD_BYTES, 700)])
def test_after_the_time_that_was_told_it_passes(
    processes: tuple[RateLimiter, RateLimiter], settings: Any, kind: str, cost: int
) -> None:
    settings.PAIRCHAT = {"RATES": {"search": (300, 1), UPLOAD_BYTES: (100_000, 1000)}}
    for process in processes:
        while not (wait := process.acquire("minji", kind, cost)):
            pass
        assert 0 < wait <= 0.5
        time.sleep(wait)
        assert process.acquire("minji", kind, cost) == 0


def test_a_large_file_that_is_refused_leaves_room_for_a_small_one(
    processes: tuple[RateLimiter, RateLimiter], settings: Any
) -> None:
    settings.PAIRCHAT = {"RATES": {UPLOAD_BYTES: (MIB, 10 * MIB)}}
    here, elsewhere = processes
    assert here.acquire("minji", UPLOAD_BYTES, 8 * MIB) == 0
    assert elsewhere.acquire("minji", UPLOAD_BYTES, 5 * MIB) == pytest.approx(180, abs=10)
    assert here.acquire("minji", UPLOAD_BYTES, 1 * MIB) == 0
    assert elsewhere.acquire("minji", UPLOAD_BYTES, 2 * MIB) == pytest.approx(60, abs=10)


def test_a_file_larger_than_all_that_may_come_at_once_passes_when_nothing_else_came(
    processes: tuple[RateLimiter, RateLimiter], settings: Any
) -> None:
    settings.PAIRCHAT = {"RATES": {UPLOAD_BYTES: (MIB, 10 * MIB)}}
    assert processes[0].acquire("minji", UPLOAD_BYTES, 20 * MIB) == 0
    assert processes[0].acquire("minji", UPLOAD_BYTES, MIB) > 0


def test_without_a_cache_each_process_counts_every_kind_for_itself(
    processes: tuple[RateLimiter, RateLimiter], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PAIRCHAT = {"RATES": {"search": (1, 3), UPLOAD_BYTES: (1, 1000)}}

    def fail(*arguments: Any, **options: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(LocMemCache, "incr", fail)
    for process in processes:
        assert granted(process, "search", 5) == 3
        assert process.acquire("minji", UPLOAD_BYTES, 1000) == 0
        assert process.acquire("minji", UPLOAD_BYTES, 1) > 0


def test_what_comes_often_over_sockets_never_asks_the_cache(
    processes: tuple[RateLimiter, RateLimiter], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PAIRCHAT = {"RATES": dict.fromkeys(("focus", "ping", "typing"), (1, 2))}
    monkeypatch.setattr(RateLimiter, "_from_cache", None)
    for kind in ("focus", "ping", "typing"):
        assert granted(processes[0], kind, 5) == 2
