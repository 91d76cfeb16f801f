"""A reader that is too slow is cut, and not collected in memory."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from django_pairchat.node import NodeOptions
from django_pairchat.realtime.connection.outgoing import OutgoingQueue
from tests.support.options import SetOptions

KIBIBYTE = "x" * 1024
LIMIT = NodeOptions().unsent_bytes // len(KIBIBYTE)


class Reader:
    """Takes nothing from a server that waits for it."""

    def __init__(self) -> None:
        self.cut = asyncio.Event()

    async def send(self, message: dict[str, Any]) -> None:
        await asyncio.Event().wait()


async def take(message: dict[str, Any]) -> None:
    """What a server does that has room, or does not say that it has none."""


def fails(error: Exception) -> None:
    raise AssertionError("send did not fail") from error


async def test_more_than_a_mebibyte_is_not_kept() -> None:
    reader = Reader()
    outbox = OutgoingQueue(reader.send, reader.cut.set, fails)
    for _ in range(LIMIT + 1):
        outbox.send(KIBIBYTE)
    assert not reader.cut.is_set()
    outbox.send(KIBIBYTE)
    assert reader.cut.is_set()


async def test_nothing_waits_longer_than_ten_seconds(options: SetOptions) -> None:
    options(unsent_seconds=0.05)
    reader = Reader()
    OutgoingQueue(reader.send, reader.cut.set, fails).send(KIBIBYTE)
    await asyncio.wait_for(reader.cut.wait(), 5)


@pytest.mark.parametrize(
    ("no_backpressure", "overdue", "mebibytes", "is_cut"),
    [(True, True, 2, True), (True, False, 2, False), (True, True, 1, False), (False, True, 2, False)],
)
async def test_a_client_of_a_silent_server_has_to_ping(
    options: SetOptions, no_backpressure: bool, overdue: bool, mebibytes: int, is_cut: bool
) -> None:
    options(unacknowledged_seconds=-1.0 if overdue else 60.0)
    reader = Reader()
    outbox = OutgoingQueue(take, reader.cut.set, fails, no_backpressure=no_backpressure, needs_no_task=True)
    for _ in range(mebibytes * LIMIT):
        outbox.send(KIBIBYTE)
    assert reader.cut.is_set() is is_cut


async def test_much_is_fetched_for_a_client_of_a_silent_server_only_when_it_pings() -> None:
    outbox = OutgoingQueue(take, Reader().cut.set, fails, no_backpressure=True, needs_no_task=True)
    outbox.send("x" * (2 * NodeOptions().unsent_bytes + 1))
    assert outbox.is_behind
    waiting = [asyncio.create_task(outbox.caught_up()) for _ in range(2)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    outbox.acknowledge()
    await asyncio.wait_for(asyncio.gather(*waiting), 5)
    assert not outbox.is_behind


async def test_a_client_of_a_silent_server_that_never_pings_is_not_waited_for_without_end(
    options: SetOptions,
) -> None:
    options(unacknowledged_seconds=0.1)
    reader = Reader()
    outbox = OutgoingQueue(take, reader.cut.set, fails, no_backpressure=True, needs_no_task=True)
    outbox.send("x" * (2 * NodeOptions().unsent_bytes + 1))
    await asyncio.wait_for(outbox.caught_up(), 5)
    assert reader.cut.is_set()


async def test_a_client_of_a_silent_server_that_pings_in_time_is_not_cut(options: SetOptions) -> None:
    options(unacknowledged_seconds=0.2)
    reader = Reader()
    outbox = OutgoingQueue(take, reader.cut.set, fails, no_backpressure=True, needs_no_task=True)
    outbox.send("x" * (2 * NodeOptions().unsent_bytes + 1))
    waiting = asyncio.create_task(outbox.caught_up())
    await asyncio.sleep(0.1)
    outbox.acknowledge()
    await asyncio.wait_for(waiting, 5)
    await asyncio.sleep(0.2)
    assert not reader.cut.is_set()


# Where texts can be written without send


class Server:
    """Takes what comes by ``send`` when it is let, and what comes by ``write`` at once, as long as it has room."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str | bytes]] = []
        self.may_take = asyncio.Event()
        self.has_room = True

    async def send(self, message: dict[str, Any]) -> None:
        await self.may_take.wait()
        self.taken.append(("send", message.get("text") or message["bytes"]))

    def write(self, text: str) -> bool:
        if self.has_room:
            self.taken.append(("write", text))
        return self.has_room


@pytest.fixture(params=[True, False], ids=["the server's own send", "a send in tasks"])
def writing(request: pytest.FixtureRequest) -> tuple[Server, OutgoingQueue]:
    server = Server()
    cut = Reader().cut.set
    return server, OutgoingQueue(server.send, cut, fails, needs_no_task=request.param, write=server.write)


async def test_what_cannot_be_written_is_sent_and_all_that_follows_waits_behind_it(
    writing: tuple[Server, OutgoingQueue],
) -> None:
    server, outbox = writing
    server.has_room = False
    outbox.send("one")
    # It would come before the first, which is still under way.
    server.has_room = True
    outbox.send("two")
    assert server.taken == []
    assert outbox.is_behind
    server.may_take.set()
    await asyncio.wait_for(outbox.wait_until_sent(), 5)
    outbox.send("three")
    assert server.taken == [("send", "one"), ("send", "two"), ("write", "three")]


async def test_bytes_between_texts_stay_between_them(writing: tuple[Server, OutgoingQueue]) -> None:
    server, outbox = writing
    for frame in ("one", b"two", "three", b"four", "five"):
        outbox.send(frame)
    server.may_take.set()
    await asyncio.wait_for(outbox.wait_until_sent(), 5)
    assert [taken for _way, taken in server.taken] == ["one", b"two", "three", b"four", "five"]
    assert [way for way, _taken in server.taken] == ["write", *["send"] * 4]
