"""A room that somebody has locked for long: its people wait, and nobody else does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from django.db import connection, connections, transaction

from django_pairchat import get_room_model
from django_pairchat.live.workers import THREADS
from django_pairchat.services import open_room, send
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People

pytestmark = pytest.mark.usefixtures("threads")


class Lock:
    """Somebody's transaction that has locked a room's row."""

    def __init__(self, room: Any) -> None:
        self._room = room
        self._held = threading.Event()
        self._released = threading.Event()
        self._thread = threading.Thread(target=self._hold)
        self._thread.start()
        assert self._held.wait(5)

    def _hold(self) -> None:
        with transaction.atomic():
            get_room_model().objects.select_for_update().get(pk=self._room.pk)
            self._held.set()
            self._released.wait(20)
        connections.close_all()

    def release(self) -> None:
        self._released.set()
        self._thread.join()


@pytest.fixture
def lock(threads: None, room: Any, people: People) -> Iterator[Lock]:
    if not connection.features.has_select_for_update_skip_locked:
        pytest.skip("This database has no locks of single rows")
    send(room, people.minji, "hello")
    lock = Lock(room)
    yield lock
    lock.release()


@pytest.mark.parametrize("request_type", ["read", "edit", "react", "settings"])
async def test_as_many_requests_as_there_are_threads_wait_in_none_of_them(
    people: People, room: Any, lock: Lock, request_type: str
) -> None:
    fields = {
        "read": {"seq": 1},
        "edit": {"seq": 1, "content": "goodbye"},
        "react": {"seq": 1, "emoji": "👍"},
        "settings": {"archived": True},
    }[request_type]
    writer = people.minji if request_type == "edit" else people.juwon
    elsewhere = await asyncio.to_thread(_open, people)
    async with AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(ChatCommunicator(writer)) for _ in range(THREADS)]
        other = await stack.enter_async_context(ChatCommunicator(people.stranger))
        waiting = [asyncio.ensure_future(page.request(request_type, room=str(room.pk), **fields)) for page in pages]
        assert (await other.request("history", room=elsewhere))["type"] == "ok"
        assert not any(request.done() for request in waiting)
        lock.release()
        assert [(await request)["type"] for request in waiting] == ["ok"] * THREADS


def _open(people: People) -> str:
    key = str(open_room(people.stranger, people.juwon).pk)
    connections.close_all()
    return key
