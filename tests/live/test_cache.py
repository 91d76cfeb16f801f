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

from django_pairchat.services import rates as services
from django_pairchat.services.rates import Rates


@pytest.fixture
def rates(transactional_db: None, settings: Any) -> Iterator[Rates]:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "SEND_BURST": 1, "SENDS_PER_MINUTE": 1}
    caches["default"].clear()
    rates = Rates()
    yield rates
    rates.stop()


def test_a_cache_that_hangs_holds_nobody_up(rates: Rates, monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()
    monkeypatch.setattr(LocMemCache, "incr", lambda *arguments, **options: let_go.wait(10))
    charged = threading.Thread(target=rates.charge, args=["anybody"], daemon=True)
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
    cache_in_database: None, rates: Rates, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("No server that could cut it")
    monkeypatch.setattr(services, "LOCAL_SECONDS", 0.0)
    rates.charge("one")
    assert rates._cache_thread is not None
    rates._cache_thread.submit(_cut).result()
    rates.charge("two")
    rates.charge("three")
    # Whoever counts elsewhere knows of it.
    elsewhere = Rates()
    assert elsewhere.charge("three") > 0
    elsewhere.stop()
