"""Small things that several test modules need."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from .client import Asker, Frame, Person, Socket

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
        side.do("settings", room=room, blocked=False, archived=False, muted_until=None, marked_unread=False)
    return room


@contextmanager
def settings(asker: Asker, room: str, **wanted: Any) -> Iterator[Frame]:
    """My settings of a room for the length of a block, then as they were; gives the room object."""
    before = asker.room_object(room)["me"]
    changed = asker.do("settings", room=room, **wanted)["room"]
    try:
        yield changed
    finally:
        asker.do("settings", room=room, **{name: before[name] for name in wanted})


@contextmanager
def writing_nothing(room: str, *askers: Asker) -> Iterator[None]:
    """Holds the body to leaving the room as it was, for each of these people."""
    before = [asker.room_object(room) for asker in askers]
    yield
    assert [asker.room_object(room) for asker in askers] == before


@contextmanager
def unseen_by(watcher: Socket, by: Asker, shared: str) -> Iterator[None]:
    """Holds the body to sending the watcher no event.

    The fence is a reaction in a room that the watcher shares: its event comes after whatever was sent before.
    A room event that shows what the watcher knew already was on its way before.
    """
    known = [room for archived in (False, True) for room in watcher.inbox_rooms(archived=archived)]
    watcher.forget_events()
    yield
    mark = nudge(by, shared)
    watcher.message_event(mark)
    events = [event for event in watcher.events if event.get("room") not in known and event.get("message") != mark]
    assert events == []


def nudge(by: Asker, room: str) -> Frame:
    """Changes a room without sending: the last message that can have one gets another reaction."""
    last = next(message for message in reversed(by.newest(room, limit=100)) if message["deleted_at"] is None)
    emoji = "🌱" if "🌱" not in last["reactions"].values() else "🌳"
    message: Frame = by.do("react", room=room, seq=last["seq"], emoji=emoji)["message"]
    return message


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
