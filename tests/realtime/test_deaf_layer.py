"""A channel layer that brings a process nothing any more, and raises nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from django_pairchat.realtime.relay import Relay, relay
from django_pairchat.testing import ChatCommunicator, ProxyChannelLayer
from django_pairchat.testing.layers import shared_memory
from tests.conftest import People
from tests.support.options import SetOptions

from .test_forgetful_layer import is_heard

LONG_SECONDS = 30


class DeafenedLayer(ProxyChannelLayer):
    """Each instance can be made deaf, as one whose connection was cut and that never makes another."""

    made: ClassVar[list[DeafenedLayer]] = []
    all_deaf: ClassVar[bool] = False
    broken: ClassVar[bool] = False
    held_back: ClassVar[str] = ""
    """The identity of a process whose messages do not come yet."""

    def __init__(self) -> None:
        super().__init__()
        self.made.append(self)
        self.is_deaf = False
        self.is_closed = False
        self.joined: list[str] = []
        self.left: list[str] = []

    async def receive(self, channel: str) -> dict[str, Any]:
        while True:
            message = await super().receive(channel)
            if self.held_back and self.held_back in message["body"]:
                continue
            if not (self.is_deaf or self.all_deaf):
                return message

    async def group_add(self, group: str, channel: str) -> None:
        self.joined.append(channel)
        await super().group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        self.left.append(channel)
        await super().group_discard(group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if self.broken:
            raise ConnectionError("away")
        await super().group_send(group, message)

    async def close(self) -> None:
        self.is_closed = True


@pytest.fixture(autouse=True)
def layers(settings: Any, options: SetOptions, threads: None, monkeypatch: pytest.MonkeyPatch) -> list[DeafenedLayer]:
    """Every layer that is made during the test."""
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.DeafenedLayer"}}
    options(relay_beat_seconds=0.02, relay_retry_seconds=0.02)
    made: list[DeafenedLayer] = []
    for name, value in (("made", made), ("all_deaf", False), ("broken", False), ("held_back", "")):
        monkeypatch.setattr(DeafenedLayer, name, value)
    return made


@pytest.fixture
def another_process() -> Relay:
    return Relay()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONG_SECONDS):
        while not holds():  # noqa: ASYNC110 - it happens in another thread
            await asyncio.sleep(0.01)


async def test_a_process_that_hears_nothing_makes_a_new_layer(
    people: People, another_process: Relay, layers: list[DeafenedLayer]
) -> None:
    async with ChatCommunicator(people.minji) as page:
        assert await is_heard(another_process, page)
        first = next(layer for layer in layers if layer.joined)
        first.is_deaf = True
        await page.events()
        assert await is_heard(another_process, page)
        await until(lambda: first.is_closed)
        assert set(first.left) == set(first.joined)


async def test_what_was_missed_meanwhile_is_asked_for(
    people: People, another_process: Relay, layers: list[DeafenedLayer]
) -> None:
    async with ChatCommunicator(people.minji) as page:
        assert await is_heard(another_process, page)
        next(layer for layer in layers if layer.joined).is_deaf = True
        another_process._number += 1
        await page.events()
        assert await is_heard(another_process, page)
        assert (await page.event("resync"))["kind"] == "resync"


async def test_layers_that_are_all_deaf_become_few(people: People, layers: list[DeafenedLayer]) -> None:
    async with ChatCommunicator(people.minji):
        DeafenedLayer.all_deaf = True
        await until(lambda: len(layers) >= 3)
        joined = sum(len(layer.joined) for layer in layers)
        await until(lambda: sum(len(layer.joined) for layer in layers) >= joined + 40)
        assert len(layers) <= 6


async def test_a_layer_that_is_away_is_not_replaced(people: People, layers: list[DeafenedLayer]) -> None:
    async with ChatCommunicator(people.minji):
        await until(lambda: any(layer.joined for layer in layers))
        DeafenedLayer.broken = True
        await asyncio.sleep(0.5)
        assert len(layers) == 1


async def test_a_process_that_hears_itself_does_not_join_again(people: People, layers: list[DeafenedLayer]) -> None:
    async with ChatCommunicator(people.minji):
        await until(lambda: any(layer.joined for layer in layers))
        await asyncio.sleep(0.5)
        assert [len(layer.joined) for layer in layers] == [1]


async def test_it_joins_again_before_a_layer_forgets_its_members(
    people: People, layers: list[DeafenedLayer], options: SetOptions
) -> None:
    options(relay_join_seconds=0.05)
    async with ChatCommunicator(people.minji):
        await until(lambda: bool(layers) and len(layers[0].joined) >= 5)


async def test_it_joins_again_before_its_layer_says_that_members_expire(
    people: People, layers: list[DeafenedLayer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DeafenedLayer, "group_expiry", 0.15, raising=False)
    async with ChatCommunicator(people.minji):
        await until(lambda: bool(layers) and len(layers[0].joined) >= 5)


async def test_a_layer_that_is_behind_with_our_own_messages_is_not_replaced(
    people: People, another_process: Relay, layers: list[DeafenedLayer]
) -> None:
    async with ChatCommunicator(people.minji) as page:
        assert await is_heard(another_process, page)
        another_process.listen()
        await asyncio.sleep(0.1)
        DeafenedLayer.held_back = relay().identity
        await asyncio.sleep(0.5)
        assert not any(layer.is_closed for layer in layers)


async def test_a_process_that_ends_leaves_the_group(people: People, layers: list[DeafenedLayer]) -> None:
    async with ChatCommunicator(people.minji):
        await until(lambda: any(layer.joined for layer in layers))
        assert any(shared_memory().groups.values())
        relay().finish()
        assert not any(shared_memory().groups.values())
        assert layers[0].is_closed
