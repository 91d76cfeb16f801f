"""Frames from a client: any bytes become a request or a refusal, never an exception of another kind."""

from __future__ import annotations

import json
import math
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar, Final, NoReturn, TypeVar

from .codes import Code, Refusal

FRAME_LIMIT_BYTES: Final = 65_536
CONTENT_LIMIT: Final = 4_000
DATA_LIMIT_BYTES: Final = 4_096
PAGE_LIMIT: Final = 100
SYNC_ROOMS_LIMIT: Final = 50
SYNC_CHANGES_LIMIT: Final = 200
QUERY_LIMIT: Final = 100
REASON_LIMIT: Final = 1_000
DEPTH_LIMIT: Final = 8
NUMBER_LIMIT: Final = 32
REQUEST_ID_LIMIT: Final = 64
KEY_LIMIT: Final = 64
SEQ_LIMIT: Final = 2**63 - 1
INTEGER_ID_LIMIT: Final = 2**53 - 1

RequestId = int | str


def refuse(code: Code, field_name: str | None = None) -> NoReturn:
    raise Refusal(code=code, field=field_name)


# Reading JSON


def _number(text: str, convert: Callable[[str], Any]) -> Any:
    if len(text) > NUMBER_LIMIT:
        refuse(Code.BAD_FRAME)
    value = convert(text)
    if not math.isfinite(value):
        refuse(Code.BAD_FRAME)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        refuse(Code.BAD_FRAME)
    return result


_decoder = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=lambda text: _number(text, int),
    parse_float=lambda text: _number(text, float),
    parse_constant=lambda _: refuse(Code.BAD_FRAME),
)
# A string without an end is taken to the end of the text: trying again at each later quote would be quadratic.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)


