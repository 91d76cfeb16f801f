"""What a host puts around the socket, or overrides in it, and what raises, waits or needs a task there: the connection
goes on, or ends with a word to the client and one to the log."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

import anyio
import pytest
from django.test import override_settings

from django_pairchat.consumers import ChatConsumer
from django_pairchat.protocol import requests
from django_pairchat.protocol.close_codes import CloseCode
from django_pairchat.realtime.connection import incoming
from django_pairchat.realtime.hub import hub
from django_pairchat.routing import chat_socket
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People
from tests.support.options import SetOptions

pytestmark = pytest.mark.usefixtures("threads")

Send = Callable[[Any], Awaitable[None]]
Layer = Callable[[Send, Any], Awaitable[None]]
WHO: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")
TEXT = "nobody else's concern"


def around(layer: Layer) -> Any:
    """The chat's application with this layer around its ``send``."""

    async def application(scope: Any, receive: Any, send: Send) -> None:
        WHO.set("this connection's")
        await chat_socket(scope, receive, lambda event: layer(send, event))

    return application


async def within_a_timeout(send: Send, event: Any) -> None:
    async with asyncio.timeout(10):
        await send(event)


async def within_a_scope(send: Send, event: Any) -> None:
    with anyio.fail_after(10):
        await send(event)


async def within_a_task(send: Send, event: Any) -> None:
    assert asyncio.current_task() is not None
    await send(event)


async def within_its_context(send: Send, event: Any) -> None:
    assert WHO.get() == "this connection's"
    await send(event)


async def after_a_while(send: Send, event: Any) -> None:
    await asyncio.sleep(0.001)
    await send(event)


@pytest.mark.parametrize("layer", [within_a_timeout, within_a_scope, within_a_task, within_its_context, after_a_while])
async def test_all_arrives_in_its_order(people: People, room: Any, layer: Layer) -> None:
    application = around(layer)
    async with (
        ChatCommunicator(people.minji) as writer,
        ChatCommunicator(people.juwon, application=application) as reader,
    ):
        for number in range(10):
            assert (await writer.send(room, str(number)))["type"] == "ok"
        events = [await reader.event("message") for _ in range(10)]
        assert [event["message"]["content"] for event in events] == [str(number) for number in range(10)]
        assert (await reader.request("ping"))["type"] == "pong"


class Refused(Exception):
    """Of the layer."""


async def at_once(send: Send, event: Any) -> None:
    if TEXT in event.get("text", ""):
        raise Refused
    await send(event)


async def late(send: Send, event: Any) -> None:
    if TEXT in event.get("text", ""):
        await asyncio.sleep(0.01)
        raise Refused
    await send(event)


async def out_of_time(send: Send, event: Any) -> None:
    if TEXT in event.get("text", ""):
        # Also an OSError, as is what servers raise for a client that has gone.
        raise TimeoutError
    await send(event)


async def given_up_within(send: Send, event: Any) -> None:
    if TEXT in event.get("text", ""):
        raise asyncio.CancelledError
    await send(event)


def plain(send: Send, event: Any) -> Awaitable[None]:
    if TEXT in event.get("text", ""):
        raise Refused
    return send(event)


@pytest.mark.parametrize("layer", [at_once, late, out_of_time, given_up_within, plain])
async def test_a_layer_that_fails_ends_the_connection_with_a_word_to_both_sides(
    people: People, room: Any, layer: Layer, caplog: pytest.LogCaptureFixture, options: SetOptions
) -> None:
    options(gone_seconds=0.05)
    application = around(layer)
    async with ChatCommunicator(people.minji) as writer:
        reader = ChatCommunicator(people.juwon, application=application)
        await reader.connect()
        for _ in range(3):
            assert (await writer.send(room, TEXT))["type"] == "ok"
        bye = await reader.bye()
        await reader.disconnect()
    assert (bye["code"], bye["reconnect"], reader.close_code) == (4500, True, 4500)
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.message.split(", ")[0] for record in errors] == ["Unforeseen error"]
    assert TEXT not in caplog.text


