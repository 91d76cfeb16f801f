"""A pool with fewer connections than the library has threads, shared with the views."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, connections
from PIL import Image

from django_pairchat.core.decode_queue import decode_queue
from django_pairchat.core.uploads import take_upload
from django_pairchat.realtime import shutdown
from django_pairchat.realtime.connection_limit import cache_workers
from django_pairchat.realtime.signal_dispatch import signal_dispatcher
from django_pairchat.services import history, open_room, search
from django_pairchat.services.message_search import search_slots
from django_pairchat.testing import ChatCommunicator, stop_live_threads
from django_pairchat.utils.db_connections import database_connections
from django_pairchat.utils.thread_pool import THREADS, thread_pool
from tests.conftest import People
from tests.support.options import SetOptions
from tests.web.api.caller import Caller

SIZE = 2
WAIT_SECONDS = 10.0


@pytest.fixture
def pool(transactional_db: None) -> Iterator[Any]:
    """Two connections for everybody, the test included."""
    if connection.vendor != "postgresql":
        pytest.skip("Django has a pool of connections for PostgreSQL only")
    pytest.importorskip("psycopg_pool")
    options = connection.settings_dict["OPTIONS"]
    connections.close_all()
    options["pool"] = {"min_size": SIZE, "max_size": SIZE, "timeout": WAIT_SECONDS}
    connection.pool.open(wait=True)
    yield connection.pool
    stop_live_threads()
    connections.close_all()
    connection.close_pool()
    del options["pool"]


def free_connections(pool: Any) -> int:
    statistics = pool.get_stats()
    return int(statistics["pool_available"])


async def all_are_back(pool: Any) -> bool:
    for _ in range(250):
        if free_connections(pool) == SIZE:
            return True
        await asyncio.sleep(0.02)
    return False


def in_thread(function: Callable[[], Any]) -> Any:
    """As a view does it: the connection goes back at the end of the request."""

    def work() -> Any:
        try:
            return function()
        finally:
            connections.close_all()

    return asyncio.to_thread(work)


async def test_everything_that_four_people_ask_at_once_is_answered(people: People, room: Any, pool: Any) -> None:
    key = str(room.pk)
    elsewhere = str((await in_thread(partial(open_room, people.juwon, people.stranger))).pk)
    connections.close_all()
    async with AsyncExitStack() as stack:
        members = [(people.minji, key), (people.juwon, key), (people.juwon, elsewhere), (people.stranger, elsewhere)]
        pages = [(await stack.enter_async_context(ChatCommunicator(person)), where) for person, where in members]
        # However slow the machine is: who waits in vain is answered "busy".
        asked = [all_answers(page, where) for page, where in pages]
        views = [in_thread(partial(history, people.minji, key)) for _ in range(10)]
        views += [in_thread(lambda: Caller(people.minji).says(key, "over HTTP")) for _ in range(5)]
        answers, viewed = await asyncio.gather(asyncio.gather(*asked), asyncio.gather(*views))
    assert {answer["type"] for theirs in answers for answer in theirs} == {"ok"}
    assert [answer.status_code for answer in viewed[10:]] == [201] * 5
    assert await all_are_back(pool)


async def all_answers(page: ChatCommunicator, room: str) -> list[dict[str, Any]]:
    page.timeout_seconds = 3 * WAIT_SECONDS
    requests = [message(room), {"type": "history", "room": room}, {"type": "inbox"}] * 8
    for number, request in enumerate(requests):
        await page.send_text(json.dumps({"client_id": str(uuid4()), **request, "id": number}))
    return [await page._next(lambda frame: "id" in frame) for _ in requests]


def message(room: str) -> dict[str, Any]:
    return {"type": "send", "room": room, "content": "hello"}


@pytest.mark.parametrize(
    "threads", [thread_pool, signal_dispatcher, cache_workers], ids=["requests", "receivers", "cache"]
)
async def test_a_thread_keeps_no_connection_after_its_work(people: People, pool: Any, threads: Any) -> None:
    connections.close_all()
    await asyncio.gather(*(threads().run(people.minji.refresh_from_db) for _ in range(THREADS)))
    assert await all_are_back(pool)


async def test_the_writer_keeps_no_connection_after_a_batch(people: People, room: Any, pool: Any) -> None:
    connections.close_all()
    async with ChatCommunicator(people.minji) as page:
        assert (await page.send(room, "hello"))["type"] == "ok"
        assert await all_are_back(pool)


async def test_a_receiver_that_takes_its_time_keeps_no_connection_of_the_one_before(people: People, pool: Any) -> None:
    connections.close_all()
    release = asyncio.Event()
    loop = asyncio.get_running_loop()
    slow = partial(asyncio.run_coroutine_threadsafe, release.wait(), loop)
    signal_dispatcher().call([people.minji.refresh_from_db, lambda: slow().result()])
    await asyncio.sleep(0.2)
    assert await all_are_back(pool)
    release.set()


async def test_who_waits_for_a_search_of_ones_own_keeps_no_connection(people: People, room: Any, pool: Any) -> None:
    connections.close_all()
    with search_slots().enter(people.minji.pk, 1.0):
        waiting = asyncio.ensure_future(in_thread(partial(_search_after_a_query, people.minji)))
        await asyncio.sleep(0.3)
        assert free_connections(pool) == SIZE
    await waiting


def _search_after_a_query(user: Any) -> None:
    user.refresh_from_db()
    search(user, "hello")


async def test_a_picture_that_waits_to_be_decoded_keeps_no_connection(
    people: People, room: Any, pool: Any, tmp_path: Path, settings: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    connections.close_all()
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    file = SimpleUploadedFile("dot.png", picture.getvalue())
    with decode_queue().take("somebody", 1, 2), decode_queue().take("somebody else", 1, 2):
        waiting = asyncio.ensure_future(in_thread(partial(take_upload, people.minji, str(room.pk), file)))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        assert free_connections(pool) == SIZE
    await waiting


def test_one_connection_that_the_server_has_cut_tells_of_the_others_in_the_pool(
    people: People, room: Any, pool: Any
) -> None:
    connections.close_all()
    end_all_but_mine = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with connection.Database.connect(**connection.get_connection_params()) as apart:
        apart.execute(end_all_but_mine)
    refused = [_is_refused(partial(history, people.minji, str(room.pk))) for _ in range(3)]
    assert refused == [True, False, False]


def _is_refused(work: Callable[[], Any]) -> bool:
    try:
        with database_connections():
            work()
    except OperationalError:
        return True
    return False


async def test_the_end_waits_for_nobody_who_waits_for_a_connection(
    people: People, room: Any, pool: Any, options: SetOptions
) -> None:
    options(ending_writes_seconds=0.1)
    options(ending_seconds=0.2)
    connections.close_all()
    taken = [pool.getconn() for _ in range(SIZE)]
    began = time.monotonic()
    waiting = [asyncio.ensure_future(thread_pool().run(people.minji.refresh_from_db)) for _ in range(THREADS)]
    view = asyncio.ensure_future(in_thread(people.juwon.refresh_from_db))
    await asyncio.sleep(0.2)
    await shutdown.on_shutdown()
    outcomes = await asyncio.gather(*waiting, view, return_exceptions=True)
    assert time.monotonic() - began < WAIT_SECONDS / 2
    assert {type(outcome).__name__ for outcome in outcomes} == {"OperationalError"}
    for each in taken:
        pool.putconn(each)
