"""Who holds a socket is counted over all processes, and a process that died is not counted for long."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.core.cache import cache

from django_pairchat.realtime import connection_limit
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People

pytestmark = pytest.mark.usefixtures("threads")


def elsewhere(user: Any, count: int, *, counted_for_seconds: float) -> None:
    """Sockets of this user in another process, opened before the test."""
    now = time.time()
    slots = {f"socket {number}": (now - 100 + number, now + counted_for_seconds) for number in range(count)}
    cache.set(connection_limit._key(str(user.pk)), slots)


async def registered(user: Any) -> set[str]:
    await connection_limit.cache_workers().run(lambda: None)
    return set(cache.get(connection_limit._key(str(user.pk)), {}))


async def test_sockets_of_a_process_that_died_make_room(people: People, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "SOCKETS_PER_USER": 2}
    elsewhere(people.minji, 2, counted_for_seconds=-1)
    async with ChatCommunicator(people.minji) as page:
        assert len(await registered(people.minji)) == 1
        assert (await page.request("ping"))["type"] == "pong"


async def test_sockets_of_a_process_that_lives_are_counted(people: People, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "SOCKETS_PER_USER": 2}
    elsewhere(people.minji, 2, counted_for_seconds=30)
    async with ChatCommunicator(people.minji):
        kept = await registered(people.minji)
    assert len(kept) == 2
    assert "socket 0" not in kept


async def test_a_socket_that_the_registry_has_lost_is_counted_again(people: People) -> None:
    async with ChatCommunicator(people.minji):
        await registered(people.minji)
        cache.clear()
        [connection] = connection_limit.hub().of_user(str(people.minji.pk))
        connection_limit.renew([connection])
        assert await registered(people.minji) == {connection.connection_id}
