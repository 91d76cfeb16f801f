"""Frames to a client. Each function gives the text of one frame."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from .codes import Refusal, may_reconnect
from .requests import (
    CONTENT_LIMIT,
    FRAME_LIMIT_BYTES,
    PAGE_LIMIT,
    SYNC_CHANGES_LIMIT,
    SYNC_ROOMS_LIMIT,
    RequestId,
)

PROTOCOL: Final = 1
SUBPROTOCOL: Final = "pairchat.v1"
HEARTBEAT_SECONDS: Final = 25

_quote = json.encoder.encode_basestring
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def encode(frame: Mapping[str, Any]) -> str:
    return _encode(frame)


def moment(value: datetime | None) -> str | None:
    """ISO 8601, UTC, milliseconds, ``Z``."""
    return None if value is None else _moment(value)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def new_message(
    *,
    room: str,
    seq: int,
    rev: int,
    sender: str | None,
    client_id: UUID,
    kind: str,
    content: str,
    data: Any,
    reply_to: int | None,
    attachment: Any,
    created_at: datetime,
) -> str:
    """A message object of which only this much can be known at its birth; built by hand, because every send needs one.

    Equal to ``encode()`` of the same object, which a test keeps.
    """
    return (
        f'{{"room":{_quote(room)},"seq":{seq},"rev":{rev},"sender":{_quote(sender) if sender is not None else "null"},'
        f'"client_id":"{client_id}","kind":{_quote(kind)},"content":{_quote(content)},'
        f'"data":{"null" if data is None else _encode(data)},"reply_to":{"null" if reply_to is None else reply_to},'
        f'"attachment":{"null" if attachment is None else _encode(attachment)},"reactions":{{}},'
        f'"created_at":"{_moment(created_at)}","edited_at":null,"deleted_at":null}}'
    )


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


def sent(request_id: RequestId, message: str, duplicate: bool) -> str:
    """The answer to a ``send``; ``message`` is already encoded, once for the answer and the event."""
    flag = "true" if duplicate else "false"
    quoted = request_id if isinstance(request_id, int) else _quote(request_id)
    return f'{{"type":"ok","id":{quoted},"message":{message},"duplicate":{flag}}}'


def pong(request_id: RequestId, result: Mapping[str, Any]) -> str:
    return encode({"type": "pong", "id": request_id, **result})


def refusal_body(refusal: Refusal, message: str) -> dict[str, Any]:
    """What an error says, the same over every transport; ``message`` is already translated."""
    body: dict[str, Any] = {"code": str(refusal.code), "message": message}
    for name in ("field", "retry_after", "ref"):
        value = getattr(refusal, name)
        if value is not None:
            body[name] = value
    return body


def error(request_id: RequestId | None, refusal: Refusal, message: str) -> str:
    return encode({"type": "error", "id": request_id, **refusal_body(refusal, message)})


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


def message_event(room: str, epoch: str, message: str) -> str:
    """A ``message`` event around an already encoded message object."""
    return f'{{"type":"event","kind":"message","room":{_quote(room)},"epoch":{_quote(epoch)},"message":{message}}}'


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


def resync_event() -> str:
    return encode({"type": "event", "kind": "resync"})
