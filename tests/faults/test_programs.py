"""The clients for programs, in Python and in JavaScript, while the workers that they talk to are killed, and Redis."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django_pairchat.client import PairchatClient, Store
from tests.support.node import Program

from .client import CSRF_TOKEN, eventually
from .machines import Pair, Person, Site, Worker, Workers

MESSAGES = 24
AWAY_SECONDS = 1.5
SCRIPT = Path(__file__).with_name("program.mjs")


def headers_of(worker: Worker, person: Person) -> dict[str, str]:
    return {
        "Cookie": f"sessionid={person.session}; csrftoken={CSRF_TOKEN}",
        "X-CSRFToken": CSRF_TOKEN,
        "Origin": worker.url,
    }


def program(worker: Worker, person: Person, store: Path) -> PairchatClient:
    return PairchatClient(f"{worker.url}/chat/", headers_of(worker, person), store=Store(store))


@contextmanager
def script(worker: Worker, person: Person, room: str) -> Iterator[Program]:
    started = Program(SCRIPT, [worker.url, person.user, room], HEADERS=json.dumps(headers_of(worker, person)))
    try:
        yield started
    finally:
        started.kill()


async def test_programs_lose_and_double_nothing_while_workers_are_killed(
    site: Site, workers: Workers, pair: Pair, tmp_path: Path
) -> None:
    writer, reader = pair.people
    heard: list[str] = []

    async def read() -> None:
        async with program(workers[1], reader, tmp_path / "reader") as client:
            listening.set()
            async for message in client.messages():
                heard.append(message["content"])
                if len(heard) == MESSAGES:
                    return

    async def write() -> None:
        async with program(workers[0], writer, tmp_path / "writer") as client:
            for number in range(MESSAGES):
                await client.send(pair.room, f"number {number}")
                # So that each death has some before it, some under way, and some after it.
                await asyncio.sleep(0.05)

    listening = asyncio.Event()
    reading = asyncio.create_task(read())
    await asyncio.wait_for(listening.wait(), 30)
    writing = asyncio.create_task(write())
    for number in (0, 1, 0):
        await asyncio.sleep(0.15)
        workers[number].kill()
        await asyncio.to_thread(workers[number].start)
    await asyncio.wait_for(asyncio.gather(reading, writing), 90)
    expected = [f"number {number}" for number in range(MESSAGES)]
    assert heard == expected
    stored = site.database.rows(
        "SELECT content FROM pairchat_message WHERE room_id = %s AND content LIKE 'number %%' ORDER BY seq", pair.room
    )
    assert [content for (content,) in stored] == expected


async def test_both_clients_lose_and_double_nothing_while_workers_and_redis_are_killed(
    site: Site, workers: Workers, pair: Pair, tmp_path: Path
) -> None:
    ours, theirs = pair.people
    heard: list[str] = []
    with script(workers[1], theirs, pair.room) as there:
        await asyncio.to_thread(there.hear, status="ready")
        async with program(workers[0], ours, tmp_path / "store") as here:

            async def listen() -> None:
                async for message in here.messages():
                    heard.append(message["content"])  # noqa: PERF401 - others look at it meanwhile

            async def write() -> None:
                for number in range(MESSAGES):
                    there.do("send", f"from there {number}")
                    await here.send(pair.room, f"from here {number}")
                    await asyncio.sleep(0.05)

            listening, writing = asyncio.create_task(listen()), asyncio.create_task(write())
            for number in (0, 1):
                await asyncio.sleep(0.3)
                workers[number].kill()
                await asyncio.to_thread(workers[number].start)
            site.redis.kill()
            await asyncio.sleep(AWAY_SECONDS)
            await asyncio.to_thread(site.redis.start)
            await asyncio.wait_for(writing, 60)
            await eventually(lambda: len(heard) >= MESSAGES, "all that was written there is heard here", 60)
            listening.cancel()
        rows = site.database.rows("SELECT content FROM pairchat_message WHERE room_id = %s ORDER BY seq", pair.room)
        stored = [content for (content,) in rows if content.startswith("from ")]
        shown = await asyncio.to_thread(there.hear, pending=0, messages=[content for (content,) in rows])
    assert heard == [f"from there {number}" for number in range(MESSAGES)]
    for side in ("here", "there"):
        assert [each for each in stored if f"from {side} " in each] == [f"from {side} {n}" for n in range(MESSAGES)]
    assert shown["status"] == "ready"
