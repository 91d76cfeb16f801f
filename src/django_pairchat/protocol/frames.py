"""Frames from the server to a client. Each function returns the text of one frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from . import json_text, message_fields
from .close_codes import may_reconnect
from .errors import ChatError, Suspended
from .json_reading import FRAME_LIMIT_BYTES
from .json_text import quote
from .requests import CONTENT_LIMIT, PAGE_LIMIT, SYNC_CHANGES_LIMIT, SYNC_ROOMS_LIMIT, RequestId

PROTOCOL: Final = 1
SUBPROTOCOL: Final = "pairchat.v1"
HEARTBEAT_SECONDS: Final = 25

encode = json_text.encode
moment = json_text.moment
new_message = message_fields.new_message


def limits() -> dict[str, int]:
    return {
        "frame": FRAME_LIMIT_BYTES,
        "content": CONTENT_LIMIT,
        "page": PAGE_LIMIT,
        "sync_rooms": SYNC_ROOMS_LIMIT,
        "sync_changes": SYNC_CHANGES_LIMIT,
    }


def hello(*, user: str, connection: str, features: Sequence[str], server_time: datetime) -> str:
    return encode(
        {
            "type": "hello",
            "protocol": PROTOCOL,
            "user": user,
            "connection": connection,
            "heartbeat": HEARTBEAT_SECONDS,
            "limits": limits(),
            "features": list(features),
            "server_time": moment(server_time),
        }
    )


def ok(request_id: RequestId, result: Mapping[str, Any]) -> str:
    return encode({"type": "ok", "id": request_id, **result})


def sent(request_id: RequestId, message: str, duplicate: bool, notice: str = "") -> str:
    """Return the answer to a ``send``. ``message`` is already encoded, once for the answer and the event."""
    flag = "true" if duplicate else "false"
    quoted = request_id if isinstance(request_id, int) else quote(request_id)
    rest = f',"notice":{quote(notice)}' if notice else ""
    return f'{{"type":"ok","id":{quoted},"message":{message},"duplicate":{flag}{rest}}}'


def pong(request_id: RequestId, result: Mapping[str, Any]) -> str:
    return encode({"type": "pong", "id": request_id, **result})


def error_body(chat_error: ChatError, message: str) -> dict[str, Any]:
    """Return the fields of an error, which are the same for every transport. ``message`` is already translated."""
    body: dict[str, Any] = {"code": str(chat_error.code), "message": message}
    for name in ("field", "retry_after", "ref"):
        value = getattr(chat_error, name)
        if value is not None:
            body[name] = value
    if isinstance(chat_error, Suspended) and chat_error.until is not None:
        body["until"] = moment(chat_error.until)
    return body


def error(request_id: RequestId | None, chat_error: ChatError, message: str) -> str:
    return encode({"type": "error", "id": request_id, **error_body(chat_error, message)})


def bye(code: int, reason: str, retry_after: float | None = None) -> str:
    frame: dict[str, Any] = {
        "type": "bye",
        "code": int(code),
        "reason": reason,
        "reconnect": may_reconnect(code),
    }
    if retry_after is not None:
        frame["retry_after"] = retry_after
    return encode(frame)


def message_events(room: str, epoch: str) -> Callable[[str], str]:
    """Return what makes the ``message`` event of an already encoded message object of this room."""
    before = f'{{"type":"event","kind":"message","room":{quote(room)},"epoch":{quote(epoch)},"message":'
    return lambda message: f"{before}{message}}}"


def message_event(room: str, epoch: str, message: str) -> str:
    """Return the ``message`` event of an already encoded message object."""
    return message_events(room, epoch)(message)


def room_event(room: Mapping[str, Any]) -> str:
    return encode({"type": "event", "kind": "room", "room": room})


def typing_event(room: str, user: str, on: bool) -> str:
    return encode({"type": "event", "kind": "typing", "room": room, "user": user, "on": on})


def presence_event(room: str, user: str, online: bool, last_active: datetime | None) -> str:
    return encode(
        {
            "type": "event",
            "kind": "presence",
            "room": room,
            "user": user,
            "online": online,
            "last_active": moment(last_active),
        }
    )


def star_event(room: str, seq: int, on: bool) -> str:
    """Return the ``star`` event, which is only for the person who has set or removed the star."""
    return encode({"type": "event", "kind": "star", "room": room, "seq": seq, "on": on})


def resync_event() -> str:
    return encode({"type": "event", "kind": "resync"})
