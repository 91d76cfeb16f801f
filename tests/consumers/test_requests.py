"""Each request over the socket: answered as the services say, told to whom it concerns, in order."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async

from django_pairchat import get_message_model
from django_pairchat.services import (
    change_settings,
    get_room,
    history,
    inbox,
    message_object,
    room_object,
    room_objects,
    send,
)
from django_pairchat.signals import message_reported, message_sent
from tests.conftest import People
from tests.support.policies import Reviews, chosen
from tests.support.sockets import Sockets


@sync_to_async
def stored(user: Any, key: str) -> list[dict[str, Any]]:
    return [message_object(message) for message in history(user, key, limit=100).messages]


@sync_to_async
def shown(user: Any, key: str) -> dict[str, Any]:
    return room_object(get_room(user, key), user)


@sync_to_async
def filled(room: Any, sender: Any, number: int) -> None:
    for each in range(1, number + 1):
        send(room, sender, f"number {each}")


@sync_to_async
def listed_for(user: Any) -> tuple[list[dict[str, Any]], str]:
    page = inbox(user, limit=5)
    return room_objects(page.rooms, user), page.state


async def test_a_message_is_answered_and_told_to_every_socket_of_both(
    sockets: Sockets, people: People, key: str
) -> None:
    mine, my_other, theirs = await sockets(people.minji), await sockets(people.minji), await sockets(people.juwon)
    strangers = await sockets(people.stranger)
    answer = await mine.request("send", room=key, client_id=str(uuid4()), content="안녕하세요 😀")
    assert (answer["type"], answer["duplicate"]) == ("ok", False)
    assert [answer["message"]] == await stored(people.minji, key)
    for socket in (mine, my_other, theirs):
        event = await socket.event("message")
        assert (event["room"], event["message"]) == (key, answer["message"])
        assert event["epoch"] == (await shown(people.minji, key))["epoch"]
    for socket, user in ((mine, people.minji), (theirs, people.juwon)):
        assert (await socket.event("room"))["room"] == await shown(user, key)
    assert await strangers.kinds_until_pong() == []


async def test_a_text_is_reviewed_and_its_notice_is_in_the_answer(
    sockets: Sockets, people: People, key: str, settings: Any
) -> None:
    settings.PAIRCHAT = chosen(Reviews)
    mine, theirs = await sockets(people.minji), await sockets(people.juwon)
    answer = await mine.request("send", room=key, client_id=str(uuid4()), content="warn me")
    assert (answer["type"], answer["notice"]) == ("ok", "Careful: warn me")
    assert "notice" not in await theirs.event("message")
    answer = await mine.request("send", room=key, client_id=str(uuid4()), content="mask 1234")
    assert answer["message"]["content"] == "mask ••••"
    for _ in range(2):
        answer = await mine.request("send", room=key, client_id=str(UUID(int=7)), content="hold this")
        assert (answer["type"], answer["code"]) == ("error", "held")
    assert [held["content"] for held in (await shown(people.minji, key))["held"]] == ["hold this"]
    assert "held" not in await shown(people.juwon, key)


async def test_a_repetition_is_answered_and_told_to_nobody(sockets: Sockets, people: People, key: str) -> None:
    mine, theirs = await sockets(people.minji), await sockets(people.juwon)
    payload = {"room": key, "client_id": str(uuid4()), "content": "hello"}
    first = await mine.request("send", **payload)
    await theirs.event("message")
    again = await mine.request("send", **payload)
    assert (again["message"], again["duplicate"]) == (first["message"], True)
    other = await mine.request("send", **{**payload, "content": "bye"})
    assert (other["code"], other["field"]) == ("conflict", "client_id")
    assert "message" not in await theirs.kinds_until_pong()


async def test_sends_of_one_socket_are_numbered_in_the_order_of_their_frames(
    sockets: Sockets, people: People, key: str
) -> None:
    socket = await sockets(people.minji)
    ids = [
        await socket.send_request("send", room=key, client_id=str(uuid4()), content=f"number {n}") for n in range(1, 41)
    ]
    answered: dict[int, dict[str, Any]] = {}
    while len(answered) < len(ids):
        frame = await socket.frame()
        if frame["type"] != "event":
            answered[frame["id"]] = frame["message"]
    assert [answered[number]["seq"] for number in ids] == list(range(1, 41))
    assert [answered[number]["content"] for number in ids] == [f"number {n}" for n in range(1, 41)]


async def test_the_same_message_repeated_in_one_breath_is_stored_once(
    sockets: Sockets, people: People, key: str
) -> None:
    socket = await sockets(people.minji)
    payload = {"room": key, "client_id": str(uuid4()), "content": "hello"}
    ids = [await socket.send_request("send", **payload) for _ in range(8)]
    answered = []
    while len(answered) < len(ids):
        frame = await socket.frame()
        if frame["type"] != "event":
            answered.append(frame)
    assert len({json.dumps(frame["message"]) for frame in answered}) == 1
    assert [frame["duplicate"] for frame in sorted(answered, key=lambda frame: frame["id"])] == [False] + [True] * 7
    assert await get_message_model().objects.acount() == 1


async def test_changes_of_a_message_are_answered_and_told(
    sockets: Sockets, people: People, room: Any, key: str
) -> None:
    await filled(room, people.minji, 1)
    mine, theirs = await sockets(people.minji), await sockets(people.juwon)
    requests: list[tuple[str, dict[str, Any]]] = [
        ("edit", {"content": "changed"}),
        ("react", {"emoji": "👍"}),
        ("react", {"emoji": None}),
        ("delete", {}),
    ]
    for rev, (kind, fields) in enumerate(requests, start=2):
        answer = await mine.request(kind, room=key, seq=1, **fields)
        assert answer["message"]["rev"] == rev
        assert [answer["message"]] == await stored(people.minji, key)
        assert (await theirs.event("message"))["message"] == answer["message"]
        assert (await mine.event("message"))["message"] == answer["message"]


async def test_reading_is_answered_and_told(sockets: Sockets, people: People, room: Any, key: str) -> None:
    await filled(room, people.minji, 3)
    mine, theirs = await sockets(people.minji), await sockets(people.juwon)
    answer = await theirs.request("read", room=key, seq=2)
    assert answer["room"] == await shown(people.juwon, key)
    assert (await mine.event("room"))["room"]["peer"]["read"] == 2
    assert (await theirs.event("room"))["room"] == answer["room"]


async def test_settings_are_answered_and_told_to_my_sockets_only(
    sockets: Sockets, people: People, room: Any, key: str
) -> None:
    await filled(room, people.minji, 1)
    mine, theirs = await sockets(people.minji), await sockets(people.juwon)
    answer = await theirs.request("settings", room=key, archived=True, muted_until="2030-01-02T03:04:05Z")
    assert answer["room"] == await shown(people.juwon, key)
    assert (await theirs.event("room"))["room"] == answer["room"]
    assert await mine.kinds_until_pong() == []


async def test_questions_are_answered_as_the_services_answer_them(
    sockets: Sockets, people: People, room: Any, key: str
) -> None:
    await filled(room, people.minji, 7)
    socket = await sockets(people.juwon)
    everything = await stored(people.juwon, key)
    mine = await shown(people.juwon, key)
    page = await socket.request("history", room=key, before=6, limit=2)
    assert page["messages"] == everything[3:5]
    assert (page["epoch"], page["rev"], page["has_before"], page["has_after"]) == (mine["epoch"], 7, True, True)
    synced = await socket.request("sync", rooms={key: {"epoch": mine["epoch"], "rev": 5}})
    assert synced["rooms"] == [{**mine, "changes": everything[5:], "limited": False, "reset": False}]
    listed = await socket.request("inbox", limit=5)
    rooms, state = await listed_for(people.juwon)
    assert (listed["rooms"], listed["next"], listed["unread_rooms"], listed["state"]) == (rooms, None, 1, state)
    found = await socket.request("search", query="number 3")
    assert (found["messages"], found["next"]) == ([everything[2]], None)
    position = {"epoch": mine["epoch"], "rev": 7, "state": mine["state"]}
    pong = await socket.request("ping", rooms={key: position}, inbox=state)
    assert (pong["type"], pong["rooms"], pong["inbox"]) == ("pong", [], False)
    stale = await socket.request("ping", rooms={key: {**position, "rev": 6}}, inbox="x")
    assert (stale["rooms"], stale["inbox"]) == ([key], True)


async def test_typing_is_told_to_the_peer_and_answered_with_nothing(
    sockets: Sockets, people: People, room: Any, key: str
) -> None:
    await sync_to_async(send)(room, people.minji, "hello")
    mine, theirs = await sockets(people.minji), await sockets(people.juwon)
    await mine.send_request("typing", room=key, on=True)
    event = await theirs.event("typing")
    assert (event["room"], event["user"], event["on"]) == (key, str(people.minji.pk), True)
    assert await mine.kinds_until_pong() == []


async def test_nobody_is_told_of_typing_in_a_room_that_he_does_not_know_of(
    sockets: Sockets, people: People, key: str
) -> None:
    mine, theirs = await sockets(people.minji), await sockets(people.juwon)
    await mine.send_request("typing", room=key, on=True)
    await mine.request("ping")
    assert await theirs.kinds_until_pong() == []


async def test_typing_that_is_refused_is_answered(sockets: Sockets, people: People, key: str) -> None:
    await sync_to_async(change_settings)(people.juwon, key, blocked=True)
    socket = await sockets(people.minji)
    assert (await socket.request("typing", room=key, on=True))["code"] == "cannot_send"


async def test_focus_answers_the_room_or_nothing(sockets: Sockets, people: People, key: str) -> None:
    socket = await sockets(people.minji)
    assert (await socket.request("focus", room=key, active=True))["room"] == await shown(people.minji, key)
    assert (await socket.request("focus", room=None, active=False))["room"] is None
    assert (await (await sockets(people.stranger)).request("focus", room=key, active=True))["code"] == "not_found"


async def test_a_report_is_heard_after_the_answer(sockets: Sockets, people: People, room: Any, key: str) -> None:
    heard: asyncio.Queue[Any] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def receive(reason: str, **payload: Any) -> None:
        loop.call_soon_threadsafe(heard.put_nowait, reason)

    message_reported.connect(receive)
    try:
        socket = await sockets(people.minji)
        assert set(await socket.request("report", room=key, reason="rude")) == {"type", "id"}
        assert await asyncio.wait_for(heard.get(), 15) == "rude"
    finally:
        message_reported.disconnect(receive)


async def test_the_hosts_receivers_hear_of_a_message_sent_over_the_socket(
    sockets: Sockets, people: People, key: str
) -> None:
    heard: asyncio.Queue[Any] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def breaks(**payload: Any) -> None:
        raise ZeroDivisionError("a mistake in the host's code")

    def receive(message: Any, room: Any, **payload: Any) -> None:
        loop.call_soon_threadsafe(heard.put_nowait, (message.content, message.sender, room.pk))

    message_sent.connect(breaks)
    message_sent.connect(receive)
    try:
        socket = await sockets(people.minji)
        await socket.request("send", room=key, client_id=str(uuid4()), content="hello")
        content, sender, room_key = await asyncio.wait_for(heard.get(), 15)
    finally:
        message_sent.disconnect(breaks)
        message_sent.disconnect(receive)
    assert (content, sender, str(room_key)) == ("hello", people.minji, key)


REQUESTS_OF_A_ROOM: list[tuple[str, dict[str, Any]]] = [
    ("send", {"client_id": "2f7c7d5e-94a5-4f0e-9f0b-0b1c2d3e4f50", "content": "hello"}),
    ("edit", {"seq": 1, "content": "hello"}),
    ("delete", {"seq": 1}),
    ("react", {"seq": 1, "emoji": "👍"}),
    ("read", {"seq": 1}),
    ("typing", {"on": True}),
    ("focus", {"active": True}),
    ("history", {}),
    ("settings", {"archived": True}),
    ("search", {"query": "hello"}),
    ("report", {"reason": "rude"}),
]


async def test_a_strangers_requests_are_answered_as_if_there_were_no_such_room(
    sockets: Sockets, people: People, room: Any, key: str
) -> None:
    await filled(room, people.minji, 1)
    model = type(room)
    gone = await model.objects.acreate(user1=people.minji, user2=None)
    missing = str(gone.pk)
    await gone.adelete()
    socket, mine = await sockets(people.stranger), await sockets(people.minji)
    for kind, fields in REQUESTS_OF_A_ROOM:
        answers = []
        for asked in (key, missing):
            answer = await socket.request(kind, room=asked, **fields)
            answers.append({name: value for name, value in answer.items() if name != "id"})
        assert answers[0] == answers[1], kind
        assert answers[0]["code"] == "not_found", kind
    assert await mine.kinds_until_pong() == []
    assert len(await stored(people.minji, key)) == 1


@pytest.mark.parametrize("blocking", ["minji", "juwon"])
async def test_a_block_shows_at_once_and_with_one_wording(
    sockets: Sockets, people: People, room: Any, key: str, blocking: str
) -> None:
    await filled(room, people.minji, 1)
    mine, theirs = await sockets(people.minji), await sockets(people.juwon)
    await sync_to_async(change_settings)(getattr(people, blocking), key, blocked=True)
    for socket in (mine, theirs):
        assert (await socket.event("room"))["room"]["can_send"] is False
        answer = await socket.request("send", room=key, client_id=str(uuid4()), content="hello")
        assert {name: answer[name] for name in answer if name != "id"} == {
            "type": "error",
            "code": "cannot_send",
            "message": "This is not possible in this chat.",
        }
