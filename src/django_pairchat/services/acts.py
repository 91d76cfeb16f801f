"""One function for each request of the protocol: the same, whatever transport carried it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..exceptions import Unsupported
from ..wire import requests
from . import composing, messages, reading, rooms, searching
from .drafts import Draft
from .sending import charge, send_one
from .snapshots import message_object, room_object, room_objects

FEATURES = ("edit", "delete", "react", "reply", "read", "search", "report", "typing", "presence", "attachment")


@dataclass(frozen=True, slots=True)
class Answer:
    """``result`` is what an ``ok`` frame or a response body carries; ``created`` says whether something is new."""

    result: dict[str, Any]
    created: bool = False


def draft_of(user: Any, request: requests.Send) -> Draft:
    return Draft(
        user,
        request.content,
        request.client_id,
        key=request.room,
        reply_to=request.reply_to,
        upload=request.attachment,
    )


def _send(user: Any, request: requests.Send) -> Answer:
    draft = draft_of(user, request)
    charge(draft)
    sent = send_one(draft)
    return Answer({"message": message_object(sent.message), "duplicate": sent.duplicate}, created=not sent.duplicate)


def _edit(user: Any, request: requests.Edit) -> Answer:
    return Answer({"message": message_object(messages.edit(user, request.room, request.seq, request.content))})


def _delete(user: Any, request: requests.Delete) -> Answer:
    return Answer({"message": message_object(messages.delete(user, request.room, request.seq))})


def _react(user: Any, request: requests.React) -> Answer:
    return Answer({"message": message_object(messages.react(user, request.room, request.seq, request.emoji))})


def _read(user: Any, request: requests.Read) -> Answer:
    return Answer({"room": room_object(reading.mark_read(user, request.room, request.seq), user)})


def _typing(user: Any, request: requests.Typing) -> Answer:
    composing.announce_typing(user, request.room, request.on)
    return Answer({})


def _history(user: Any, request: requests.History) -> Answer:
    page = reading.history(
        user,
        request.room,
        before=request.before,
        after=request.after,
        around=request.around,
        limit=request.limit,
    )
    return Answer(
        {
            "epoch": page.epoch,
            "rev": page.rev,
            "messages": [message_object(message) for message in page.messages],
            "has_before": page.has_before,
            "has_after": page.has_after,
        }
    )


def _sync(user: Any, request: requests.Sync) -> Answer:
    return Answer({"rooms": reading.catch_up(user, request.rooms)})


def _inbox(user: Any, request: requests.Inbox) -> Answer:
    page = rooms.inbox(user, before=request.before, limit=request.limit, archived=request.archived)
    return Answer(
        {
            "rooms": room_objects(page.rooms, user),
            "next": page.next,
            "unread_rooms": page.unread_rooms,
            "state": page.state,
        }
    )


def _settings(user: Any, request: requests.Settings) -> Answer:
    return Answer({"room": room_object(rooms.change_settings(user, request.room, **request.changes), user)})


def _search(user: Any, request: requests.Search) -> Answer:
    found = searching.search(user, request.query, key=request.room, before=request.before, limit=request.limit)
    return Answer({"messages": [message_object(message) for message in found.messages], "next": found.next})


def _report(user: Any, request: requests.Report) -> Answer:
    messages.report(user, request.room, request.reason, request.seq)
    return Answer({})


def _ping(user: Any, request: requests.Ping) -> Answer:
    differing = reading.differing(user, request.rooms) if request.rooms else []
    stale = request.inbox is not None and request.inbox != rooms.inbox_state(user)
    return Answer({"rooms": differing, "inbox": stale})


def _open(user: Any, request: requests.Open) -> Answer:
    room, created = rooms.open_room_by_token(user, request.user, request.topic)
    return Answer({"room": room_object(room, user)}, created=created)


ACTS: dict[type[requests.Request], Callable[[Any, Any], Answer]] = {
    requests.Send: _send,
    requests.Edit: _edit,
    requests.Delete: _delete,
    requests.React: _react,
    requests.Read: _read,
    requests.Typing: _typing,
    requests.History: _history,
    requests.Sync: _sync,
    requests.Inbox: _inbox,
    requests.Settings: _settings,
    requests.Search: _search,
    requests.Report: _report,
    requests.Ping: _ping,
    requests.Open: _open,
}


def perform(user: Any, request: requests.Request) -> Answer:
    """Do what the request asks for ``user``. Raises a ``ChatError`` where it is refused."""
    act = ACTS.get(type(request))
    if act is None:
        raise Unsupported
    return act(user, request)
