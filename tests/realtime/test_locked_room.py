"""A room that somebody has locked for long: its people wait, and nobody else does."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from django_pairchat import get_room_model
from django_pairchat.realtime.connection import inflight
from django_pairchat.sending import group_commit
from django_pairchat.services import open_room, send
from django_pairchat.testing import ChatCommunicator
from django_pairchat.utils.thread_pool import THREADS
from tests.conftest import People
from tests.support.options import SetOptions

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


@pytest.fixture
def patience(options: SetOptions) -> None:
    """However slow the machine is."""
    options(locked_room_seconds=60.0)


async def post(page: ChatCommunicator, kind: str, name: str, **fields: Any) -> None:
    await page.send_text(json.dumps({"type": kind, "id": name, **fields}))


async def answers(page: ChatCommunicator, kind: str, count: int) -> list[dict[str, Any]]:
    """In the order in which they came."""
    return [await page._next(lambda frame: str(frame.get("id")).startswith(kind)) for _ in range(count)]


async def test_who_waits_for_a_locked_room_goes_on_everywhere_else(
    people: People, room: Any, lock: Lock, patience: None
) -> None:
    key, elsewhere = str(room.pk), await asyncio.to_thread(_open_with, people.minji, people.stranger)
    async with ChatCommunicator(people.minji) as page:
        for text in ("one", "two", "three"):
            await post(page, "edit", f"edit {text}", room=key, seq=1, content=text)
        assert (await page.request("read", room=str(elsewhere.pk), seq=1))["type"] == "ok"
        assert (await page.request("ping"))["type"] == "pong"
        assert not [frame for frame in page._frames if "id" in frame]
        lock.release()
        edited = await answers(page, "edit", 3)
        assert [answer["message"]["content"] for answer in edited] == ["one", "two", "three"]


async def test_more_sends_into_a_locked_room_than_can_wait_leave_the_page_heard(
    people: People, room: Any, lock: Lock, patience: None
) -> None:
    count = inflight.INFLIGHT_PER_ROOM_LIMIT + inflight.BACKLOG_LIMIT + 1
    texts = [str(number) for number in range(count)]
    async with ChatCommunicator(people.minji) as page:
        for text in texts:
            await post(page, "send", f"send {text}", room=str(room.pk), client_id=str(uuid4()), content=text)
        assert (await page.request("ping"))["type"] == "pong"
        [refused] = await answers(page, "send", 1)
        assert (refused["id"], refused["code"]) == (f"send {texts[-1]}", "busy")
        lock.release()
        stored = await answers(page, "send", count - 1)
    assert [answer["message"]["content"] for answer in stored] == texts[:-1]


async def test_sends_into_a_locked_room_leave_others_their_turn(
    people: People, room: Any, lock: Lock, patience: None
) -> None:
    elsewhere = await asyncio.to_thread(_open_with, people.minji, people.stranger)
    async with ChatCommunicator(people.minji) as page:
        for number in range(inflight.INFLIGHT_LIMIT):
            text = str(number)
            await post(page, "send", f"send {text}", room=str(room.pk), client_id=str(uuid4()), content=text)
        assert (await page.send(elsewhere, "hello"))["type"] == "ok"


def _open_with(user: Any, peer: Any) -> Any:
    room = open_room(user, peer)
    send(room, peer, "hello")
    connections.close_all()
    return room


async def test_a_change_that_waits_for_a_locked_room_is_paid_once(
    people: People, room: Any, lock: Lock, settings: Any
) -> None:
    settings.PAIRCHAT = {"SENDS_PER_MINUTE": 1, "SEND_BURST": 4}
    async with ChatCommunicator(people.minji) as page:
        edit = asyncio.ensure_future(page.request("edit", room=str(room.pk), seq=1, content="goodbye"))
        await asyncio.sleep(10 * group_commit.LOCKED_ROOM_PAUSE_SECONDS)
        lock.release()
        assert (await edit)["type"] == "ok"
        sent = [
            await page.request("send", room=str(room.pk), client_id=str(uuid4()), content=f"text {number}")
            for number in range(4)
        ]
        assert [answer["type"] for answer in sent] == ["ok", "ok", "ok", "error"]
