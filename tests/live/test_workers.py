"""Threads that live as long as the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import override_settings
from django.urls import reverse

from django_pairchat.live.workers import Workers


@pytest.fixture
def one_thread(transactional_db: None) -> Iterator[Workers]:
    workers = Workers(threads=1)
    yield workers
    workers.stop()


def query() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@override_settings(DEBUG=True)
async def test_queries_are_not_collected_for_ever(one_thread: Workers) -> None:
    await one_thread.run(query)
    assert await one_thread.run(lambda: len(connection.queries)) == 0


@override_settings(FORCE_SCRIPT_NAME="/shop")
async def test_addresses_are_those_of_a_project_that_is_not_at_the_root(one_thread: Workers) -> None:
    address = await one_thread.run(lambda: reverse("pairchat:attachment", args=["1", 2]))
    assert address == "/shop/chat/rooms/1/files/2/"
