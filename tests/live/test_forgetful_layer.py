"""A channel layer forgets who is in a group: after a day, or when its server is emptied."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from django_pairchat.live import relay as relays
from django_pairchat.live.relay import Relay
from django_pairchat.services.announcements import Push
from django_pairchat.testing import ChatCommunicator, LayerAround
from django_pairchat.testing.layers import shared_memory
from django_pairchat.wire.answers import typing_event
from tests.conftest import People

SHARED = {"default": {"BACKEND": "django_pairchat.testing.LayerAround"}}


@pytest.fixture
def another_process(settings: Any, monkeypatch: Any, threads: None) -> Iterator[Relay]:
    settings.CHANNEL_LAYERS = SHARED
    monkeypatch.setattr(relays, "BEAT_SECONDS", 0.05)
    return Relay()


async def is_heard(another_process: Relay, page: ChatCommunicator) -> bool:
    """Whether what another process says reaches this page, sooner or later."""
    frame = typing_event("1", "2", on=True)
    heard = asyncio.ensure_future(page.event("typing"))
    while not heard.done():
        another_process.publish([Push((str(page.user.pk),), frame)])
        await asyncio.sleep(0.05)
    return heard.exception() is None


async def test_a_process_that_was_forgotten_hears_the_others_again(people: People, another_process: Relay) -> None:
    async with ChatCommunicator(people.minji) as page:
        assert await is_heard(another_process, page)
        await page.events()
        shared_memory().groups.clear()
        assert await is_heard(another_process, page)


async def test_a_batch_that_was_missed_makes_the_pages_ask_for_everything(
    people: People, another_process: Relay
) -> None:
    async with ChatCommunicator(people.minji) as page:
        assert await is_heard(another_process, page)
        another_process._number += 1
        another_process.publish([Push((str(people.minji.pk),), typing_event("1", "2", on=True))])
        assert (await page.event("resync"))["kind"] == "resync"


async def test_a_layer_that_hangs_is_given_up(another_process: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(layer: LayerAround, group: str, message: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(relays, "PUBLISH_SECONDS", 0.05)
    monkeypatch.setattr(LayerAround, "group_send", hang)
    await asyncio.wait_for(another_process._send([]), 5)
