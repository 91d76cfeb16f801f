"""``stop_live_threads()``: nothing of the chat is left between two tests."""

from __future__ import annotations

import gc
import threading
import time
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection

from django_pairchat.realtime.hub import hub
from django_pairchat.services import open_room
from django_pairchat.testing import ChatCommunicator, stop_live_threads
from tests.support.people import make_user

pytestmark = pytest.mark.django_db(transaction=True)

OTHERS = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "mysql": "SELECT count(*) FROM information_schema.processlist WHERE db = database() AND id <> connection_id()",
}


def talk() -> dict[str, Any]:
    """Let all the threads have something to do."""
    minji, juwon = make_user("Minji"), make_user("Juwon")
    room = open_room(minji, juwon)

    async def conversation() -> dict[str, Any]:
        async with ChatCommunicator(minji) as page, ChatCommunicator(juwon) as other:
            await other.request("focus", room=str(room.pk), active=True)
            await page.send(room, "hello")
            await other.event("message")
            return await other.event("room")

    return async_to_sync(conversation)()


@pytest.fixture(autouse=True)
def earlier_threads() -> None:
    """Threads that other tests made outside the chat's own parts are not its to end."""
    stop_live_threads()
    EARLIER.clear()
    EARLIER.update(threading.enumerate())


EARLIER: set[threading.Thread] = set()


def names_of_threads() -> list[str]:
    mine = set(threading.enumerate()) - EARLIER
    return [thread.name for thread in mine if thread.name.startswith("pairchat-")]


def others_connected() -> int:
    with connection.cursor() as cursor:
        cursor.execute(OTHERS[connection.vendor])
        count: int = cursor.fetchone()[0]
    return count


def test_no_thread_is_left_and_the_chat_starts_again() -> None:
    for _ in range(2):
        assert talk()["room"]["unread"] == 1
        assert names_of_threads()
        stop_live_threads()
        assert names_of_threads() == []


def test_nobody_is_connected_to_the_database_any_more() -> None:
    if connection.vendor not in OTHERS:
        pytest.skip("SQLite knows no connections from elsewhere")
    # A thread of an earlier test may keep one until it is collected.
    gc.collect()
    before = others_connected()
    talk()
    assert others_connected() > before
    stop_live_threads()
    # A server takes a moment to notice that a client has hung up.
    deadline = time.monotonic() + 5
    while others_connected() > before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert others_connected() <= before


def test_what_was_queued_is_still_written() -> None:
    from django_pairchat import get_message_model
    from django_pairchat.protocol import requests
    from django_pairchat.sending.admit import admit
    from django_pairchat.sending.group_commit import group_committer

    minji = make_user("Minji")
    room = open_room(minji, make_user("Juwon"))

    ids = [f"00000000-0000-4000-8000-{number:012}" for number in range(20)]
    admitted = [admit(minji, requests.Send(room=str(room.pk), client_id=each, content="hello")) for each in ids]

    async def send_and_go() -> None:
        for pending in admitted:
            group_committer().send(pending, lambda answer: None)

    async_to_sync(send_and_go)()
    stop_live_threads()
    assert get_message_model().objects.count() == 20


def test_open_sockets_are_forgotten() -> None:
    class Socket:
        user_key = "1"

    hub().add(Socket())
    stop_live_threads()
    assert hub().all() == []


def test_it_may_be_called_when_nothing_has_run() -> None:
    stop_live_threads()
    stop_live_threads()
    assert names_of_threads() == []
