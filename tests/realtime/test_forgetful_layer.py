"""A channel layer forgets who is in a group: after a day, or when its server is emptied."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from django_pairchat.core.events import FramePush
from django_pairchat.protocol.frames import typing_event
from django_pairchat.realtime.relay import Relay
from django_pairchat.testing import ChatCommunicator, ProxyChannelLayer
from django_pairchat.testing.layers import shared_memory
from tests.conftest import People
from tests.support.options import SetOptions

SHARED = {"default": {"BACKEND": "django_pairchat.testing.ProxyChannelLayer"}}


@pytest.fixture
def another_process(settings: Any, options: SetOptions, threads: None) -> Iterator[Relay]:
    settings.CHANNEL_LAYERS = SHARED
    options(relay_beat_seconds=0.05)
    return Relay()


async def is_heard(another_process: Relay, page: ChatCommunicator) -> bool:
    """Whether what another process says reaches this page, sooner or later."""
    frame = typing_event("1", "2", on=True)
    heard = asyncio.ensure_future(page.event("typing"))
    while not heard.done():
        another_process.publish([FramePush((str(page.user.pk),), frame)])
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
        another_process.publish([FramePush((str(people.minji.pk),), typing_event("1", "2", on=True))])
        assert (await page.event("resync"))["kind"] == "resync"


async def test_a_layer_that_hangs_is_given_up(
    another_process: Relay, monkeypatch: pytest.MonkeyPatch, options: SetOptions
) -> None:
    async def hang(layer: ProxyChannelLayer, group: str, message: Any) -> None:
        await asyncio.Event().wait()

    options(relay_publish_seconds=0.05)
    monkeypatch.setattr(ProxyChannelLayer, "group_send", hang)
    await asyncio.wait_for(another_process._send([]), 5)
