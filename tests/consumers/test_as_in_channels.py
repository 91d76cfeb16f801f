"""A host's consumer uses what the documentation of Channels tells of any consumer: its layer, groups, frames and codes
of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from channels.layers import InMemoryChannelLayer, channel_layers, get_channel_layer
from django.test import override_settings

from django_pairchat.consumers import ChatConsumer
from django_pairchat.exceptions import NotFound
from django_pairchat.protocol import requests
from django_pairchat.services import asend
from tests.conftest import People
from tests.support.consumers import routed
from tests.support.options import SetOptions
from tests.support.sockets import Sockets

MISTAKES: dict[str, BaseException] = {
    "host": ZeroDivisionError("a detail of the market"),
    "library": NotFound(),
    "cancelled": asyncio.CancelledError("of something within"),
}
LEAVING_SECONDS = 0.1
LAYER = {"BACKEND": "channels.layers.InMemoryChannelLayer"}


@dataclass(frozen=True, slots=True)
class Leave(requests.Request):
    """Asks to be closed."""

    type: ClassVar[str] = "leave"
    code: int = requests.required(requests.seq)


class Market(ChatConsumer):
    """Tells every open page of the prices."""

    request_types = {**ChatConsumer.request_types, Leave.type: Leave}
    log: ClassVar[list[str]] = []

    async def on_connect(self) -> None:
        await self.channel_layer.group_add("market", self.channel_name)
        await self.send_json({"type": "market", "open": True})

    async def on_disconnect(self) -> None:
        await self.channel_layer.group_discard("market", self.channel_name)
        self.log.append(f"{self.user_key} has left")

    async def price_changed(self, event: dict[str, Any]) -> None:
        await self.send(text_data=f'{{"type": "price", "price": {event["price"]}}}')

    async def market_closes(self, event: dict[str, Any]) -> None:
        await self.close(code=4321, reason="Come back tomorrow.")
        await asyncio.sleep(0)
        self.log.append("closed")

    async def market_burns(self, event: dict[str, Any]) -> None:
        raise MISTAKES[event["mistake"]]

    async def market_stops(self, event: dict[str, Any]) -> None:
        raise StopConsumer

    async def market_photo(self, event: dict[str, Any]) -> None:
        await self.send(bytes_data=b"\x89PNG")
        await self.send({"type": "websocket.send", "text": '{"type": "photo"}'})
        await self.send({"type": "websocket.send", "bytes": b"GIF"})
        await self.send({"type": "websocket.close", "code": 4322})

    async def handle_leave(self, request: Leave) -> dict[str, Any]:
        await self.close(request.code)
        await asyncio.sleep(LEAVING_SECONDS)
        return {"left": True}


class Shut(ChatConsumer):
    async def on_connect(self) -> None:
        await self.close(4444)


class ShutBefore(ChatConsumer):
    async def get_user(self) -> Any:
        await self.close(4445)
        return await super().get_user()


class Shouting(ChatConsumer):
    async def get_user(self) -> Any:
        await self.send("too early")


class Plain(ChatConsumer):
    """Has hooks, and nothing that a message of the layer could be for."""

    async def on_connect(self) -> None:
        await self._look()

    async def _look(self) -> None:
        pass


class Nameless(Plain):
    async def _look(self) -> None:
        assert self.channel_name


class Lingering(Market):
    """Takes its time at the end."""

    async def on_disconnect(self) -> None:
        await asyncio.sleep(LEAVING_SECONDS)
        await super().on_disconnect()


class Slow(Market):
    """Is still connecting while the first prices come."""

    async def on_connect(self) -> None:
        await super().on_connect()
        await self.channel_layer.group_send("market", {"type": "price.changed", "price": 1})
        await asyncio.sleep(0.05)
        await self.send('{"type": "connected"}')


@pytest.fixture
async def layer() -> AsyncIterator[Any]:
    with override_settings(CHANNEL_LAYERS={"default": LAYER}):
        yield get_channel_layer()


@pytest.fixture
def consumer(request: pytest.FixtureRequest, settings: Any) -> None:
    settings.PAIRCHAT = routed(getattr(request, "param", Market))
    Market.log.clear()


async def tell(layer: Any, type: str, **fields: Any) -> None:
    await layer.group_send("market", {"type": type, **fields})


def test_it_is_a_consumer_of_channels() -> None:
    assert issubclass(ChatConsumer, AsyncConsumer)


async def test_a_host_joins_a_group_and_hears_it(
    sockets: Sockets, people: People, room: Any, layer: Any, consumer: None
) -> None:
    mine, theirs = await sockets(people.minji), await sockets(people.juwon)
    for socket in (mine, theirs):
        assert await socket.frame() == {"type": "market", "open": True}
    await tell(layer, "price.changed", price=40)
    for socket in (mine, theirs):
        assert await socket.frame() == {"type": "price", "price": 40}
    await asend(room, people.minji, "hello")
    assert (await theirs.event("message"))["message"]["content"] == "hello"
    assert await theirs.is_alive()


async def test_a_host_leaves_its_group_at_the_end_and_keeps_no_channel(
    sockets: Sockets, people: People, layer: Any, consumer: None
) -> None:
    socket = await sockets(people.minji)
    await socket.frame()
    assert len(layer.groups["market"]) == 1
    await socket.disconnect()
    assert Market.log == [f"{people.minji.pk} has left"]
    assert "market" not in layer.groups
    assert [name for name in layer.channels if name.startswith("specific.")] == []


@pytest.mark.parametrize("consumer", [Slow], indirect=True)
async def test_the_first_message_of_a_group_comes_after_on_connect(
    sockets: Sockets, people: People, layer: Any, consumer: None
) -> None:
    socket = await sockets(people.minji)
    assert [(await socket.frame())["type"] for _ in range(3)] == ["market", "connected", "price"]


async def test_a_host_closes_with_a_code_of_its_own(
    sockets: Sockets, people: People, layer: Any, consumer: None
) -> None:
    socket = await sockets(people.minji)
    await tell(layer, "market.closes")
    closed = await socket.end()
    assert closed.code == 4321
    assert closed.bye == {"type": "bye", "code": 4321, "reason": "Come back tomorrow.", "reconnect": True}
    await socket.line.wait()
    assert Market.log == ["closed", f"{people.minji.pk} has left"]


async def test_a_request_that_closes_is_answered_first(
    sockets: Sockets, people: People, layer: Any, consumer: None
) -> None:
    socket = await sockets(people.minji)
    await socket.frame()
    assert await socket.request("leave", code=4000) == {"type": "ok", "id": 1, "left": True}
    assert (await socket.end()).code == 4000


async def test_a_request_that_closes_is_answered_although_another_hook_ends_meanwhile(
    sockets: Sockets, people: People, layer: Any, consumer: None
) -> None:
    socket = await sockets(people.minji)
    await socket.frame()
    await socket.send_request("leave", code=4000)
    await asyncio.sleep(LEAVING_SECONDS / 4)
    await tell(layer, "price.changed", price=40)
    assert [(await socket.frame())["type"] for _ in range(2)] == ["price", "ok"]
    assert (await socket.end()).code == 4000


@pytest.mark.parametrize("consumer", [Lingering], indirect=True)
async def test_a_message_that_comes_at_the_very_end_does_not_cut_the_last_hook(
    sockets: Sockets, people: People, layer: Any, consumer: None
) -> None:
    socket = await sockets(people.minji)
    await socket.frame()
    leaving = asyncio.create_task(socket.disconnect())
    await asyncio.sleep(LEAVING_SECONDS / 4)
    await tell(layer, "market.closes")
    await leaving
    assert Market.log == [f"{people.minji.pk} has left"]


async def test_a_reason_that_is_too_long_for_a_close_is_an_error() -> None:
    with pytest.raises(ValueError, match="123 bytes"):
        await Market().close(4000, reason="가" * 42)


@pytest.mark.parametrize(
    ("consumer", "code"), [(Shut, 4444), (ShutBefore, 4445)], indirect=["consumer"], ids=["after hello", "before"]
)
async def test_a_host_closes_while_connecting(
    sockets: Sockets, people: People, consumer: None, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await sockets.new(people.minji)
    assert (await socket.handshake())["type"] == "websocket.accept"
    closed = await socket.end()
    assert (closed.code, closed.bye and closed.bye["reconnect"]) == (code, False)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.usefixtures("consumer", "layer")
@pytest.mark.parametrize("code", [0, 999, 1005, 1006, 2999, 5000])
async def test_a_code_that_cannot_be_sent_is_an_error(
    sockets: Sockets, people: People, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await sockets(people.minji)
    await socket.frame()
    assert (await socket.request("leave", code=code))["code"] == "error"
    assert "is not a close code that can be sent" in caplog.text
    assert await socket.is_alive()


async def test_a_host_sends_bytes_and_messages_of_asgi_in_their_order(
    sockets: Sockets, people: People, layer: Any, consumer: None
) -> None:
    socket = await sockets(people.minji)
    await socket.frame()
    await tell(layer, "market.photo")
    sent = [await socket.line.receive_output(5) for _ in range(5)]
    assert sent[0] == {"type": "websocket.send", "bytes": b"\x89PNG"}
    assert sent[1] == {"type": "websocket.send", "text": '{"type": "photo"}'}
    assert sent[2] == {"type": "websocket.send", "bytes": b"GIF"}
    assert '"bye"' in sent[3]["text"]
    assert sent[4] == {"type": "websocket.close", "code": 4322}


async def test_a_consumer_that_stops_itself_is_closed(
    sockets: Sockets, people: People, layer: Any, consumer: None
) -> None:
    socket = await sockets(people.minji)
    await tell(layer, "market.stops")
    assert (await socket.end()).code == 1000


@pytest.mark.usefixtures("consumer", "layer")
@pytest.mark.parametrize(
    ("message", "trace"),
    [
        ({"type": "market.burns", "mistake": "host"}, "a detail of the market"),
        ({"type": "market.burns", "mistake": "library"}, "NotFound"),
        ({"type": "market.burns", "mistake": "cancelled"}, "of something within"),
        ({"type": "no.such.method"}, "No handler for message type no.such.method"),
    ],
    ids=["mistake", "error of the library", "cancellation", "no method"],
)
async def test_a_message_that_fails_is_logged_and_the_next_one_arrives(
    sockets: Sockets,
    people: People,
    message: dict[str, Any],
    trace: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    layer = get_channel_layer()
    socket = await sockets(people.minji)
    await socket.frame()
    await tell(layer, **message)
    await tell(layer, "price.changed", price=2)
    assert await socket.frame() == {"type": "price", "price": 2}
    assert await socket.is_alive()
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert trace in caplog.text


@pytest.mark.parametrize("consumer", [Shouting], indirect=True)
async def test_nothing_can_be_sent_before_hello(
    sockets: Sockets, people: People, consumer: None, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await sockets.new(people.minji)
    await socket.handshake()
    assert (await socket.end()).code == 4500
    assert "Nothing can be sent before hello" in caplog.text


@pytest.mark.parametrize("consumer", [Plain], indirect=True)
async def test_a_connection_that_no_message_can_be_for_has_no_channel(
    sockets: Sockets, people: People, layer: Any, consumer: None
) -> None:
    socket = await sockets(people.minji)
    assert await socket.is_alive()
    assert [name for name in layer.channels if name.startswith("specific.")] == []


@pytest.mark.parametrize("consumer", [Nameless], indirect=True)
async def test_who_asks_for_a_channel_where_there_is_none_is_told_why(
    sockets: Sockets, people: People, layer: Any, consumer: None, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await sockets(people.minji)
    assert (await socket.end()).code == 4500
    assert "This connection has no channel" in caplog.text


class AwayLayer(InMemoryChannelLayer):
    """Gives no channel, or gives one and then fails for a while."""

    fails: ClassVar[str]

    async def new_channel(self, prefix: str = "specific.") -> str:
        if self.fails == "new_channel":
            raise ConnectionError("the layer is away")
        name: str = await super().new_channel(prefix)
        return name

    async def receive(self, channel: str) -> Any:
        if self.fails == "receive" and channel.startswith("specific."):
            AwayLayer.fails = ""
            raise ConnectionError("the layer is away")
        return await super().receive(channel)


class Quiet(Market):
    """Could hear the market, but has not joined it."""

    async def on_connect(self) -> None:
        pass

    async def on_disconnect(self) -> None:
        pass


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Any:
    layer = AwayLayer()
    monkeypatch.setitem(channel_layers.backends, "default", layer)
    return layer


@pytest.mark.parametrize("consumer", [Quiet], indirect=True)
async def test_the_chat_works_while_a_layer_gives_no_channel(
    sockets: Sockets, people: People, consumer: None, away: Any, caplog: pytest.LogCaptureFixture
) -> None:
    AwayLayer.fails = "new_channel"
    socket = await sockets(people.minji)
    assert await socket.is_alive()
    assert "gave a connection no channel" in caplog.text


@pytest.mark.usefixtures("consumer")
async def test_a_layer_that_fails_for_a_while_is_heard_again(
    sockets: Sockets,
    people: People,
    away: Any,
    caplog: pytest.LogCaptureFixture,
    options: SetOptions,
) -> None:
    options(channel_retry_seconds=0.01)
    AwayLayer.fails = "receive"
    socket = await sockets(people.minji)
    await socket.frame()
    await tell(away, "price.changed", price=3)
    assert await socket.frame() == {"type": "price", "price": 3}
    assert "The channel layer failed" in caplog.text
