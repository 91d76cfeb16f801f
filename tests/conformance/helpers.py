"""Small things that several test modules need."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from .client import Frame, Person, Requester, Socket

REQUIRED = os.environ.get("PAIRCHAT_REQUIRE") == "all"


def unavailable(reason: str) -> None:
    """What the server under test has no means for is left out, unless everything is required."""
    if REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason)


def needs_feature(socket: Socket, feature: str) -> None:
    if feature not in socket.features:
        unavailable(f"the server does not offer the feature {feature}")


def topic_number(topics: list[str], number: int) -> str:
    if len(topics) <= number:
        unavailable(f"needs {number + 1} pages with a chat button for the second user, found {len(topics)}")
    return topics[number]


def calm(room: str, *sides: Person) -> str:
    """Undoes what a run that broke off may have left."""
    for side in sides:
        side.do(
            "settings", room=room, blocked=False, archived=False, pinned=False, muted_until=None, marked_unread=False
        )
    return room


@contextmanager
def settings(asker: Requester, room: str, **wanted: Any) -> Iterator[Frame]:
    """My settings of a room for the length of a block, then as they were; gives the room object."""
    before = asker.room_object(room)["me"]
    changed = asker.do("settings", room=room, **wanted)["room"]
    try:
        yield changed
    finally:
        asker.do("settings", room=room, **{name: before[name] for name in wanted})


@contextmanager
def writing_nothing(room: str, *askers: Requester) -> Iterator[None]:
    """Holds the body to leaving the room as it was, for each of these people."""
    before = [asker.room_object(room) for asker in askers]
    yield
    assert [asker.room_object(room) for asker in askers] == before


@contextmanager
def unseen_by(watcher: Socket, by: Requester, shared: str) -> Iterator[None]:
    """Holds the body to sending the watcher no event. It must leave the room that the watcher shares alone."""
    fence(watcher, by, shared)
    watcher.forget_events()
    yield
    fence(watcher, by, shared)
    assert [event for event in watcher.events if _room_of(event) != shared] == []


def _room_of(event: Frame) -> str | None:
    room = event.get("room")
    return room["room"] if isinstance(room, dict) else room


def fence(watcher: Socket, by: Requester, shared: str) -> None:
    """Waits until the watcher has whatever was on its way.

    A server may gather what changed in a room into fewer room events. The second message's own can only come after
    that of the first, and with it comes what was gathered meanwhile.
    """
    for _ in range(2):
        seq = by.send(shared)["seq"]
        watcher.room_event(shared, partial(_has_come_to, seq))


def _has_come_to(seq: int, room: Frame) -> bool:
    return bool(room["head"] >= seq)


def at_once(socket: Socket, requests: Callable[[], list[Frame]]) -> list[Frame]:
    """The answers to several sends that do not wait for each other, once there is enough to spend on all of them."""
    while True:
        ids = [socket.put("send", **request) for request in requests()]
        answers = [socket.answer(request_id) for request_id in ids]
        waits = [answer["retry_after"] for answer in answers if answer.get("code") == "rate_limited"]
        if not waits:
            return answers
        time.sleep(max(waits) * len(answers))


def same_refusals(first: Frame, second: Frame) -> bool:
    """Whether two errors are one and the same but for the id of their request."""
    return {**first, "id": None} == {**second, "id": None}
