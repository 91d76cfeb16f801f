"""An exception that nobody has foreseen, in every act and in every hook of a host: an answer, and no more than that."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from . import sabotage
from .client import Frame, Socket, Twin, eventually
from .machines import Site, Workers
from .test_database import everything

PROVOKED = "ZeroDivisionError"


async def test_an_exception_in_any_act_is_answered_and_ends_nothing(
    site: Site, workers: Workers, provoked: list[str]
) -> None:
    provoked.append(PROVOKED)
    [pair] = site.populate(1, names=sabotage.UNLUCKY)
    asked = {**everything(pair.room), "typing": {"room": pair.room, "on": True}, "ping": {}}
    async with await Socket.open(workers[0], pair.people[0]) as socket:
        answers = {kind: await socket.ask(kind, **fields) for kind, fields in asked.items()}
        assert {answer["code"] for answer in answers.values()} == {"error"}
        assert len({answer["ref"] for answer in answers.values()}) == len(asked)
        assert socket.close_code is None
    async with Twin(pair.people[0]) as twin:
        answer = await twin.send(workers[0], pair.room, client_id=str(uuid.uuid4()), content="hello")
        assert answer["code"] == "error"
    assert site.database.rows("SELECT count(*) FROM pairchat_message WHERE room_id = %s", pair.room) == [(0,)]
    log = workers[0].said()
    assert all(answer["ref"] in log for answer in answers.values())
    assert "hello" not in log


@pytest.fixture(scope="module")
def spoilt_worker(site: Site) -> Any:
    with site.workers(1, FAULTS_CONSUMER="tests.faults.host.consumers.SpoiltConsumer") as workers:
        yield workers


@pytest.fixture
def spoilt(spoilt_worker: Workers, provoked: list[str], watched: Callable[[Workers], None]) -> Any:
    provoked.append(PROVOKED)
    yield spoilt_worker
    watched(spoilt_worker)


@pytest.mark.parametrize("hook", ["get_user", "connected"])
async def test_a_hook_that_raises_at_the_beginning_ends_the_connection_with_a_reason(
    site: Site, spoilt: Workers, hook: str
) -> None:
    [pair] = site.populate(1, names=hook)
    async with await Socket.open(spoilt[0], pair.people[0]) as socket:
        await eventually(lambda: socket.close_code, "the connection ends", 10)
        assert socket.bye is not None
        assert (socket.close_code, socket.bye["code"], socket.bye["reconnect"]) == (4500, 4500, True)


async def test_a_check_of_rights_that_raises_is_answered(site: Site, spoilt: Workers) -> None:
    [pair] = site.populate(1, names="still_allowed")
    async with await Socket.open(spoilt[0], pair.people[0]) as socket:
        answer: Frame = {}
        for _ in range(40):
            answer = await socket.ask("ping")
            if answer["type"] == "error":
                break
            await asyncio.sleep(0.1)
        assert answer.get("code") == "error"
        assert socket.close_code is None


async def test_a_filter_that_raises_harms_no_other_connection(site: Site, spoilt: Workers) -> None:
    [pair] = site.populate(1, names="filter_frame")
    [calm] = site.populate(1)
    # Two rooms cannot share a person here, so both people of the calm pair are watched while the spoilt pair writes.
    events: list[Frame] = []
    async with (
        await Socket.open(spoilt[0], pair.people[0]) as writer,
        await Socket.open(spoilt[0], pair.people[1]) as reader,
        await Socket.open(spoilt[0], calm.people[0]) as sender,
        await Socket.open(spoilt[0], calm.people[1], events.append),
    ):
        for number in range(10):
            text = f"message {number}"
            asked = [
                socket.ask("send", room=room, client_id=str(uuid.uuid4()), content=text)
                for socket, room in ((writer, pair.room), (sender, calm.room), (reader, pair.room))
            ]
            answers = await asyncio.gather(*asked)
            assert {answer["type"] for answer in answers} == {"ok"}
        await eventually(
            lambda: sum(event["kind"] == "message" for event in events) == 10, "all events of the others", 5
        )
        assert (writer.close_code, reader.close_code) == (None, None)


async def test_a_hook_that_raises_at_the_end_disturbs_nobody(site: Site, spoilt: Workers) -> None:
    [pair] = site.populate(1, names="disconnected")
    async with await Socket.open(spoilt[0], pair.people[0]) as staying:
        async with await Socket.open(spoilt[0], pair.people[1]):
            pass
        assert (await staying.ask("ping"))["type"] == "pong"
