"""Frames that are no requests: each is answered, none closes the socket, and too many do."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from django_pairchat import get_message_model, get_room_model
from tests.conftest import People
from tests.support.options import SetOptions
from tests.support.sockets import Closed, Sockets

BAD_FRAMES = {
    "empty": "",
    "spaces": "  ",
    "broken": "{bad",
    "two documents": "{}{}",
    "an array": "[]",
    "a number": "0",
    "null": "null",
    "deep": "[" * 10_000,
    "NaN": '{"id":1,"type":"ping","a":NaN}',
    "overflow": '{"id":1,"type":"ping","a":1e999}',
    "a long number": '{"id":1,"type":"ping","a":' + "9" * 4301 + "}",
    "a key twice": '{"id":1,"id":2,"type":"ping"}',
    "a byte order mark": '\ufeff{"id":1,"type":"ping"}',
}


async def test_unreadable_frames_are_answered_and_the_socket_stays(sockets: Sockets, people: People) -> None:
    socket = await sockets(people.minji)
    for name, text in BAD_FRAMES.items():
        await socket.send_text(text)
        error = await socket.answer(None)
        assert (name, error["type"], error["code"]) == (name, "error", "bad_frame")
        assert error["message"]
    assert await socket.is_alive()


async def test_a_binary_frame_is_a_bad_frame(sockets: Sockets, people: People) -> None:
    socket = await sockets(people.minji)
    await socket.send_text(data=b'{"type":"ping","id":1}')
    assert (await socket.answer(None))["code"] == "bad_frame"
    await socket.line.send_input({"type": "websocket.receive", "bytes": b"\xff"})
    assert (await socket.answer(None))["code"] == "bad_frame"
    assert await socket.is_alive()


async def test_a_frame_that_is_too_large_is_answered(sockets: Sockets, people: People) -> None:
    socket = await sockets(people.minji)
    for size in (65_537, 17 * 1024 * 1024):
        await socket.send_text("x" * size)
        assert (await socket.answer(None))["code"] == "too_large"
    assert await socket.is_alive()


async def test_twenty_unreadable_frames_are_answered_and_the_next_ends_it(
    sockets: Sockets, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    socket, other = await sockets(people.minji), await sockets(people.juwon)
    with caplog.at_level(logging.INFO):
        for number in range(21):
            await socket.send_text("x" * 70_000 if number % 2 else "{a private sentence")
        codes = [(await socket.answer(None))["code"] for _ in range(20)]
        with pytest.raises(Closed) as closed:
            await socket.frame()
    assert sorted(set(codes)) == ["bad_frame", "too_large"]
    assert (closed.value.code, closed.value.bye and closed.value.bye["reconnect"]) == (4400, False)
    assert len(caplog.records) <= 2
    assert "a private sentence" not in caplog.text
    assert await other.kinds_until_pong() == []


async def test_unreadable_frames_of_an_hour_are_not_added_up(
    sockets: Sockets, people: People, options: SetOptions
) -> None:
    options(unreadable_seconds=0.0)
    socket = await sockets(people.minji)
    for _ in range(30):
        await socket.send_text("[]")
        await socket.answer(None)
    assert await socket.is_alive()


async def test_what_can_be_read_but_not_done_is_not_counted(sockets: Sockets, people: People) -> None:
    socket = await sockets(people.minji)
    for _ in range(30):
        assert (await socket.request("nonsense"))["code"] == "unsupported"
        assert (await socket.request("read", room="1", seq="x"))["code"] in {"bad_request", "bad_id"}
    assert await socket.is_alive()


async def test_an_id_that_cannot_be_echoed_is_refused(sockets: Sockets, people: People) -> None:
    socket = await sockets(people.minji)
    for request_id in (None, True, -1, 2**53, 1.5, "", "x" * 65, "\ud800", [1]):
        await socket.send_text(json.dumps({"type": "ping", "id": request_id}))
        error = await socket.answer(None)
        assert (error["code"], error["field"]) == ("bad_request", "id")
    assert await socket.is_alive()


async def test_an_id_is_echoed_as_it_came(sockets: Sockets, people: People) -> None:
    socket = await sockets(people.minji)
    for request_id in (0, 2**53 - 1, "x" * 64, "한글", "1"):
        await socket.send_text(json.dumps({"type": "ping", "id": request_id}))
        assert (await socket.answer(request_id))["type"] == "pong"
        await socket.send_text(json.dumps({"type": "sync", "id": request_id, "rooms": 7}))
        assert (await socket.answer(request_id))["code"] == "bad_request"


ODD_REQUESTS: list[dict[str, Any]] = [
    {},
    {"type": None},
    {"type": 7},
    {"type": "__init__"},
    {"type": "hello"},
    {"type": "open", "user": "1"},
    {"type": "send"},
    {"type": "send", "room": "ROOM", "content": 7, "client_id": "2f7c7d5e-94a5-4f0e-9f0b-0b1c2d3e4f50"},
    {"type": "send", "room": "ROOM", "content": "hello", "client_id": "x"},
    {"type": "send", "room": "01", "content": "hello", "client_id": "2f7c7d5e-94a5-4f0e-9f0b-0b1c2d3e4f50"},
    {"type": "send", "room": "ROOM", "content": "a\0b", "client_id": "2f7c7d5e-94a5-4f0e-9f0b-0b1c2d3e4f50"},
    {"type": "send", "room": "ROOM", "content": "\ud83d", "client_id": "2f7c7d5e-94a5-4f0e-9f0b-0b1c2d3e4f50"},
    {"type": "send", "room": "ROOM", "content": " ", "client_id": "2f7c7d5e-94a5-4f0e-9f0b-0b1c2d3e4f50"},
    {"type": "send", "room": "ROOM", "content": "x" * 4001, "client_id": "2f7c7d5e-94a5-4f0e-9f0b-0b1c2d3e4f50"},
    {"type": "edit", "room": "ROOM", "seq": 1, "content": "changed"},
    {"type": "delete", "room": "ROOM", "seq": 2**63},
    {"type": "react", "room": "ROOM", "seq": 1, "emoji": "not one"},
    {"type": "history", "room": "ROOM", "before": 1, "after": 1},
    {"type": "history", "room": True},
    {"type": "sync", "rooms": {"ROOM": {}}},
    {"type": "inbox", "before": "x"},
    {"type": "settings", "room": "ROOM", "muted_until": "tomorrow"},
    {"type": "search", "query": ""},
    {"type": "search", "query": "\0"},
    {"type": "report", "room": "ROOM", "reason": ""},
    {"type": "focus", "room": "9" * 30, "active": True},
    {"type": "typing", "room": "ROOM", "on": "yes"},
]


async def test_no_odd_request_closes_the_socket_writes_or_tells_anybody_anything(
    sockets: Sockets, people: People, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    socket, other = await sockets(people.minji), await sockets(people.juwon)
    before = [room async for room in get_room_model().objects.values()]
    with caplog.at_level(logging.INFO):
        for number, fields in enumerate(ODD_REQUESTS):
            filled = json.loads(json.dumps(fields).replace("ROOM", key))
            await socket.send_text(json.dumps({"id": number, **filled}))
            error = await socket.answer(number)
            assert error["type"] == "error", fields
            assert error["code"] not in {"error", "busy"}, fields
    assert await socket.is_alive()
    assert [room async for room in get_room_model().objects.values()] == before
    assert await get_message_model().objects.acount() == 0
    assert await other.kinds_until_pong() == []
    assert caplog.records == []


async def test_error_texts_are_in_the_readers_language(sockets: Sockets, people: People) -> None:
    korean, english = await sockets(people.minji, language="ko"), await sockets(people.juwon)
    texts = []
    for socket in (korean, english):
        await socket.send_text("{")
        unreadable = await socket.answer(None)
        refused = await socket.request("send", room="x" * 30, client_id="x", content="")
        texts.append((unreadable["message"], refused["message"]))
    assert texts[1] == ("The request could not be read.", "An ID is a text, exactly as the server gave it.")
    for text in texts[0]:
        assert any("가" <= letter <= "힣" for letter in text)
