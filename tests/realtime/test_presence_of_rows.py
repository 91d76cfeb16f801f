"""The presence of the peers in the rows of a list that are on the screen."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache, caches
from django.db import connection

from django_pairchat import get_message_model, services
from django_pairchat.policy import Policy
from django_pairchat.realtime import presence
from django_pairchat.realtime.connection_limit import cache_workers
from django_pairchat.realtime.hub import WatchedRoom, hub
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People
from tests.support.counting import counted
from tests.support.people import make_user

pytestmark = pytest.mark.usefixtures("threads")

BACKEND = type(caches["default"])
"""What is replaced in ``cache`` itself is replaced for one thread."""


async def listing(page: ChatCommunicator, *rooms: str, room: str | None = None) -> dict[str, Any]:
    return await page.request("focus", room=room, active=False, rooms=list(rooms))


async def told(page: ChatCommunicator) -> dict[str, bool]:
    """By room, what the page was told last of its peer."""
    return {event["room"]: event["online"] for event in await page.events() if event["kind"] == "presence"}


async def looks(page: ChatCommunicator, *, active: bool = True) -> None:
    """Look at the chat, and wait until the server knows."""
    await page.request("focus", room=None, active=active)
    await sync_to_async(_wait_until_known)(str(page.user.pk), active)


def _wait_until_known(user: str, online: bool) -> None:
    _wait(lambda: (user in presence.online_users([user])) == online, f"the server knows that {user} looks: {online}")


def _wait(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, f"Not within 10 s: {what}."
        time.sleep(0.01)


async def hidden(page: ChatCommunicator) -> None:
    """Wait until the server shows no presence on this page."""
    [connection] = hub().of_user(str(page.user.pk))
    watched = connection.watched_rooms
    await sync_to_async(_wait)(lambda: not any(each.is_shown for each in watched), "a block hides the presence")


async def sweep() -> None:
    """Do what is done every 20 s, and wait until it is done."""
    presence.renew_leases(hub().all())
    await cache_workers().run(lambda: None)


async def nothing_is_told(page: ChatCommunicator) -> bool:
    """Whether nothing comes in the time in which it would."""
    await asyncio.sleep(0.3)
    return await told(page) == {}


async def test_a_row_is_told_at_once_and_when_its_peer_comes_and_goes(people: People, key: str) -> None:
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as peer:
        assert (await listing(page, key))["room"] is None
        assert (await page.event("presence"))["online"] is False
        await looks(peer)
        event = await page.event("presence")
        assert (event["room"], event["user"], event["online"]) == (key, str(people.juwon.pk), True)
        await looks(peer, active=False)
        assert (await page.event("presence"))["online"] is False


async def test_a_list_that_has_gone_from_the_screen_is_told_nothing(people: People, key: str) -> None:
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as peer:
        await listing(page, key)
        await page.event("presence")
        await listing(page)
        await looks(peer)
        await looks(peer, active=False)
        assert await nothing_is_told(page)


async def test_a_room_that_is_open_beside_its_row_is_told_once(people: People, key: str) -> None:
    async with ChatCommunicator(people.minji) as page:
        assert (await listing(page, key, key, room=key))["room"]["room"] == key
        await page.event("presence")
        assert await nothing_is_told(page)


async def test_what_is_malformed_or_foreign_is_left_out_and_all_are_read_in_one_query(
    people: People, room: Any, key: str
) -> None:
    foreign = await sync_to_async(services.open_room)(people.juwon, people.stranger)
    other = await sync_to_async(services.open_room)(people.minji, people.stranger)
    asked = [key, str(foreign.pk), str(other.pk), "01", "no key"]

    def look() -> tuple[list[WatchedRoom], list[str]]:
        with counted() as statements:
            found = presence.rows(people.minji, asked)
        return found, statements.texts

    found, texts = await sync_to_async(look)()
    assert {watched.room for watched in found} == {key, str(other.pk)}
    [query] = texts
    assert connection.ops.quote_name(get_message_model()._meta.db_table) not in query
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as peer:
        await listing(page, *asked)
        await page.event("presence")
        await page.event("presence")
        await looks(peer)
        assert (await page.event("presence"))["room"] == key
        assert await nothing_is_told(page)


@pytest.mark.parametrize("rooms", [["1"] * 31, "1", {"1": 1}], ids=["too many", "a text", "an object"])
async def test_a_list_that_is_none_is_refused(people: People, rooms: Any) -> None:
    async with ChatCommunicator(people.minji) as page:
        refused = await page.request("focus", room=None, active=False, rooms=rooms)
        assert (refused["code"], refused["field"]) == ("bad_request", "rooms")


class Private(Policy):
    def shows_presence(self, user: Any) -> bool:
        return False


@pytest.mark.parametrize("why", ["policy", "block"])
async def test_the_policy_and_a_block_keep_it_private(people: People, key: str, settings: Any, why: str) -> None:
    if why == "policy":
        settings.PAIRCHAT = {"POLICY": f"{__name__}.Private"}
    else:
        await sync_to_async(services.change_settings)(people.juwon, key, blocked=True)
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as peer:
        await listing(page, key)
        await looks(peer)
        assert await nothing_is_told(page)


async def test_a_block_while_a_row_is_on_the_screen_ends_its_presence(people: People, key: str) -> None:
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as peer:
        await listing(page, key)
        await page.event("presence")
        await sync_to_async(services.change_settings)(people.juwon, key, blocked=True)
        await hidden(page)
        await looks(peer)
        assert await nothing_is_told(page)


@pytest.mark.parametrize("place", ["row", "open"])
async def test_a_block_while_the_rooms_of_a_page_are_read_is_not_missed(
    people: People, key: str, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """The rows were read before it, and are on the screen after all has been told of it."""
    noticed = threading.Event()
    room_changed, rows = presence.room_changed, presence.rows

    def note(room: Any, user: Any) -> None:
        room_changed(room, user)
        if user.pk == people.minji.pk:
            noticed.set()

    def block_meanwhile(user: Any, keys: Any) -> list[WatchedRoom]:
        found = rows(user, keys)
        if not noticed.is_set():
            services.change_settings(people.juwon, key, blocked=True)
            assert noticed.wait(10)
        return found

    monkeypatch.setattr(presence, "room_changed", note)
    monkeypatch.setattr(presence, "rows", block_meanwhile)
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as peer:
        await (listing(page, key) if place == "row" else listing(page, room=key))
        await looks(peer)
        assert await nothing_is_told(page)


async def test_a_row_is_told_again_when_a_block_ends(people: People, key: str) -> None:
    await sync_to_async(services.send)(key, people.minji, "hello")
    await sync_to_async(services.change_settings)(people.juwon, key, blocked=True)
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as peer:
        await listing(page, key)
        await looks(peer)
        await sync_to_async(services.change_settings)(people.juwon, key, blocked=False)
        assert (await page.event("presence"))["online"] is True


async def test_one_reading_of_the_cache_renews_all_rows_and_only_those_who_are_there_are_told_again(
    people: People, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [await sync_to_async(make_user)(f"Peer {number}") for number in range(5)]
    keys = [str((await sync_to_async(services.open_room)(people.minji, other)).pk) for other in others]
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as peer:
        await listing(page, key, *keys)
        for _ in range(6):
            await page.event("presence")
        await looks(peer)
        assert (await page.event("presence"))["online"] is True
        readings: list[int] = []
        get_many = cache.get_many

        def note(wanted: Any, *rest: Any) -> Any:
            readings.append(len(wanted))
            return get_many(wanted, *rest)

        monkeypatch.setattr(cache, "get_many", note)
        watching = hub().of_user(str(people.minji.pk))
        await sync_to_async(presence._send_to)(watching)
        assert (await page.event("presence"))["room"] == key
        assert readings == [6]
        assert await nothing_is_told(page)


async def test_a_sweep_reads_few_connections_at_once(people: People, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = str((await sync_to_async(services.open_room)(people.minji, people.stranger)).pk)
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as second:
        await listing(page, key, other)
        await listing(second, key)
        for told_page in (page, page, second):
            await told_page.event("presence")
        readings: list[int] = []
        get_many = BACKEND.get_many

        def note(backend: Any, wanted: Any, *rest: Any) -> Any:
            readings.append(len(wanted))
            return get_many(backend, wanted, *rest)

        monkeypatch.setattr(BACKEND, "get_many", note)
        monkeypatch.setattr(presence, "CONNECTIONS_AT_ONCE", 1)
        await sweep()
        assert sorted(readings) == [1, 2]


async def test_a_cache_that_fails_makes_nobody_away(people: People, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as peer:
        await listing(page, key)
        assert (await page.event("presence"))["online"] is False
        await looks(peer)
        assert (await page.event("presence"))["online"] is True
        with monkeypatch.context() as failing:
            failing.setattr(BACKEND, "get_many", mock.Mock(side_effect=ConnectionError))
            await sweep()
            assert await nothing_is_told(page)
        await sweep()
        assert (await page.event("presence"))["online"] is True


async def test_who_leaves_while_the_cache_fails_is_told_away(
    people: People, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as peer:
        await listing(page, key)
        assert (await page.event("presence"))["online"] is False
        await looks(peer)
        assert (await page.event("presence"))["online"] is True
        monkeypatch.setattr(BACKEND, "get_many", mock.Mock(side_effect=ConnectionError))
        await peer.request("focus", room=None, active=False)
        assert (await page.event("presence"))["online"] is False


async def test_nothing_is_kept_of_a_list_whose_page_has_gone(people: People, key: str) -> None:
    async with ChatCommunicator(people.minji) as page:
        await listing(page, key)
        await page.event("presence")
        assert len(hub().watches_of([str(people.juwon.pk)])) == 1
    assert hub().watches_of([str(people.juwon.pk)]) == []
    assert not hub()._watches