def _too_deep(text: str) -> bool:
    if text.count("{") + text.count("[") <= DEPTH_LIMIT:
        return False
    depth = 0
    for bracket in re.findall(r"[\[\]{}]", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > DEPTH_LIMIT:
            return True
    return False


def read_object(data: str | bytes | None) -> dict[str, Any]:
    """The JSON object in one text frame or request body; ``bad_frame`` or ``too_large`` for anything else."""
    if data is None or not data:
        refuse(Code.BAD_FRAME)
    if len(data) > FRAME_LIMIT_BYTES:
        refuse(Code.TOO_LARGE)
    if isinstance(data, bytes):
        try:
            text = data.decode()
        except UnicodeDecodeError:
            refuse(Code.BAD_FRAME)
    else:
        text = data
        if len(text) * 4 > FRAME_LIMIT_BYTES and len(text.encode(errors="replace")) > FRAME_LIMIT_BYTES:
            refuse(Code.TOO_LARGE)
    if _too_deep(text):
        refuse(Code.BAD_FRAME)
    try:
        value = _decoder.decode(text)
    except (ValueError, RecursionError):
        refuse(Code.BAD_FRAME)
    if not isinstance(value, dict):
        refuse(Code.BAD_FRAME)
    return value


# The types of fields. Each takes a value and the field's name, and gives the clean value or refuses.


def is_encodable(text: str) -> bool:
    """Whether the text is free of lone surrogates, which no UTF-8 text can carry."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def is_storable(text: str) -> bool:
    """Whether every database can keep this text: no NUL, no lone surrogate."""
    return "\0" not in text and is_encodable(text)


_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def key(value: Any, name: str) -> str:
    """The text form of a room's or user's key; whether it is canonical is for the model to say."""
    if not isinstance(value, str) or not 1 <= len(value) <= KEY_LIMIT or not is_storable(value):
        refuse(Code.BAD_ID, name)
    return value


def client_id(value: Any, name: str) -> uuid.UUID:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        refuse(Code.BAD_ID, name)
    return uuid.UUID(value)


def raw_text(value: Any, name: str) -> str:
    """Any string; what may be in it is checked after membership, by the services."""
    if not isinstance(value, str):
        refuse(Code.BAD_REQUEST, name)
    return value


def seq(value: Any, name: str) -> int:
    if type(value) is not int or not 0 <= value <= SEQ_LIMIT:
        refuse(Code.BAD_REQUEST, name)
    return value


def limit(value: Any, name: str) -> int:
    if type(value) is not int:
        refuse(Code.BAD_REQUEST, name)
    return max(1, min(value, PAGE_LIMIT))


def flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        refuse(Code.BAD_REQUEST, name)
    return value


def cursor(value: Any, name: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 200 or not value.isascii():
        refuse(Code.BAD_REQUEST, name)
    return value


def moment(value: Any, name: str) -> datetime:
    """An ISO 8601 time with an offset, as UTC."""
    if not isinstance(value, str) or len(value) > 40:
        refuse(Code.BAD_REQUEST, name)
    try:
        parsed = datetime.fromisoformat(value)
        if parsed.tzinfo is None:
            refuse(Code.BAD_REQUEST, name)
        return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        refuse(Code.BAD_REQUEST, name)


def short_text(value: Any, name: str, longest: int) -> str:
    """A text of 1 to ``longest`` characters that is not only white space."""
    if not isinstance(value, str):
        refuse(Code.BAD_REQUEST, name)
    if not is_storable(value):
        refuse(Code.BAD_TEXT, name)
    if not value.strip() or len(value) > longest:
        refuse(Code.BAD_REQUEST, name)
    return value


def query(value: Any, name: str) -> str:
    return short_text(value, name, QUERY_LIMIT)


def reason(value: Any, name: str) -> str:
    return short_text(value, name, REASON_LIMIT)


def upload_token(value: Any, name: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 500 or not is_storable(value):
        refuse(Code.BAD_REQUEST, name)
    return value


@dataclass(frozen=True, slots=True)
class Position:
    """Where a client stands in a room; ``state`` is only in a ``ping``."""

    epoch: str
    rev: int
    state: str = ""


def _positions(value: Any, name: str, with_state: bool) -> dict[str, Position]:
    if not isinstance(value, dict) or len(value) > SYNC_ROOMS_LIMIT:
        refuse(Code.BAD_REQUEST, name)
    return {room: _position(entry, name, with_state) for room, entry in value.items()}


def _position(entry: Any, name: str, with_state: bool) -> Position:
    if not isinstance(entry, dict):
        refuse(Code.BAD_REQUEST, name)
    epoch = raw_text(entry.get("epoch"), name)
    state = raw_text(entry.get("state"), name) if with_state else ""
    return Position(epoch, seq(entry.get("rev"), name), state)


def sync_positions(value: Any, name: str) -> dict[str, Position]:
    return _positions(value, name, with_state=False)


def ping_positions(value: Any, name: str) -> dict[str, Position]:
    return _positions(value, name, with_state=True)


# The requests


def required(check: Callable[[Any, str], Any], *, nullable: bool = False) -> Any:
    """A field of a request that a client must name. ``check`` takes its value and name, and gives the clean value."""
    return field(metadata={"check": check, "nullable": nullable})


def optional(check: Callable[[Any, str], Any], default: Any = None) -> Any:
    """A field that may be missing or null, which both mean ``default``."""
    return field(default=default, metadata={"check": check, "nullable": True})


@dataclass(frozen=True, slots=True)
class Request:
    """One parsed request: its fields; the client's own id of it stays with the transport."""

    type: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Send(Request):
    type: ClassVar[str] = "send"
    room: str = required(key)
    client_id: uuid.UUID = required(client_id)
    content: str = required(raw_text)
    reply_to: int | None = optional(seq)
    attachment: str | None = optional(upload_token)


@dataclass(frozen=True, slots=True)
class Edit(Request):
    type: ClassVar[str] = "edit"
    room: str = required(key)
    seq: int = required(seq)
    content: str = required(raw_text)


@dataclass(frozen=True, slots=True)
class Delete(Request):
    type: ClassVar[str] = "delete"
    room: str = required(key)
    seq: int = required(seq)


@dataclass(frozen=True, slots=True)
class React(Request):
    type: ClassVar[str] = "react"
    room: str = required(key)
    seq: int = required(seq)
    emoji: str | None = required(raw_text, nullable=True)


@dataclass(frozen=True, slots=True)
class Read(Request):
    type: ClassVar[str] = "read"
    room: str = required(key)
    seq: int = required(seq)


@dataclass(frozen=True, slots=True)
class Typing(Request):
    type: ClassVar[str] = "typing"
    room: str = required(key)
    on: bool = required(flag)


@dataclass(frozen=True, slots=True)
class Focus(Request):
    type: ClassVar[str] = "focus"
    room: str | None = required(key, nullable=True)
    active: bool = required(flag)


@dataclass(frozen=True, slots=True)
class History(Request):
    type: ClassVar[str] = "history"
    room: str = required(key)
    before: int | None = optional(seq)
    after: int | None = optional(seq)
    around: int | None = optional(seq)
    limit: int = optional(limit, 50)

    def __post_init__(self) -> None:
        if sum(place is not None for place in (self.before, self.after, self.around)) > 1:
            refuse(Code.BAD_REQUEST, "before")


@dataclass(frozen=True, slots=True)
class Sync(Request):
    type: ClassVar[str] = "sync"
    rooms: dict[str, Position] = required(sync_positions)


@dataclass(frozen=True, slots=True)
class Inbox(Request):
    type: ClassVar[str] = "inbox"
    before: str | None = optional(cursor)
    limit: int = optional(limit, 20)
    archived: bool = optional(flag, False)


@dataclass(frozen=True, slots=True)
class Settings(Request):
    """``changes`` holds only what the client named: null is a value for ``muted_until``."""

    type: ClassVar[str] = "settings"
    room: str = required(key)
    changes: dict[str, Any] = field(default_factory=dict)


SETTINGS: dict[str, Callable[[Any, str], Any]] = {
    "muted_until": lambda value, name: None if value is None else moment(value, name),
    "archived": flag,
    "marked_unread": flag,
    "cleared": seq,
    "blocked": flag,
}


@dataclass(frozen=True, slots=True)
class Search(Request):
    type: ClassVar[str] = "search"
    query: str = required(query)
    room: str | None = optional(key)
    before: str | None = optional(cursor)
    limit: int = optional(limit, 20)


@dataclass(frozen=True, slots=True)
class Report(Request):
    type: ClassVar[str] = "report"
    room: str = required(key)
    reason: str = required(reason)
    seq: int | None = optional(seq)


@dataclass(frozen=True, slots=True)
class Ping(Request):
    type: ClassVar[str] = "ping"
    rooms: dict[str, Position] = optional(ping_positions)
    inbox: str | None = optional(raw_text)


@dataclass(frozen=True, slots=True)
class Open(Request):
    """Only over HTTP: a page opens a room, then talks in it."""

    type: ClassVar[str] = "open"
    user: str = required(key)
    topic: str | None = optional(raw_text)


REQUESTS: dict[str, type[Request]] = {
    request.type: request
    for request in (
        Send,
        Edit,
        Delete,
        React,
        Read,
        Typing,
        Focus,
        History,
        Sync,
        Inbox,
        Settings,
        Search,
        Report,
        Ping,
    )
}


_R = TypeVar("_R", bound=Request)


@cache
def _checks(kind: type[Request]) -> list[tuple[str, Callable[[Any, str], Any], bool, bool]]:
    """Of each field of a request: its name, its check, whether it may be null, and whether it may be missing."""
    return [
        (item.name, item.metadata["check"], item.metadata["nullable"], item.default is not MISSING)
        for item in fields(kind)
        if "check" in item.metadata
    ]


def build(kind: type[_R], values: Mapping[str, Any]) -> _R:
    """A request of this kind from a frame's fields; fields it does not know are ignored."""
    clean: dict[str, Any] = {}
    for name, check, nullable, may_be_missing in _checks(kind):  # type: ignore[arg-type]  # a class is hashable
        value = values.get(name)
        if value is not None or not nullable:
            clean[name] = check(value, name)
        elif not may_be_missing:
            if name not in values:
                check(None, name)
            clean[name] = None
    if kind is Settings:
        clean["changes"] = {name: check(values[name], name) for name, check in SETTINGS.items() if name in values}
    return kind(**clean)


def request_id(values: Mapping[str, Any]) -> RequestId:
    """The client's own id of this request; ``bad_request`` where it has none that can be echoed."""
    value = values.get("id")
    if type(value) is int and 0 <= value <= INTEGER_ID_LIMIT:
        return value
    if isinstance(value, str) and 1 <= len(value) <= REQUEST_ID_LIMIT and is_encodable(value):
        return value
    refuse(Code.BAD_REQUEST, "id")


def parse(values: Mapping[str, Any], kinds: Mapping[str, type[Request]] = REQUESTS) -> Request:
    """The request in a frame's fields, of one of the ``kinds`` this server knows."""
    kind = values.get("type")
    if not isinstance(kind, str):
        refuse(Code.BAD_REQUEST, "type")
    if kind not in kinds:
        refuse(Code.UNSUPPORTED, "type")
    return build(kinds[kind], values)
