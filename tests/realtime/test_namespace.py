"""Installations that share a channel layer and a cache: what one says and counts is nothing to the other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.test import override_settings

from django_pairchat import namespace
from django_pairchat.core.events import AccessRevoked, ConnectionEvicted, Event, FramePush, PresenceChanged, RoomChanged
from django_pairchat.core.rate_limit import RateLimiter
from django_pairchat.protocol.frames import typing_event
from django_pairchat.realtime import connection_limit, presence
from django_pairchat.realtime import relay as relays
from django_pairchat.realtime.connection_limit import ConnectionLease
from django_pairchat.realtime.presence import Presence
from django_pairchat.realtime.relay import Relay
from django_pairchat.realtime.sessions import session_fingerprint
from django_pairchat.testing import ChatCommunicator
from django_pairchat.testing.layers import shared_memory
from django_pairchat.utils.event_loop_thread import event_loop_thread
from tests.conftest import People
from tests.support.options import SetOptions

NEIGHBOURS: dict[str, dict[str, Any]] = {
    "another secret": {"SECRET_KEY": "another secret"},
    "another namespace": {"PAIRCHAT": {"NAMESPACE": "staging"}},
}


@pytest.fixture(params=NEIGHBOURS)
def neighbour(request: pytest.FixtureRequest) -> AbstractContextManager[None]:
    """Within it, this process is one of another installation."""
    return override_settings(**NEIGHBOURS[request.param])  # type: ignore[return-value] # it is one


class Noted:
    """A layer that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.sent.append((group, message))


async def said(*changes: Event) -> tuple[str, dict[str, Any]]:
    """The group and the message in which another process of this installation says so."""
    elsewhere = Relay()
    elsewhere._layer = Noted()
    elsewhere._number = 1
    await elsewhere._send(changes)
    [(group, message)] = elsewhere._layer.sent
    return group, message


async def bring(message: Any, group: str | None = None) -> None:
    """The layer brings this to the processes of this installation, whichever process sent it."""
    work = event_loop_thread().run(shared_memory().group_send(group or namespace.own().group, message))
    await asyncio.wrap_future(work)


@pytest.fixture
def shared(settings: Any, options: SetOptions, threads: None) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "django_pairchat.testing.ProxyChannelLayer"}}
    # One that has to begin again is not heard within a test.
    options(relay_retry_seconds=3600.0)


def hint(user: Any, number: int = 1) -> FramePush:
    return FramePush((str(user.pk),), typing_event("1", str(number), on=True))


async def hears_us(page: ChatCommunicator) -> bool:
    """Whether what our own processes say still reaches this page."""
    group, message = await said(hint(page.user))
    heard = asyncio.ensure_future(page.event("typing"))
    while not heard.done():
        await bring(message, group)
        await asyncio.sleep(0.02)
    return heard.exception() is None


async def everything_about(page: ChatCommunicator, room: Any) -> Sequence[Event]:
    """One change of each kind that would show on this page."""
    [connection] = connection_limit.hub().of_user(str(page.user.pk))
    return [
        hint(page.user, 7),
        RoomChanged(str(room.pk), (connection.user_key,)),
        PresenceChanged(str(room.peer_of(page.user).pk), True, 1e9),
        AccessRevoked(connection.user_key, session_fingerprint(connection.session_key or "")),
        ConnectionEvicted(connection.user_key, connection.connection_id),
    ]


async def test_what_another_installation_says_is_dropped_whatever_layer_brings_it(
    shared: None, people: People, room: Any, neighbour: AbstractContextManager[None]
) -> None:
    async with ChatCommunicator(people.minji) as page:
        assert await hears_us(page)
        await page.request("focus", room=str(room.pk), active=True)
        await page.event("presence")
        await page.events()
        changes = await everything_about(page, room)
        # Before any is brought: it must not be read while this process is one of another installation.
        with neighbour:
            messages = [(await said(change))[1] for change in changes]
        for message in messages:
            await bring(message)
        await asyncio.sleep(0.2)
        assert await page.events() == []


async def test_what_our_own_processes_say_is_heard(shared: None, people: People, room: Any) -> None:
    async with ChatCommunicator(people.minji) as page:
        assert await hears_us(page)
        await page.request("focus", room=str(room.pk), active=True)
        await page.event("presence")
        await page.events()
        *shown, _, eviction = await everything_about(page, room)
        await bring((await said(*shown))[1])
        assert {(await page.event(kind))["kind"] for kind in ("typing", "room", "presence")}
        await bring((await said(eviction))[1])
        assert (await page.bye())["code"] == 4409
        await page.disconnect()


async def test_the_groups_of_two_installations_differ(neighbour: AbstractContextManager[None]) -> None:
    ours, _ = await said()
    with neighbour:
        theirs, _ = await said()
    assert ours != theirs


