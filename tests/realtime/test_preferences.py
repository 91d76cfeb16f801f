"""Both sides follow at once when a person switches read marks or presence off, and on again."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from django_pairchat import services
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People

from .test_presence_of_rows import looks, nothing_is_told

pytestmark = pytest.mark.usefixtures("threads")

change = sync_to_async(services.change_preferences)


async def test_the_peers_page_is_told_that_read_marks_are_gone_and_back(people: People, room: Any) -> None:
    await services.asend(room, people.minji, "hello")
    await services.amark_read(people.juwon, room, 1)
    async with ChatCommunicator(people.minji) as page:
        await change(people.juwon, shows_read_marks=False)
        assert (await page.event("room"))["room"]["peer"]["read"] is None
        await change(people.juwon, shows_read_marks=True)
        assert (await page.event("room"))["room"]["peer"]["read"] == 1


@pytest.mark.parametrize("is_row", [False, True], ids=["open room", "row"])
async def test_the_peers_page_is_told_that_presence_is_gone_and_nothing_after_that(
    people: People, key: str, is_row: bool
) -> None:
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as peer:
        await looks(peer)
        await page.request("focus", room=None if is_row else key, active=False, rooms=[key] if is_row else [])
        assert (await page.event("presence"))["online"] is True
        await change(people.juwon, shows_presence=False)
        gone = await page.event("presence")
        assert (gone["online"], gone["last_active"]) == (False, None)
        await looks(peer, active=False)
        await looks(peer)
        assert await nothing_is_told(page)
        await change(people.juwon, shows_presence=True)
        assert (await page.event("presence"))["online"] is True


async def test_a_room_that_is_opened_later_shows_no_presence_that_is_off(people: People, key: str) -> None:
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as peer:
        await change(people.juwon, shows_presence=False)
        await looks(peer)
        await page.request("focus", room=key, active=False)
        assert await nothing_is_told(page)
