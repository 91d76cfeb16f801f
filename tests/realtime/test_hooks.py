"""A host's consumer and policy that fail or refuse: nobody else's affair."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any, ClassVar

import pytest
from django.test import override_settings

from django_pairchat.consumers import ChatConsumer
from django_pairchat.policy import Policy
from django_pairchat.realtime.connection import incoming
from django_pairchat.signals import message_reported
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People

pytestmark = pytest.mark.usefixtures("threads")


class FailsForOne(ChatConsumer):
    one: ClassVar[Any] = None

    def filter_event(self, frame: str) -> str | None:
        if self.user == self.one:
            raise LookupError("a mistake of the host's")
        return frame


class FailsAtOnce(ChatConsumer):
    async def on_connect(self) -> None:
        raise LookupError("a mistake of the host's")


class FailsAtTheEnd(ChatConsumer):
    async def on_disconnect(self) -> None:
        raise LookupError("a mistake of the host's")


class NothingLoud(Policy):
    def can_send(self, user: Any, peer: Any, room: Any) -> bool:
        return not room.topic_title


def consumer(name: str) -> Any:
    return override_settings(PAIRCHAT={"CONSUMER": f"{__name__}.{name}"})


@consumer("FailsForOne")
async def test_a_filter_that_fails_for_one_connection_spares_the_others(
    people: People, room: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(FailsForOne, "one", people.minji)
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as other:
        assert (await page.send(room, "hello"))["type"] == "ok"
        assert (await other.event("message"))["message"]["content"] == "hello"
        assert await page.events() == []


@consumer("FailsAtOnce")
async def test_a_connection_that_cannot_begin_is_told_to_come_back(people: People) -> None:
    page = ChatCommunicator(people.minji)
    assert (await page.connect())["type"] == "hello"
    bye = await page.bye()
    await page.disconnect()
    assert (bye["code"], bye["reconnect"]) == (4500, True)


@consumer("FailsAtTheEnd")
async def test_an_end_that_fails_is_an_end(people: People) -> None:
    async with ChatCommunicator(people.minji) as page:
        assert (await page.request("ping"))["type"] == "pong"


@override_settings(PAIRCHAT={"POLICY": f"{__name__}.NothingLoud", "SEND_BURST": 2, "SENDS_PER_MINUTE": 1})
async def test_what_the_policy_refuses_costs_no_rate(people: People, room: Any) -> None:
    room.topic_title = "refused"
    await room.asave()
    async with ChatCommunicator(people.minji) as page:
        refused = [await page.send(room, "hello") for _ in range(3)]
        room.topic_title = ""
        await room.asave()
        stored = await page.send(room, "hello")
    assert [answer.get("code") for answer in refused] == ["cannot_send"] * 3
    assert stored["type"] == "ok"


async def test_what_a_page_that_has_gone_did_is_told_to_the_host(
    people: People, room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, let_go, heard = threading.Event(), threading.Event(), threading.Event()
    really_perform = incoming.dispatch

    def perform_slowly(*arguments: Any, **how: Any) -> Any:
        entered.set()
        let_go.wait(5)
        return really_perform(*arguments, **how)

    monkeypatch.setattr(incoming, "dispatch", perform_slowly)

    def hear(**kwargs: Any) -> None:
        heard.set()

    message_reported.connect(hear)
    try:
        async with ChatCommunicator(people.minji) as page:
            report = {"type": "report", "id": 1, "room": str(room.pk), "reason": "rude"}
            await page.send_text(json.dumps(report))
            await asyncio.to_thread(entered.wait, 5)
            await page.disconnect()
            let_go.set()
            assert await asyncio.to_thread(heard.wait, 5)
    finally:
        message_reported.disconnect(hear)
