"""Channel layers that lose, refuse, and break."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers
from django.test import override_settings

from django_pairchat.core.events import FramePush
from django_pairchat.realtime.relay import Relay
from django_pairchat.services import asend
from django_pairchat.testing import (
    BrokenChannelLayer,
    ChatCommunicator,
    LossyChannelLayer,
    ProxyChannelLayer,
    StrictChannelLayer,
    stop_live_threads,
)
from tests.conftest import People

MEMORY = "channels.layers.InMemoryChannelLayer"
FINE: dict[str, float] = {"drop": 0, "duplicate": 0, "delay": 0}


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    stop_live_threads()


class Careless(InMemoryChannelLayer):
    """Takes any name, as some layers do."""

    def require_valid_channel_name(self, name: str, receive: bool = False) -> bool:
        return True

    def require_valid_group_name(self, name: str) -> bool:
        return True


def settings(name: str, **config: Any) -> Any:
    layer = {"BACKEND": f"django_pairchat.testing.{name}", "CONFIG": config}
    return override_settings(CHANNEL_LAYERS={"default": layer})


async def member(layer: ProxyChannelLayer) -> str:
    channel = await layer.new_channel()
    await layer.group_add("group", channel)
    return channel


async def tell(layer: ProxyChannelLayer, count: int) -> None:
    for number in range(count):
        await layer.group_send("group", {"type": "number", "number": number})


async def heard(layer: ProxyChannelLayer, channel: str) -> list[int]:
    """What has arrived so far, up to a mark that no layer loses."""
    await layer.layer.send(channel, {"type": "mark"})
    numbers: list[int] = []
    while (message := await layer.receive(channel))["type"] != "mark":
        numbers.append(message["number"])
    return numbers


# Lossy


async def test_a_share_is_dropped_and_the_rest_keeps_its_order() -> None:
    layer = LossyChannelLayer(**{**FINE, "drop": 0.3})
    channel = await member(layer)
    await tell(layer, 90)
    numbers = await heard(layer, channel)
    assert 45 < len(numbers) < 80
    assert numbers == sorted(set(numbers))


async def test_a_share_comes_twice() -> None:
    layer = LossyChannelLayer(**{**FINE, "duplicate": 0.2})
    channel = await member(layer)
    await tell(layer, 60)
    numbers = await heard(layer, channel)
    assert set(numbers) == set(range(60))
    assert 65 < len(numbers) < 85


async def test_a_share_comes_late_and_is_overtaken() -> None:
    layer = LossyChannelLayer(**{**FINE, "delay": 0.3, "delay_seconds": 0.3})
    channel = await member(layer)
    await tell(layer, 20)
    numbers = [(await layer.receive(channel))["number"] for _ in range(20)]
    assert numbers != sorted(numbers)
    assert sorted(numbers) == list(range(20))


async def test_the_same_seed_loses_the_same_messages() -> None:
    async def lost(seed: int) -> list[int]:
        layer = LossyChannelLayer(**{**FINE, "drop": 0.5}, seed=seed)
        channel = await member(layer)
        await tell(layer, 60)
        numbers = await heard(layer, channel)
        await layer.group_discard("group", channel)
        return numbers

    assert await lost(1) == await lost(1)
    assert await lost(1) != await lost(2)


async def test_what_is_sent_to_one_channel_is_lost_like_what_is_sent_to_a_group() -> None:
    layer = LossyChannelLayer(**FINE)
    channel = await member(layer)
    await layer.send(channel, {"type": "number", "number": 1})
    assert await heard(layer, channel) == [1]
    layer.drop = 1
    await layer.send(channel, {"type": "number", "number": 2})
    assert await heard(layer, channel) == []


# Shared or not


async def test_layers_of_one_process_hear_each_other_as_processes_would() -> None:
    one, other = LossyChannelLayer(**FINE), StrictChannelLayer()
    channel = await member(other)
    await tell(one, 3)
    assert await heard(other, channel) == [0, 1, 2]


async def test_nobody_hears_what_was_said_in_an_earlier_test() -> None:
    before = await member(ProxyChannelLayer())
    stop_live_threads()
    layer = ProxyChannelLayer()
    await tell(layer, 3)
    assert await heard(layer, before) == []


async def test_a_layer_around_another_one_uses_that() -> None:
    layer = ProxyChannelLayer(backend=MEMORY, config={"capacity": 2})
    channel = await member(layer)
    await tell(layer, 5)
    assert [(await layer.receive(channel))["number"] for _ in range(2)] == [0, 1]
    assert await heard(layer, channel) == []
    assert layer.layer is not ProxyChannelLayer().layer


async def test_a_flushed_layer_has_forgotten_its_groups() -> None:
    layer = ProxyChannelLayer()
    channel = await member(layer)
    await layer.flush()
    await tell(layer, 1)
    assert await heard(layer, channel) == []


# Strict


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {},
        {"type": 7},
        {"type": "x", "value": {1, 2}},
        {"type": "x", "value": (1, 2)},
        {"type": "x", "value": float("inf")},
        {"type": "x", "value": {1: 2}},
        {"type": "x", "value": b"bytes"},
        {"type": "x", "value": "\ud800"},
    ],
)
async def test_messages_that_some_layer_would_refuse_or_change(message: Any) -> None:
    layer = StrictChannelLayer()
    channel = await member(layer)
    with pytest.raises((TypeError, ValueError)):
        await layer.send(channel, message)
    with pytest.raises((TypeError, ValueError)):
        await layer.group_send("group", message)
    assert await heard(layer, channel) == []


@pytest.mark.parametrize("name", ["with space", "", "grün", "x" * 101])
async def test_names_that_some_layer_would_refuse(name: str) -> None:
    layer = StrictChannelLayer(backend=f"{__name__}.Careless")
    channel = await layer.new_channel()
    for attempt in (
        layer.send(name, {"type": "x"}),
        layer.group_send(name, {"type": "x"}),
        layer.group_add(name, channel),
        layer.group_add("group", name),
    ):
        with pytest.raises((TypeError, ValueError)):
            await attempt


# Broken


async def test_a_broken_layer_raises_whatever_is_asked_of_it() -> None:
    layer = BrokenChannelLayer()
    for attempt in (
        layer.send("channel", {"type": "x"}),
        layer.receive("channel"),
        layer.new_channel(),
        layer.group_add("group", "channel"),
        layer.group_discard("group", "channel"),
        layer.group_send("group", {"type": "x"}),
        layer.flush(),
    ):
        with pytest.raises(ConnectionError):
            await attempt


# Under the chat


@pytest.mark.parametrize("name", ["LossyChannelLayer", "StrictChannelLayer", "BrokenChannelLayer", "ProxyChannelLayer"])
def test_every_layer_can_be_named_in_the_settings(name: str) -> None:
    with settings(name):
        assert type(channel_layers["default"]).__name__ == name


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("name", "config"), [("StrictChannelLayer", {}), ("LossyChannelLayer", FINE)])
async def test_what_another_process_says_reaches_a_page(people: People, name: str, config: Any) -> None:
    frame = '{"type":"event","kind":"hint"}'
    with settings(name, **config):
        async with ChatCommunicator(people.minji) as page:
            await page.request("ping")
            elsewhere = Relay()
            elsewhere.publish([FramePush((str(people.minji.pk),), frame)])
            assert await page.event("hint") == {"type": "event", "kind": "hint"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("name", "config"), [("BrokenChannelLayer", {}), ("LossyChannelLayer", {"drop": 1})])
async def test_pages_of_one_process_need_no_layer_that_works(people: People, room: Any, name: str, config: Any) -> None:
    with settings(name, **config):
        async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as other:
            answer = await page.send(room, "hello")
            assert (await other.event("message"))["message"] == answer["message"]
            await asend(room, people.minji, "from Python")
            assert (await other.event("message"))["message"]["content"] == "from Python"