async def test_a_layer_that_fails_because_the_client_has_gone_is_no_error(
    people: People, room: Any, caplog: pytest.LogCaptureFixture, options: SetOptions
) -> None:
    options(gone_seconds=0.2)
    async with ChatCommunicator(people.minji) as writer:
        reader = ChatCommunicator(people.juwon, application=around(at_once))
        await reader.connect()
        await writer.send(room, TEXT)
        await reader.disconnect()
        await asyncio.sleep(0.3)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_layer_that_never_returns_is_cut(people: People, room: Any, options: SetOptions) -> None:
    options(unsent_seconds=0.05)
    options(bye_seconds=0.2)

    async def never(send: Send, event: Any) -> None:
        if TEXT in event.get("text", ""):
            await asyncio.Event().wait()
        await send(event)

    async with ChatCommunicator(people.minji) as writer:
        reader = ChatCommunicator(people.juwon, application=around(never))
        await reader.connect()
        await writer.send(room, TEXT)
        assert (await reader.bye())["code"] == 4408
        await reader.disconnect()


async def test_who_reads_no_errors_is_told_so_in_the_end(people: People, options: SetOptions) -> None:
    options(unsent_bytes=500)

    async def never(send: Send, event: Any) -> None:
        if '"error"' in event.get("text", ""):
            await asyncio.Event().wait()
        await send(event)

    page = ChatCommunicator(people.minji, application=around(never))
    await page.connect()
    for _ in range(15):
        await page.send_text("nonsense")
    assert (await page.bye())["code"] == 4408
    await page.disconnect()
    assert page.close_code == 4408


