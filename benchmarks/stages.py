"""Where the processor time of a send goes: each stage of its way alone, in one process, without a server.

``python -m benchmarks.stages`` prepares a database of its own and prints microseconds per message. What a whole server
uses besides is reading and writing sockets, and threads that take turns.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock
from uuid import uuid4

from .contenders import PAIRCHAT, TEXT, Place

MESSAGES = 4_000
BATCHES = (100, 20, 1)
PEOPLE = 100


def main() -> None:
    if len(sys.argv) > 1:
        _measure([Place(**place) for place in json.loads(sys.argv[1])])
        return
    from .__main__ import DATABASE, _postgres, _prepare, _run

    environment = {"BENCH_DATABASE": DATABASE}
    with _postgres():
        places = _prepare(environment, "places")["places"][:PEOPLE]
        print(_run("benchmarks.stages", environment, json.dumps(places)), end="")


def _measure(places: list[Place]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.site.settings")
    import django

    django.setup()
    print("| stage | processor time per message |\n|---|---|")
    for name, microseconds in _stages(places):
        print(f"| {name} | {microseconds:.0f} µs |")


def _stages(places: list[Place]) -> Iterator[tuple[str, float]]:
    from django.contrib.auth import get_user_model

    users = {str(user.pk): user for user in get_user_model().objects.filter(pk__in=[place.user for place in places])}
    yield (
        "reading a frame, its rate, queueing and answering it",
        asyncio.run(_reading(places[0], users[places[0].user])),
    )
    for size in BATCHES:
        yield f"storing it, in a batch of {size}", _storing(places, users, size)
    yield "encoding it, announcing it, and handing it to the sockets of both", _announcing(places, users)


def _timed(work: Callable[[], object], messages: int) -> float:
    started = time.thread_time()
    work()
    return 1e6 * (time.thread_time() - started) / messages


async def _reading(place: Place, user: Any) -> float:
    from django_pairchat.consumers import ChatConsumer
    from django_pairchat.realtime.connection import inflight
    from django_pairchat.realtime.connection.connection import Connection
    from django_pairchat.sending.types import SentMessage

    class Answered:
        """In the committer's place: says at once that it has stored what it was given."""

        def send(self, pending: Any, on_answer: Callable[[Any], None]) -> None:
            on_answer(SentMessage("{}", duplicate=False))

    class Outgoing:
        def send(self, frame: str) -> None:
            answers.append(frame)

    answers: list[str] = []
    consumer: Any = ChatConsumer()
    consumer.user, consumer.language = user, "en"
    connection: Any = Connection(consumer, None, None, has_channel=False, filters_events=False)
    connection.user_key, connection.outgoing = place.user, Outgoing()
    connection._allowed_until = time.monotonic() + 60
    frames = [PAIRCHAT.frame(place, number) for number in range(MESSAGES)]
    with mock.patch.object(inflight, "group_committer", Answered):
        started = time.thread_time()
        for frame in frames:
            await connection._incoming.handle(frame)
        spent = time.thread_time() - started
    if sum(frame.startswith(PAIRCHAT.answer or "") for frame in answers) != MESSAGES:
        raise RuntimeError(f"Not all of {MESSAGES} frames were answered with an ok.")
    return 1e6 * spent / MESSAGES


def _batch(places: list[Place], users: dict[str, Any], size: int) -> list[Any]:
    from django_pairchat.sending.types import PendingMessage

    return [PendingMessage(users[place.user], TEXT, uuid4(), place.chat_room) for place in places[:size]]


def _storing(places: list[Place], users: dict[str, Any], size: int) -> float:
    from django_pairchat.sending.room_cache import RoomCache
    from django_pairchat.sending.store import store

    known = RoomCache()
    store(_batch(places, users, size), known, skip_locked=True)
    batches = [_batch(places, users, size) for _ in range(min(200, MESSAGES // size))]

    def store_all() -> None:
        for batch in batches:
            store(batch, known, skip_locked=True)

    return _timed(store_all, size * len(batches))


def _announcing(places: list[Place], users: dict[str, Any]) -> float:
    from django_pairchat.core.events import FramePush
    from django_pairchat.realtime.hub import Hub
    from django_pairchat.sending.publish import publish
    from django_pairchat.sending.room_cache import RoomCache
    from django_pairchat.sending.store import store

    batch = _batch(places, users, PEOPLE)
    sends = list(zip(batch, store(batch, RoomCache(), skip_locked=True), strict=True))
    loop, hub = asyncio.new_event_loop(), Hub()
    pushed: list[str] = []
    for place in places:
        hub.add(_Socket(place.user, loop, pushed.append))

    def announce() -> None:
        for _ in range(MESSAGES // PEOPLE):
            hub.deliver(event for event in publish(sends).events() if isinstance(event, FramePush))
            loop.call_soon(loop.stop)
            loop.run_forever()

    spent = _timed(announce, MESSAGES)
    loop.close()
    if len(pushed) != 2 * MESSAGES:
        raise RuntimeError(f"{len(pushed)} of {2 * MESSAGES} frames were handed over.")
    return spent


class _Socket:
    def __init__(self, user_key: str, loop: asyncio.AbstractEventLoop, push: Callable[[str], None]) -> None:
        self.user_key = user_key
        self.loop = loop
        self.push = push


if __name__ == "__main__":
    main()