def marked(body: str) -> dict[str, str]:
    return {"type": "pairchat.batch", "body": body, "mark": namespace.own().mark(body.encode())}


async def test_nothing_that_a_layer_brings_stops_the_listening(
    shared: None, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    _, message = await said(hint(people.minji))
    rubbish: list[Any] = [
        {},
        {"type": "pairchat.batch", "body": message["body"]},
        {**message, "body": None},
        {**message, "body": b"bytes"},
        {**message, "body": "\ud800"},
        {**message, "body": message["body"] + " "},
        {**message, "mark": 7},
        {**message, "mark": "ü"},
        marked("{"),
        marked("[]"),
        marked('["another", 1, 7]'),
        marked('["another", "one", []]'),
    ]
    async with ChatCommunicator(people.minji) as page:
        assert await hears_us(page)
        await page.events()
        for each in rubbish:
            await bring(each)
        assert await hears_us(page)
    assert caplog.text.count("It was ignored") == 1
    assert caplog.text.count("could not be read") == 1


async def test_a_kind_of_change_that_a_later_version_has_hides_no_other(shared: None, people: People) -> None:
    async with ChatCommunicator(people.minji) as page:
        assert await hears_us(page)
        await page.events()
        known = relays.pack(hint(people.minji))
        await bring(marked(json.dumps(["a process of a later version", 1, [["zz", 1], known]])))
        assert (await page.event("typing"))["kind"] == "typing"


async def test_what_concerns_nobody_here_is_not_read_but_counted(
    shared: None, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = Relay()
    elsewhere._layer = Noted()
    async with ChatCommunicator(people.minji) as page:
        assert await hears_us(page)
        await page.events()
        for _ in range(4):
            elsewhere._number += 1
            await elsewhere._send([hint(people.juwon)])
        first, second, _lost, fourth = (message for _group, message in elsewhere._layer.sent)
        await bring(first)
        await bring({**second, "body": "unreadable, and nobody reads it"})
        await asyncio.sleep(0.2)
        assert await page.events() == []
        await bring(fourth)
        assert (await page.event("resync"))["kind"] == "resync"
    assert "could not be read" not in caplog.text
    assert "It was ignored" not in caplog.text


async def test_a_head_that_another_installation_wrote_is_not_believed(
    shared: None, people: People, neighbour: AbstractContextManager[None]
) -> None:
    with neighbour:
        _, theirs = await said(hint(people.juwon))
    _, ours = await said(hint(people.minji))
    async with ChatCommunicator(people.minji) as page:
        assert await hears_us(page)
        await page.events()
        await bring({**ours, "head": theirs["head"], "head_mark": theirs["head_mark"]})
        assert (await page.event("typing"))["kind"] == "typing"


async def test_a_process_with_the_previous_secret_is_heard_while_that_is_a_fallback(
    shared: None, people: People, settings: Any
) -> None:
    group, message = await said(hint(people.minji, 7))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the next one", [settings.SECRET_KEY]
    async with ChatCommunicator(people.minji) as page:
        assert await hears_us(page)
        await page.events()
        await bring(message, group)
        assert (await page.event("typing"))["user"] == "7"


# The cache


def rate_of(user_key: str) -> float:
    rates = RateLimiter()
    try:
        return rates.acquire(user_key)
    finally:
        rates.stop()


def test_what_somebody_sends_in_one_installation_costs_nothing_in_another(neighbour: Any, settings: Any) -> None:
    settings.PAIRCHAT = {"SEND_BURST": 1, "SENDS_PER_MINUTE": 1}
    caches["default"].clear()
    assert rate_of("1") == 0
    assert rate_of("1") > 0
    neighbour = override_settings(**{**neighbour.options, "PAIRCHAT": {**settings.PAIRCHAT, "NAMESPACE": "staging"}})
    with neighbour:
        assert rate_of("1") == 0


def test_presence_and_sockets_of_one_installation_are_unknown_in_another(
    neighbour: AbstractContextManager[None],
) -> None:
    presence._write({"1": Presence(1e10, 1e9)})
    connection_limit._register({"1": {"socket": ConnectionLease(1.0, 1e10)}})
    assert (len(presence._read(["1"])), len(connection_limit._registered(["1"]))) == (1, 1)
    with neighbour:
        assert (presence._read(["1"]), connection_limit._registered(["1"])) == ({}, {})


async def test_every_key_in_the_cache_says_whose_it_is(shared: None, people: People, room: Any) -> None:
    cache.clear()
    async with ChatCommunicator(people.minji) as page:
        await page.send(room, "hello")
        await page.request("focus", room=str(room.pk), active=True)
        await connection_limit.cache_workers().run(lambda: None)
        keys = list(caches["default"]._cache)  # type: ignore[attr-defined] # of LocMemCache
    assert {word for key in keys for word in key.split(":")} >= {"rate", "sockets", "presence"}
    assert [key for key in keys if namespace.own().name not in key] == []
