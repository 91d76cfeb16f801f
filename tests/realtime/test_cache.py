"""The rates of sends, when the cache that all processes share is slow or loses its connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.management import call_command
from django.db import connection

from django_pairchat.core.rate_limit import RateLimiter
from tests.support.options import SetOptions


@pytest.fixture
def rates(transactional_db: None, settings: Any) -> Iterator[RateLimiter]:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "SEND_BURST": 1, "SENDS_PER_MINUTE": 1}
    caches["default"].clear()
    rates = RateLimiter()
    yield rates
    rates.stop()


def test_a_cache_that_hangs_holds_nobody_up(rates: RateLimiter, monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()
    monkeypatch.setattr(LocMemCache, "incr", lambda *arguments, **options: let_go.wait(10))
    charged = threading.Thread(target=rates.acquire, args=["anybody"], daemon=True)
    charged.start()
    charged.join(5)
    waits = charged.is_alive()
    let_go.set()
    assert not waits


@pytest.fixture
def cache_in_database(settings: Any, transactional_db: None) -> Iterator[None]:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "pairchat_test_cache"}
    }
    call_command("createcachetable", verbosity=0)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE pairchat_test_cache")


def _cut() -> None:
    connection.connection.close()


def test_a_cache_in_the_database_is_asked_again_after_its_connection_was_cut(
    cache_in_database: None, rates: RateLimiter, options: SetOptions
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("No server that could cut it")
    options(rate_local_seconds=0.0)
    rates.acquire("one")
    assert rates._cache_thread is not None
    rates._cache_thread.submit(_cut).result()
    rates.acquire("two")
    rates.acquire("three")
    # Another process that counts knows of it.
    elsewhere = RateLimiter()
    assert elsewhere.acquire("three") > 0
    elsewhere.stop()
