"""Races need row locks, real threads, and rows that every thread can see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from django_pairchat.testing import stop_live_threads


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not connection.features.has_select_for_update:
        # SQLite has one writer at a time: there is nothing to race for.
        for item in items:
            item.add_marker(pytest.mark.skip(reason="threads race for rows on PostgreSQL and MariaDB only"))


@pytest.fixture(autouse=True)
def threads_end(transactional_db: None) -> Iterator[None]:
    yield
    stop_live_threads()
