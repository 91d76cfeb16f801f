"""A client as the protocol describes it: a snapshot, then events merged by its rules."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django_pairchat.core.events import Event, FramePush
from django_pairchat.core.paging import is_starred
from django_pairchat.services import get_room, history, inbox, message_object, room_object, room_objects

from .listening import Heard, listening

View = dict[str, dict[str, Any]]
EMPTY_ROOM = {"rev": 0, "head": 0, "last_message": None}


def rooms_of(user: Any) -> list[Any]:
    """All rooms that the inbox lists, archived ones included, page by page."""
    rooms: list[Any] = []
    for archived in (False, True):
        page = inbox(user, archived=archived)
        rooms.extend(page.rooms)
        while page.next is not None:
            page = inbox(user, archived=archived, before=page.next)
            rooms.extend(page.rooms)
    return rooms


def messages_of(user: Any, key: str) -> dict[int, dict[str, Any]]:
    """Every message that this user sees in a room."""
    messages: dict[int, dict[str, Any]] = content_of(user, key)["messages"]
    return messages


def content_of(user: Any, key: str) -> dict[str, Any]:
    """Every message that this user sees in a room, page by page, and which of them are starred."""
    page = history(user, key, limit=100)
    messages = list(page.messages)
    while page.has_before:
        page = history(user, key, before=messages[0].seq, limit=100)
        messages = [*page.messages, *messages]
    return {
        "messages": {message.seq: message_object(message) for message in messages},
        "starred": {message.seq for message in messages if is_starred(message)},
    }


def view_of(user: Any) -> View:
    """What the database has for this user: each room's object, its messages by ``seq``, and the stars."""
    rooms = rooms_of(user)
    return {shown["room"]: {**shown, **content_of(user, shown["room"])} for shown in room_objects(rooms, user)}


class Replica:
    """What one client holds. It never asks for more than an event tells it to."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self.view = view_of(user)

    def hear(self, change: Event) -> None:
        if isinstance(change, FramePush):
            event = json.loads(change.frame)
            if event["kind"] == "message":
                self._merge_message(event["message"])
            if event["kind"] == "star":
                starred = self.view[event["room"]]["starred"]
                (starred.add if event["on"] else starred.discard)(event["seq"])
        else:
            self._show_room(room_object(get_room(self.user, change.room), self.user))

    def _show_room(self, shown: dict[str, Any]) -> None:
        messages = self.view.get(shown["room"], {}).get("messages", {})
        kept = {seq: message for seq, message in messages.items() if seq > shown["me"]["cleared"]}
        starred = self.view.get(shown["room"], {}).get("starred", set()) & kept.keys()
        self.view[shown["room"]] = {**shown, "messages": kept, "starred": starred}

    def _merge_message(self, message: dict[str, Any]) -> None:
        room = self.view.setdefault(message["room"], {**EMPTY_ROOM, "messages": {}, "starred": set()})
        known = room["messages"].get(message["seq"])
        if known is None or message["rev"] > known["rev"]:
            room["messages"][message["seq"]] = message
            if message["deleted_at"] is not None:
                room["starred"].discard(message["seq"])
        room["rev"] = max(room["rev"], message["rev"])
        if message["seq"] >= room["head"]:
            room["head"] = message["seq"]
            room["last_message"] = room["messages"][message["seq"]]


@contextmanager
def assert_events_explain_snapshot(*users: Any) -> Iterator[Heard]:
    """What is done in the block leaves each user's snapshot before + events == snapshot after.

    And nobody is told anything who sees nothing new: an event without a visible change gives a secret away.
    """
    replicas = [Replica(user) for user in users]
    before = copy.deepcopy([replica.view for replica in replicas])
    with listening() as heard:
        yield heard
    for replica, old in zip(replicas, before, strict=True):
        mine = heard.for_user(replica.user)
        for change in mine:
            replica.hear(change)
        new = view_of(replica.user)
        assert replica.view == new
        assert mine == [] or new != old, "An event told this user something that the snapshot does not show."
