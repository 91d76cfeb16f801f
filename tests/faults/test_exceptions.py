"""An exception that nobody has foreseen, in every act and in every hook of a host: an answer, and no more than that."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from . import triggers
from .client import Frame, Socket, Twin, eventually
from .machines import Site, Workers
from .test_database import everything

PROVOKED = "ZeroDivisionError"


async def test_an_exception_in_any_act_is_answered_and_ends_nothing(
    site: Site, workers: Workers, provoked: list[str]
) -> None:
    provoked.append(PROVOKED)
    pair = site.new_pair(triggers.UNLUCKY)
    asked = {**everything(pair.room), "typing": {"room": pair.room, "on": True}, "ping": {}}
    async with await Socket.open(workers[0], pair.people[0]) as socket:
        answers = {kind: await socket.request(kind, **fields) for kind, fields in asked.items()}
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
    with site.workers(1, FAULTS_SPOILT="yes") as workers:
        yield workers


@pytest.fixture
def spoilt(spoilt_worker: Workers, provoked: list[str], watched: Callable[[Workers], None]) -> Any:
    provoked.append(PROVOKED)
    yield spoilt_worker
    watched(spoilt_worker)


@pytest.mark.parametrize("hook", ["get_user", "on_connect"])
async def test_a_hook_that_raises_at_the_beginning_ends_the_connection_with_a_reason(
    site: Site, spoilt: Workers, hook: str
) -> None:
    pair = site.new_pair(hook)
    async with await Socket.open(spoilt[0], pair.people[0]) as socket:
        await eventually(lambda: socket.close_code, "the connection ends", 10)
        assert socket.bye is not None
        assert (socket.close_code, socket.bye["code"], socket.bye["reconnect"]) == (4500, 4500, True)


async def test_a_check_of_rights_that_raises_is_answered(site: Site, spoilt: Workers) -> None:
    pair = site.new_pair("is_still_allowed")
    async with await Socket.open(spoilt[0], pair.people[0]) as socket:
        answer: Frame = {}
        for _ in range(40):
            answer = await socket.request("ping")
            if answer["type"] == "error":
                break
            await asyncio.sleep(0.1)
        assert answer.get("code") == "error"
        assert socket.close_code is None


@pytest.mark.parametrize("question", ["can_send", "check_content"])
async def test_a_policy_that_raises_refuses_the_message(site: Site, spoilt: Workers, question: str) -> None:
    pair = site.new_pair(question)
    async with await Socket.open(spoilt[0], pair.people[0]) as socket, Twin(pair.people[0]) as twin:
        fields = {"client_id": str(uuid.uuid4()), "content": "hello"}
        answers = [
            await socket.request("send", room=pair.room, **fields),
            await twin.send(spoilt[0], pair.room, **fields),
        ]
        assert [answer["code"] for answer in answers] == ["error", "error"]
        assert socket.close_code is None
    assert site.database.rows("SELECT count(*) FROM pairchat_message WHERE room_id = %s", pair.room) == [(0,)]


async def test_a_receiver_that_raises_harms_no_message(site: Site, spoilt: Workers) -> None:
    pair = site.new_pair("receiver")
    events: list[Frame] = []
    async with (
        await Socket.open(spoilt[0], pair.people[0]) as socket,
        await Socket.open(spoilt[0], pair.people[1], events.append),
    ):
        for _ in range(3):
            answer = await socket.request("send", room=pair.room, client_id=str(uuid.uuid4()), content="hello")
            assert answer["type"] == "ok"
        await eventually(lambda: sum(event["kind"] == "message" for event in events) == 3, "all events", 5)


async def test_a_filter_that_raises_harms_no_other_connection(site: Site, spoilt: Workers) -> None:
    pair = site.new_pair("filter_event")
    calm = site.new_pair()
    events: list[Frame] = []
    async with (
        await Socket.open(spoilt[0], pair.people[0]) as spoilt_writer,
        await Socket.open(spoilt[0], calm.people[0]) as writer,
        await Socket.open(spoilt[0], calm.people[1], events.append),
    ):
        for number in range(10):
            # At the same time, so that the events of both go out together.
            asked = [
                socket.request("send", room=room, client_id=str(uuid.uuid4()), content=f"message {number}")
                for socket, room in ((spoilt_writer, pair.room), (writer, calm.room))
            ]
            assert {answer["type"] for answer in await asyncio.gather(*asked)} == {"ok"}
        await eventually(
            lambda: sum(event["kind"] == "message" for event in events) == 10, "all events of the others", 5
        )
        assert spoilt_writer.close_code is None


async def test_a_hook_that_raises_at_the_end_disturbs_nobody(site: Site, spoilt: Workers) -> None:
    pair = site.new_pair("on_disconnect")
    async with await Socket.open(spoilt[0], pair.people[0]) as staying:
        async with await Socket.open(spoilt[0], pair.people[1]):
            pass
        assert (await staying.request("ping"))["type"] == "pong"
