"""Threads that live as long as the server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import partial

import pytest
from django.db import connection
from django.test import override_settings
from django.urls import reverse

from django_pairchat.utils.thread_pool import ThreadPool


@pytest.fixture
def one_thread(transactional_db: None) -> Iterator[ThreadPool]:
    workers = ThreadPool(threads=1)
    yield workers
    workers.stop()


def query() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@override_settings(DEBUG=True)
async def test_queries_are_not_collected_for_ever(one_thread: ThreadPool) -> None:
    await one_thread.run(query)
    assert await one_thread.run(lambda: len(connection.queries)) == 0


@override_settings(FORCE_SCRIPT_NAME="/shop")
async def test_addresses_are_those_of_a_project_that_is_not_at_the_root(one_thread: ThreadPool) -> None:
    address = await one_thread.run(lambda: reverse("pairchat:attachment", args=["1", 2]))
    assert address == "/shop/chat/rooms/1/files/2/"


async def test_one_owner_takes_one_thread_and_leaves_the_rest_to_others(transactional_db: None) -> None:
    workers, let_go = ThreadPool(threads=2), threading.Event()
    held = [asyncio.ensure_future(workers.run(lambda: let_go.wait(10), owner="minji")) for _ in range(5)]
    await asyncio.sleep(0)
    assert await asyncio.wait_for(workers.run(lambda: "a right", owner="juwon"), 5) == "a right"
    assert await asyncio.wait_for(workers.run(lambda: "a rate"), 5) == "a rate"
    let_go.set()
    assert await asyncio.gather(*held) == [True] * 5
    workers.stop()


async def test_owners_take_turns_however_much_one_of_them_has_asked_for(one_thread: ThreadPool) -> None:
    done: list[str] = []
    let_go = threading.Event()
    asked = [asyncio.ensure_future(one_thread.run(lambda: let_go.wait(10)))]
    for name in ("minji 1", "minji 2", "minji 3", "juwon 1", "juwon 2"):
        work = one_thread.run(partial(done.append, name), owner=name.split()[0])
        asked.append(asyncio.ensure_future(work))
        await asyncio.sleep(0)
    let_go.set()
    await asyncio.gather(*asked)
    assert done == ["minji 1", "juwon 1", "minji 2", "juwon 2", "minji 3"]


async def test_what_one_owner_waits_for_may_fail_or_be_given_up(one_thread: ThreadPool) -> None:
    let_go = threading.Event()
    first = asyncio.ensure_future(one_thread.run(lambda: let_go.wait(10), owner="minji"))
    failing, left, last = (
        asyncio.ensure_future(one_thread.run(function, owner="minji"))
        for function in (lambda: {}["nothing"], lambda: pytest.fail("Nobody waits for this."), lambda: "last")
    )
    await asyncio.sleep(0)
    left.cancel()
    let_go.set()
    with pytest.raises(KeyError):
        await failing
    assert (await first, await last) == (True, "last")


async def test_what_waits_in_a_line_is_done_before_the_threads_end(one_thread: ThreadPool) -> None:
    done: list[int] = []
    let_go = threading.Event()
    first = asyncio.ensure_future(one_thread.run(lambda: let_go.wait(10), owner="minji"))
    rest = [asyncio.ensure_future(one_thread.run(partial(done.append, number), owner="minji")) for number in range(3)]
    await asyncio.sleep(0)
    threading.Timer(0.2, let_go.set).start()
    assert await asyncio.to_thread(one_thread.stop, 10)
    await asyncio.gather(first, *rest)
    assert done == [0, 1, 2]
