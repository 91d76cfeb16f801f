"""Mistakes of ours, of the host's and of the database end no connection and put no content into the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError

from django_pairchat.sending import publish, write
from django_pairchat.services import send
from tests.conftest import People
from tests.support.consumers import Broken, Trader, routed
from tests.support.options import SetOptions
from tests.support.sockets import Sockets

SECRET = "a private sentence"
REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("send", {"room": "ROOM", "client_id": "2f7c7d5e-94a5-4f0e-9f0b-0b1c2d3e4f50", "content": SECRET}),
    ("edit", {"room": "ROOM", "seq": 1, "content": SECRET}),
    ("delete", {"room": "ROOM", "seq": 1}),
    ("react", {"room": "ROOM", "seq": 1, "emoji": "👍"}),
    ("read", {"room": "ROOM", "seq": 1}),
    ("typing", {"room": "ROOM", "on": True}),
    ("focus", {"room": "ROOM", "active": True}),
    ("history", {"room": "ROOM"}),
    ("sync", {"rooms": {"ROOM": {"epoch": "x", "rev": 0}}}),
    ("inbox", {}),
    ("settings", {"room": "ROOM", "archived": True}),
    ("search", {"query": SECRET}),
    ("report", {"room": "ROOM", "reason": SECRET}),
    ("ping", {"rooms": {"ROOM": {"epoch": "x", "rev": 0, "state": "x"}}}),
]
# Whatever is asked for, one of these is on its way.
PLACES = [
    "django_pairchat.realtime.connection.incoming.dispatch",
    "django_pairchat.sending.room_cache.RoomCache.get_many",
    "django_pairchat.realtime.presence.focus_room",
]


@contextmanager
def everything_failing(error: Exception) -> Iterator[None]:
    """However often it is tried."""
    with ExitStack() as stack:
        for place in PLACES:
            stack.enter_context(mock.patch(place, side_effect=error))
        yield


def about(fields: dict[str, Any], key: str) -> dict[str, Any]:
    filled = {name: key if value == "ROOM" else value for name, value in fields.items()}
    if "rooms" in filled:
        filled["rooms"] = {key: filled["rooms"]["ROOM"]}
    return filled


async def test_a_mistake_in_any_act_is_answered_with_a_reference_to_the_log(
    sockets: Sockets, people: People, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await sockets(people.minji)
    for kind, fields in REQUESTS:
        caplog.clear()
        with caplog.at_level(logging.DEBUG), everything_failing(ZeroDivisionError("a detail")):
            answer = await socket.request(kind, **about(fields, key))
        assert (kind, answer["type"], answer["code"]) == (kind, "error", "error")
        assert answer["ref"] in caplog.text
        assert "a detail" not in str(answer)
        assert SECRET not in caplog.text
        assert await socket.is_alive()


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
async def test_a_database_that_is_away_in_any_act_is_answered_with_busy(
    sockets: Sockets, people: People, key: str, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await sockets(people.minji)
    for kind, fields in REQUESTS:
        with caplog.at_level(logging.DEBUG), everything_failing(error):
            answer = await socket.request(kind, **about(fields, key))
        assert (kind, answer["type"], answer["code"]) == (kind, "error", "busy")
        assert answer["retry_after"] > 0
        assert await socket.is_alive()
    assert SECRET not in caplog.text


async def test_messages_are_stored_again_once_the_mistake_is_gone(sockets: Sockets, people: People, key: str) -> None:
    socket = await sockets(people.minji)
    with mock.patch("django_pairchat.sending.room_cache.RoomCache.get_many", side_effect=ZeroDivisionError):
        refused = await socket.request("send", room=key, client_id=str(uuid4()), content="lost")
    assert refused["code"] == "error"
    sent = await socket.request("send", room=key, client_id=str(uuid4()), content="kept")
    assert (sent["message"]["seq"], sent["message"]["content"]) == (1, "kept")


@pytest.mark.parametrize(("owner", "name"), [(write, "_append"), (publish, "_encoded")])
async def test_one_poisoned_message_harms_no_other_of_its_batch(
    sockets: Sockets, people: People, room: Any, owner: Any, name: str
) -> None:
    step = getattr(owner, name)

    def poisoned(message: Any, *arguments: Any) -> Any:
        if message.pending.content == "poison":
            raise ZeroDivisionError
        return step(message, *arguments)

    socket = await sockets(people.minji)
    texts = ["one", "two", "poison", "three", "poison", "four"]
    with mock.patch.object(owner, name, poisoned):
        ids = [
            await socket.send_request("send", room=str(room.pk), client_id=str(uuid4()), content=text) for text in texts
        ]
        answered: dict[int, dict[str, Any]] = {}
        while len(answered) < len(ids):
            frame = await socket.frame()
            if frame["type"] != "event":
                answered[frame["id"]] = frame
    outcomes = [answered[number].get("code") or answered[number]["message"]["content"] for number in ids]
    assert outcomes == ["one", "two", "error", "three", "error", "four"]


# A host's consumer


@pytest.fixture
def trading(settings: Any) -> None:
    settings.PAIRCHAT = routed(Trader)
    Trader.log.clear()


async def test_a_host_adds_a_request_of_its_own(sockets: Sockets, people: People, trading: None, caplog: Any) -> None:
    socket = await sockets(people.minji)
    assert await socket.request("offer", price=21) == {
        "type": "ok",
        "id": 1,
        "doubled": 42,
        "user": str(people.minji.pk),
    }
    silent = await socket.send_request("offer", price=0)
    assert (await socket.request("ping"))["id"] == silent + 1
    assert ((refused := await socket.request("offer", price=1))["code"], refused["field"]) == ("rejected", "price")
    assert (await socket.request("offer", price=2))["code"] == "error"
    assert (await socket.request("offer", price=3))["code"] == "conflict"
    assert ((bad := await socket.request("offer", price="x"))["code"], bad["field"]) == ("bad_request", "price")
    assert await socket.is_alive()


async def test_a_host_looks_at_each_event_before_it_is_sent(
    sockets: Sockets, people: People, room: Any, key: str, trading: None
) -> None:
    await sync_to_async(send)(room, people.minji, "the first")
    mine, theirs = await sockets(people.minji), await sockets(people.juwon)
    await mine.send_request("typing", room=key, on=True)
    await sync_to_async(send)(room, people.minji, "hello")
    for socket in (mine, theirs):
        assert (await socket.event("message"))["seen by"] in {str(people.minji.pk), str(people.juwon.pk)}
    assert "typing" not in await theirs.kinds_until_pong()


async def test_a_host_is_told_of_the_beginning_and_the_end(sockets: Sockets, people: People, trading: None) -> None:
    socket = await sockets(people.minji)
    assert await socket.is_alive()
    assert Trader.log == [f"connected {people.minji.pk}"]
    await socket.disconnect()
    assert Trader.log == [f"connected {people.minji.pk}", f"disconnected {people.minji.pk}"]
    refused = await sockets.new(None)
    await refused.handshake()
    await refused.end()
    assert len(Trader.log) == 2


@pytest.fixture
def failing(settings: Any) -> Any:
    """The places at which the host's consumer fails."""
    settings.PAIRCHAT = routed(Broken)
    Broken.failing.clear()
    yield Broken.failing
    Broken.failing.clear()


