"""A transaction of the host's with a row that refers to a room is open for long: the room goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from django_pairchat import get_room_model
from django_pairchat.services import change_settings, delete, edit, mark_read, open_room, react, send
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People
from tests.support.people import make_topic
from tests.web.api.caller import Caller

pytestmark = pytest.mark.usefixtures("threads")

OPEN_SECONDS = 20


class Order:
    """Somebody's transaction that has inserted a row with a foreign key to the room and goes on with other things."""

    def __init__(self, room: Any) -> None:
        self._room = room
        self._inserted = threading.Event()
        self._finished = threading.Event()
        self._thread = threading.Thread(target=self._hold)
        self._thread.start()
        assert self._inserted.wait(5)

    def _hold(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO shop_order (room_id) VALUES (%s)", [self._room.pk])
            self._inserted.set()
            self._finished.wait(OPEN_SECONDS)
        connections.close_all()

    @property
    def is_open(self) -> bool:
        return self._thread.is_alive()

    def finish(self) -> None:
        self._finished.set()
        self._thread.join()


@pytest.fixture
def order(threads: None, room: Any, people: People) -> Iterator[Order]:
    if not connection.features.has_select_for_no_key_update:
        pytest.skip("A foreign key of this database delays every lock of the row that it refers to")
    send(room, people.minji, "hello")
    key = get_room_model()._meta.pk
    table, kind = connection.ops.quote_name(get_room_model()._meta.db_table), key.rel_db_type(connection)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE shop_order (room_id {kind} REFERENCES {table} ({key.column}))")
    order = Order(room)
    yield order
    order.finish()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE shop_order")


@pytest.mark.parametrize("request_type", ["send", "edit", "react", "read", "settings"])
async def test_a_request_over_a_socket_does_not_wait(
    people: People, room: Any, order: Order, request_type: str
) -> None:
    fields: dict[str, Any] = {
        "send": {"client_id": str(uuid4()), "content": "hello"},
        "edit": {"seq": 1, "content": "goodbye"},
        "react": {"seq": 1, "emoji": "👍"},
        "read": {"seq": 1},
        "settings": {"blocked": True},
    }[request_type]
    person = people.minji if request_type == "edit" else people.juwon
    async with ChatCommunicator(person) as page:
        answer = await page.request(request_type, room=str(room.pk), **fields)
    assert answer["type"] == "ok"
    assert order.is_open


async def test_a_room_that_the_writer_knows_does_not_wait_either(people: People, room: Any, order: Order) -> None:
    async with ChatCommunicator(people.minji) as page:
        for text in ("one", "two", "three"):
            assert (await page.send(room, text))["type"] == "ok"
    assert order.is_open


def _over_http(people: People, room: Any) -> None:
    assert Caller(people.juwon).says(str(room.pk), "hello").status_code == 201


BY_THE_HOST: list[Callable[[People, Any], Any]] = [
    _over_http,
    lambda people, room: send(room, people.minji, "second"),
    lambda people, room: edit(people.minji, str(room.pk), 1, "other"),
    lambda people, room: delete(people.minji, str(room.pk), 1),
    lambda people, room: react(people.juwon, str(room.pk), 1, "👍"),
    lambda people, room: mark_read(people.juwon, str(room.pk), 1),
    lambda people, room: change_settings(people.juwon, str(room.pk), archived=True),
    lambda people, room: change_settings(people.juwon, str(room.pk), blocked=True),
    lambda people, room: open_room(people.juwon, people.minji, make_topic()),
]
WAYS = ["http", "send", "edit", "delete", "react", "read", "settings", "block", "open"]


@pytest.mark.parametrize("act", BY_THE_HOST, ids=WAYS)
async def test_a_service_does_not_wait(
    people: People, room: Any, order: Order, act: Callable[[People, Any], Any]
) -> None:
    def work() -> None:
        try:
            act(people, room)
        finally:
            connections.close_all()

    try:
        await asyncio.wait_for(asyncio.to_thread(work), 5)
    finally:
        was_open = order.is_open
        order.finish()
    assert was_open