async def test_nothing_is_worked_on_for_a_client_that_does_not_read(
    people: People, room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = asyncio.Event()
    performed: list[str] = []
    really_perform = incoming.dispatch

    def perform(user: Any, request: Any, **more: Any) -> Any:
        performed.append(request.type)
        return really_perform(user, request, **more)

    async def when_read(send: Send, event: Any) -> None:
        if '"ok"' in event.get("text", ""):
            await reads.wait()
        await send(event)

    monkeypatch.setattr(incoming, "dispatch", perform)
    async with ChatCommunicator(people.minji, application=around(when_read)) as page:
        for number in range(5):
            await page.send_text(f'{{"type": "history", "id": "h{number}", "room": "{room.pk}"}}')
        await asyncio.sleep(0.3)
        assert performed == ["history"]
        reads.set()
        assert (await page.request("ping"))["type"] == "pong"
    assert performed == ["history"] * 5 + ["ping"]


async def test_a_receive_that_fails_ends_the_connection_with_a_word(people: People) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        async def fails_later() -> Any:
            event = await receive()
            if event["type"] == "websocket.receive":
                raise Refused
            return event

        await chat_socket(scope, fails_later, send)

    page = ChatCommunicator(people.minji, application=application)
    await page.connect()
    await page.send_text("{}")
    bye = await page.bye()
    await page.disconnect()
    assert (bye["code"], bye["reconnect"]) == (4500, True)


@dataclass(frozen=True, slots=True)
class GivesUp(requests.Request):
    type: ClassVar[str] = "give_up"


@dataclass(frozen=True, slots=True)
class Waits(requests.Request):
    type: ClassVar[str] = "wait"


class Careless(ChatConsumer):
    request_types = {**ChatConsumer.request_types, GivesUp.type: GivesUp, Waits.type: Waits}
    stays: ClassVar[asyncio.Event]

    async def on_connect(self) -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(self.stays.wait(), 5)

    async def on_disconnect(self) -> None:
        await asyncio.Event().wait()

    async def handle_give_up(self, request: GivesUp) -> dict[str, Any]:
        raise asyncio.CancelledError

    async def handle_wait(self, request: Waits) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    def filter_event(self, frame: str) -> Any:
        return len(frame)


@pytest.fixture
def careless(options: SetOptions) -> Any:
    options(hook_seconds=2.0)
    Careless.stays = asyncio.Event()
    with override_settings(PAIRCHAT={"CONSUMER": f"{__name__}.Careless"}):
        yield Careless


async def test_a_handler_that_gives_up_or_never_ends_is_answered_and_holds_up_nothing(
    people: People, careless: Any
) -> None:
    careless.stays.set()
    async with ChatCommunicator(people.minji) as page:
        answers = [await page.request(kind) for kind in ("give_up", "wait", "ping")]
    assert [answer.get("code", answer["type"]) for answer in answers] == ["error", "error", "pong"]


async def test_a_connection_ends_although_a_hook_swallows_its_end(people: People, careless: Any) -> None:
    page = ChatCommunicator(people.minji)
    await page.connect()
    (mine,) = hub().of_user(str(people.minji.pk))
    mine.end(CloseCode.SHUTTING_DOWN)
    assert (await page.bye())["code"] == 4503
    await page.disconnect()


async def test_the_farewell_does_not_wait_for_the_last_hook(people: People, careless: Any, options: SetOptions) -> None:
    options(hook_seconds=1.0)
    careless.stays.set()
    page = ChatCommunicator(people.minji)
    await page.connect()
    (mine,) = hub().of_user(str(people.minji.pk))
    mine.end(CloseCode.SHUTTING_DOWN)
    page.timeout_seconds = 0.5
    assert (await page.bye())["code"] == 4503
    page.timeout_seconds = 5.0
    await page.disconnect()


class Thoughtful(ChatConsumer):
    """Never comes to say who somebody is, or whether they may stay."""

    thinks_in: ClassVar[str]

    async def get_user(self) -> Any:
        return await self._think("get_user") or await super().get_user()

    async def is_still_allowed(self) -> bool:
        return bool(await self._think("is_still_allowed")) or await super().is_still_allowed()

    async def _think(self, hook: str) -> None:
        if hook == self.thinks_in:
            await asyncio.Event().wait()


@pytest.fixture
def thoughtful(options: SetOptions) -> Any:
    options(hook_seconds=0.2)
    options(recheck_seconds=-1.0)
    with override_settings(PAIRCHAT={"CONSUMER": f"{__name__}.Thoughtful"}):
        yield Thoughtful


async def test_who_cannot_be_found_out_in_time_is_told_to_come_back(
    people: People, thoughtful: Any, caplog: pytest.LogCaptureFixture
) -> None:
    thoughtful.thinks_in = "get_user"
    page = ChatCommunicator(people.minji)
    first = await page.connect()
    assert (first["type"], first["code"], first["reconnect"]) == ("bye", 4500, True)
    await page.disconnect()
    assert "Unforeseen error, reference" in caplog.text


async def test_a_right_that_cannot_be_found_out_in_time_is_an_error_and_the_page_is_heard(
    people: People, thoughtful: Any, caplog: pytest.LogCaptureFixture
) -> None:
    thoughtful.thinks_in = "is_still_allowed"
    async with ChatCommunicator(people.minji) as page:
        answers = [await page.request("ping") for _ in range(2)]
    assert [answer["code"] for answer in answers] == ["error"] * 2
    assert all(answer["ref"] in caplog.text for answer in answers)


async def test_a_layer_that_runs_out_of_time_before_the_first_frame_is_no_lost_client(
    people: People, caplog: pytest.LogCaptureFixture
) -> None:
    async def runs_out_of_time_once(send: Send, event: Any) -> None:
        if event["type"] == "websocket.accept":
            await send(event)
            raise TimeoutError("a detail of the layer")
        await send(event)

    page = ChatCommunicator(people.minji, application=around(runs_out_of_time_once))
    first = await page.connect()
    assert (first["type"], first["code"]) == ("bye", 4500)
    await page.disconnect()
    assert "Unforeseen error, reference" in caplog.text


async def test_what_a_filter_makes_of_an_event_is_a_text_or_nothing(people: People, room: Any, careless: Any) -> None:
    careless.stays.set()
    async with ChatCommunicator(people.minji) as page:
        assert (await page.send(room, "hello"))["type"] == "ok"
        assert await page.events() == []
        assert (await page.request("ping"))["type"] == "pong"


async def test_a_connection_can_be_ended_from_any_thread(people: People) -> None:
    page = ChatCommunicator(people.minji)
    await page.connect()
    (mine,) = hub().of_user(str(people.minji.pk))
    thread = threading.Thread(target=mine.end, args=(CloseCode.SHUTTING_DOWN,))
    thread.start()
    assert (await page.bye())["code"] == 4503
    await page.disconnect()
    thread.join()
