"""Protocol requests to services: one function per request, the same for every transport."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from . import get_star_model, services
from .core import sync
from .core.access import RoomLocked
from .core.paging import is_starred
from .core.request_cost import charge_request, refund_request
from .core.serializers import message_object, room_object
from .exceptions import RateLimited, Unsupported
from .protocol import extensions, requests
from .sending.admit import admit
from .services.messages import send_admitted
from .services.room_list import inbox_state
from .services.typing_indicator import send_typing

if TYPE_CHECKING:
    from .base_models import AbstractMessage

FEATURES = (
    *("edit", "delete", "react", "reply", "read", "delivered", "search", "report", "typing", "presence"),
    *("presence_rooms", "attachment"),
)


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a request. ``result`` is the content of an ``ok`` frame or a response body.

    ``created`` tells whether the request created a message or a room.
    """

    result: dict[str, Any]
    created: bool = False


def _send(user: Any, request: requests.Send) -> Result:
    stored = send_admitted(admit(user, request))
    answer = {**_changed(stored.message), **_noted(stored.pending.notice), "duplicate": stored.duplicate}
    return Result(answer, created=not stored.duplicate)


def _noted(notice: str) -> dict[str, str]:
    return {"notice": notice} if notice else {}


def _changed(message: AbstractMessage) -> dict[str, Any]:
    return {"message": message_object(message), **_noted(message.pairchat_notice)}


def _edit(user: Any, request: requests.Edit) -> Result:
    return Result(_changed(services.edit(user, request.room, request.seq, request.content)))


def _delete(user: Any, request: requests.Delete) -> Result:
    return Result({"message": message_object(services.delete(user, request.room, request.seq))})


def _react(user: Any, request: requests.React) -> Result:
    return Result(_changed(services.react(user, request.room, request.seq, request.emoji)))


def _read(user: Any, request: requests.Read) -> Result:
    return Result({"room": room_object(services.mark_read(user, request.room, request.seq), user)})


def _delivered(user: Any, request: requests.Delivered) -> Result:
    services.mark_delivered(user, request.room, request.seq)
    return Result({})


def _typing(user: Any, request: requests.Typing) -> Result:
    send_typing(user, request.room, request.on)
    return Result({})


def _history(user: Any, request: requests.History) -> Result:
    page = services.history(
        user,
        request.room,
        before=request.before,
        after=request.after,
        around=request.around,
        at=request.at,
        limit=request.limit,
    )
    return Result(
        {
            "epoch": page.epoch,
            "rev": page.rev,
            "messages": [message_object(message) for message in page.messages],
            "has_before": page.has_before,
            "has_after": page.has_after,
            "starred": [message.seq for message in page.messages if is_starred(message)],
        }
    )


def _sync(user: Any, request: requests.Sync) -> Result:
    return Result({"rooms": sync.catch_up(user, request.rooms)})


def _inbox(user: Any, request: requests.Inbox) -> Result:
    page = services.inbox(
        user,
        before=request.before,
        limit=request.limit,
        archived=request.archived,
        unread=request.unread,
        about=request.about,
    )
    return Result(
        {
            "rooms": page.objects,
            "next": page.next,
            "unread_rooms": page.unread_rooms,
            "state": page.state,
        }
    )


def _settings(user: Any, request: requests.Settings) -> Result:
    return Result({"room": room_object(services.change_settings(user, request.room, **request.changes), user)})


def _search(user: Any, request: requests.Search) -> Result:
    page = services.search(user, request.query, room=request.room, before=request.before, limit=request.limit)
    return Result({"messages": [message_object(message) for message in page.messages], "next": page.next})


def _star(user: Any, request: requests.Star) -> Result:
    services.star(user, request.room, request.seq, request.on)
    return Result({})


def _stars(user: Any, request: requests.Stars) -> Result:
    page = services.starred_messages(user, before=request.before, limit=request.limit)
    return Result({"messages": [message_object(message) for message in page.messages], "next": page.next})


def _report(user: Any, request: requests.Report) -> Result:
    services.report(user, request.room, request.reason, request.seq, category=request.category, context=request.context)
    return Result({})


def _ping(user: Any, request: requests.Ping) -> Result:
    differing = sync.differing(user, request.rooms) if request.rooms else []
    stale = request.inbox is not None and request.inbox != inbox_state(user)
    return Result({"rooms": differing, "inbox": stale})


def _open(user: Any, request: requests.Open) -> Result:
    room, created = services.open_room_by_token(user, request.user, request.topic)
    return Result({"room": room_object(room, user)}, created=created)


HANDLERS: dict[type[requests.Request], Callable[[Any, Any], Result]] = {
    requests.Send: _send,
    requests.Edit: _edit,
    requests.Delete: _delete,
    requests.React: _react,
    requests.Read: _read,
    requests.Delivered: _delivered,
    requests.Typing: _typing,
    requests.History: _history,
    requests.Sync: _sync,
    requests.Inbox: _inbox,
    requests.Settings: _settings,
    requests.Search: _search,
    requests.Star: _star,
    requests.Stars: _stars,
    requests.Report: _report,
    requests.Ping: _ping,
    requests.Open: _open,
}


def features() -> tuple[str, ...]:
    """Return the features of this server, those of installed apps last."""
    stars = () if get_star_model() is None else ("star",)
    return (*FEATURES, *stars, *extensions.FEATURES)


def _added(kind: type[requests.Request]) -> Callable[[Any, Any], Result] | None:
    """Return the function for a request that an installed app has added."""
    perform = extensions.HANDLERS.get(kind)
    return None if perform is None else lambda user, request: Result(perform(user, request))


CHARGED_BY_THEMSELVES: Final = (requests.Send, requests.Report)
"""Requests whose services spend the token, so that a call from the host's own code has the same cost."""


def _look_at(user: Any, request: requests.Read) -> Result:
    return Result({"room": room_object(services.get_room(user, request.room), user)})


WITHOUT_TRACE: dict[type[requests.Request], Callable[[Any, Any], Result]] = {
    requests.Read: _look_at,
    requests.Delivered: lambda user, request: Result({}),
    requests.Typing: lambda user, request: Result({}),
}
"""The handlers that take their place where somebody else acts as the user."""


def dispatch(user: Any, request: requests.Request, *, impersonated: bool = False) -> Result:
    """Perform the request for ``user`` and charge the user's rate limit. Raises a ``ChatError`` if it is refused.

    ``impersonated`` tells that somebody else acts as the user: nothing is marked as read or delivered.
    """
    handler = WITHOUT_TRACE.get(type(request)) if impersonated else None
    handler = handler or HANDLERS.get(type(request)) or _added(type(request))
    if handler is None:
        raise Unsupported
    pays = not isinstance(request, CHARGED_BY_THEMSELVES)
    try:
        if pays:
            charge_request(user, type(request))
    except RateLimited:
        if isinstance(request, requests.Typing):
            # The indicator expires after a few seconds anyway, so an error while typing would only disturb.
            return Result({})
        raise
    try:
        return handler(user, request)
    except RoomLocked:
        # It is asked again, many times a second, until the room is free.
        if pays:
            refund_request(user, type(request))
        raise