@pytest.mark.parametrize("place", ["get_user", "on_connect"])
async def test_a_mistake_while_connecting_is_told_with_bye(
    sockets: Sockets, people: People, failing: set[str], place: str, caplog: pytest.LogCaptureFixture
) -> None:
    failing.add(place)
    socket = await sockets.new(people.minji)
    assert (await socket.handshake())["type"] == "websocket.accept"
    closed = await socket.end()
    assert closed.code == 4500
    assert closed.bye is not None
    assert closed.bye["reconnect"] is True
    assert closed.bye["retry_after"] > 0
    assert f"a mistake in {place}" in caplog.text


async def test_a_mistake_at_the_end_is_logged_and_harms_nobody(
    sockets: Sockets, people: People, failing: set[str], caplog: pytest.LogCaptureFixture
) -> None:
    socket = await sockets(people.minji)
    failing.add("on_disconnect")
    await socket.disconnect()
    assert "a mistake in on_disconnect" in caplog.text


async def test_a_mistake_in_a_filter_keeps_the_event_back_from_that_connection_only(
    sockets: Sockets, people: People, room: Any, failing: set[str], caplog: pytest.LogCaptureFixture
) -> None:
    mine, theirs = await sockets(people.minji), await sockets(people.juwon)
    failing.add(f"filter_event {people.minji.pk}")
    await sync_to_async(send)(room, people.juwon, SECRET)
    assert (await theirs.event("message"))["message"]["content"] == SECRET
    assert await mine.kinds_until_pong() == []
    assert "a mistake in filter_event" in caplog.text
    assert SECRET not in caplog.text


async def test_a_mistake_while_rights_are_checked_is_answered(
    sockets: Sockets, people: People, failing: set[str], options: SetOptions
) -> None:
    options(recheck_seconds=-1.0)
    socket = await sockets(people.minji)
    failing.add("is_still_allowed")
    assert (await socket.request("inbox"))["code"] == "error"
    failing.clear()
    assert await socket.is_alive()


async def test_a_session_that_ended_ends_the_socket_with_the_next_frame(
    sockets: Sockets, people: People, options: SetOptions
) -> None:
    options(recheck_seconds=-1.0)
    socket = await sockets(people.minji)
    await type(people.minji).objects.filter(pk=people.minji.pk).aupdate(is_active=False)
    await socket.send_request("inbox")
    closed = await socket.end()
    assert closed.code == 4401
    assert socket.events == []
