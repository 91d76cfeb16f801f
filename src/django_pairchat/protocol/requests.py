"""The requests of a client: any JSON object becomes one or a ``ChatError``, never an exception of another kind."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar, Final, NamedTuple, TypeVar

import msgspec

from .errors import ChatError, ErrorCode, reject
from .json_reading import read_object

CONTENT_LIMIT: Final = 4_000
DATA_LIMIT_BYTES: Final = 4_096
PAGE_LIMIT: Final = 100
SYNC_ROOMS_LIMIT: Final = 50
SYNC_CHANGES_LIMIT: Final = 200
LISTED_ROOMS_LIMIT: Final = 30
"""The rooms of a list whose presence one connection is told."""
QUERY_LIMIT: Final = 100
REASON_LIMIT: Final = 1_000
REQUEST_ID_LIMIT: Final = 64
KEY_LIMIT: Final = 64
SEQ_LIMIT: Final = 2**63 - 1
ADDRESS_SEQ_LIMIT: Final = 10**18 - 1
"""The largest ``seq`` in an address."""
INTEGER_ID_LIMIT: Final = 2**53 - 1
VOICE_SECONDS_LIMIT: Final = 86_400
WAVEFORM_LIMIT: Final = 64
LOUDEST: Final = 100

RequestId = int | str


# The types of fields. Each takes a value and the field's name, and returns the clean value or raises ``ChatError``.


def is_encodable(text: str) -> bool:
    """Return whether the text is free of lone surrogates, which UTF-8 cannot encode."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def is_storable(text: str) -> bool:
    """Return whether every database can store this text: no NUL, no lone surrogate."""
    return "\0" not in text and is_encodable(text)


_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def key(value: Any, name: str) -> str:
    """Return the text form of a room's or user's key. The model decides later whether it is canonical."""
    if not isinstance(value, str) or not 1 <= len(value) <= KEY_LIMIT or not is_storable(value):
        reject(ErrorCode.BAD_ID, name)
    return value


def client_id(value: Any, name: str) -> uuid.UUID:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        reject(ErrorCode.BAD_ID, name)
    return msgspec.convert(value, uuid.UUID)


def album(value: Any, name: str) -> uuid.UUID:
    """Return the id that photos share that are sent together, in the form of a ``client_id``."""
    return client_id(value, name)


def voice(text: str | None, name: str) -> dict[str, Any] | None:
    """Return the length of a voice message in seconds, and how loud its parts are, from JSON in a form."""
    if text is None:
        return None
    try:
        value = read_object(text)
    except ChatError:
        reject(ErrorCode.BAD_REQUEST, name)
    duration, waveform = value.get("duration"), value.get("waveform")
    if not _is_duration(duration) or not _is_waveform(waveform):
        reject(ErrorCode.BAD_REQUEST, name)
    return {"duration": duration, "waveform": waveform}


def _is_duration(value: Any) -> bool:
    # To Python a truth value is a number, too.
    return type(value) in (int, float) and 0 < value <= VOICE_SECONDS_LIMIT


def _is_waveform(value: Any) -> bool:
    if not isinstance(value, list) or not 1 <= len(value) <= WAVEFORM_LIMIT:
        return False
    return all(type(level) is int and 0 <= level <= LOUDEST for level in value)


def raw_text(value: Any, name: str) -> str:
    """Return any string. The services check its content later, after membership."""
    if not isinstance(value, str):
        reject(ErrorCode.BAD_REQUEST, name)
    return value


def seq(value: Any, name: str) -> int:
    if type(value) is not int or not 0 <= value <= SEQ_LIMIT:
        reject(ErrorCode.BAD_REQUEST, name)
    return value


def limit(value: Any, name: str) -> int:
    if type(value) is not int:
        reject(ErrorCode.BAD_REQUEST, name)
    return max(1, min(value, PAGE_LIMIT))


def flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        reject(ErrorCode.BAD_REQUEST, name)
    return value


def cursor(value: Any, name: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 200 or not value.isascii():
        reject(ErrorCode.BAD_REQUEST, name)
    return value


def moment(value: Any, name: str) -> datetime:
    """Return an ISO 8601 time with an offset, converted to UTC."""
    if not isinstance(value, str) or len(value) > 40:
        reject(ErrorCode.BAD_REQUEST, name)
    try:
        parsed = datetime.fromisoformat(value)
        if parsed.tzinfo is None:
            reject(ErrorCode.BAD_REQUEST, name)
        return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        reject(ErrorCode.BAD_REQUEST, name)


def short_text(value: Any, name: str, longest: int) -> str:
    """Return a text of 1 to ``longest`` characters that is not only white space."""
    if not isinstance(value, str):
        reject(ErrorCode.BAD_REQUEST, name)
    if not is_storable(value):
        reject(ErrorCode.BAD_TEXT, name)
    if not value.strip() or len(value) > longest:
        reject(ErrorCode.BAD_REQUEST, name)
    return value


def query(value: Any, name: str) -> str:
    return short_text(value, name, QUERY_LIMIT)


def reason(value: Any, name: str) -> str:
    return short_text(value, name, REASON_LIMIT)


def category(value: Any, name: str) -> str:
    """Return the name of a kind of report. The app that keeps reports knows which there are."""
    if not isinstance(value, str) or not 1 <= len(value) <= KEY_LIMIT or not value.isascii() or not value.isprintable():
        reject(ErrorCode.BAD_REQUEST, name)
    return value


def upload_token(value: Any, name: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 500 or not is_storable(value):
        reject(ErrorCode.BAD_REQUEST, name)
    return value


def listed_rooms(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or len(value) > LISTED_ROOMS_LIMIT:
        reject(ErrorCode.BAD_REQUEST, name)
    return [key(entry, name) for entry in value]


class FilePlace(NamedTuple):
    """Where the file of a message is found."""

    room: str
    seq: int


def file_places(value: Any, name: str) -> list[FilePlace]:
    if not isinstance(value, list) or not 1 <= len(value) <= PAGE_LIMIT:
        reject(ErrorCode.BAD_REQUEST, name)
    return [_file_place(entry, name) for entry in value]


def _file_place(entry: Any, name: str) -> FilePlace:
    if not isinstance(entry, dict):
        reject(ErrorCode.BAD_REQUEST, name)
    place = FilePlace(key(entry.get("room"), name), seq(entry.get("seq"), name))
    if not 1 <= place.seq <= ADDRESS_SEQ_LIMIT:
        reject(ErrorCode.BAD_REQUEST, name)
    return place


@dataclass(frozen=True, slots=True)
class Position:
    """The position of a client in a room. ``state`` is only in a ``ping``."""

    epoch: str
    rev: int
    state: str = ""


def _positions(value: Any, name: str, with_state: bool) -> dict[str, Position]:
    if not isinstance(value, dict) or len(value) > SYNC_ROOMS_LIMIT:
        reject(ErrorCode.BAD_REQUEST, name)
    return {room: _position(entry, name, with_state) for room, entry in value.items()}


def _position(entry: Any, name: str, with_state: bool) -> Position:
    if not isinstance(entry, dict):
        reject(ErrorCode.BAD_REQUEST, name)
    epoch = raw_text(entry.get("epoch"), name)
    state = raw_text(entry.get("state"), name) if with_state else ""
    return Position(epoch, seq(entry.get("rev"), name), state)


def sync_positions(value: Any, name: str) -> dict[str, Position]:
    return _positions(value, name, with_state=False)


def ping_positions(value: Any, name: str) -> dict[str, Position]:
    return _positions(value, name, with_state=True)


# The requests


def required(check: Callable[[Any, str], Any], *, nullable: bool = False) -> Any:
    """Declare a field that a client must send. ``check`` takes its value and name, and returns the clean value."""
    return field(metadata={"check": check, "nullable": nullable})


def optional(check: Callable[[Any, str], Any], default: Any = None) -> Any:
    """Declare a field that may be missing or null. Both mean ``default``."""
    return field(default=default, metadata={"check": check, "nullable": True})


class Route(NamedTuple):
    """The HTTP twin of a request: its method, and its path below ``api/`` with fields in braces.

    The other fields come from the query string of a ``GET``, else from a JSON body, or are ``given``, without a body.
    """

    method: str
    path: str
    given: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """The fields of one parsed request. The client's own id of it stays with the transport.

    ``routes`` are its HTTP twins. ``bucket`` is the rate that it is charged to, by default the one of its ``type``.
    ``changeable`` are the checks of what its field ``changes`` has, if it has one.
    """

    type: ClassVar[str] = ""
    routes: ClassVar[tuple[Route, ...]] = ()
    bucket: ClassVar[str] = ""
    changeable: ClassVar[Mapping[str, Callable[[Any, str], Any]]] = {}


@dataclass(frozen=True, slots=True)
class Send(Request):
    type: ClassVar[str] = "send"
    routes: ClassVar[tuple[Route, ...]] = (Route("POST", "rooms/{room}/messages/"),)
    room: str = required(key)
    client_id: uuid.UUID = required(client_id)
    content: str = required(raw_text)
    reply_to: int | None = optional(seq)
    attachment: str | None = optional(upload_token)
    album: uuid.UUID | None = optional(album)


@dataclass(frozen=True, slots=True)
class Edit(Request):
    type: ClassVar[str] = "edit"
    routes: ClassVar[tuple[Route, ...]] = (Route("PATCH", "rooms/{room}/messages/{seq}/"),)
    # An edit carries any text to the peer, as a message does.
    bucket: ClassVar[str] = "send"
    room: str = required(key)
    seq: int = required(seq)
    content: str = required(raw_text)


@dataclass(frozen=True, slots=True)
class Delete(Request):
    type: ClassVar[str] = "delete"
    routes: ClassVar[tuple[Route, ...]] = (Route("DELETE", "rooms/{room}/messages/{seq}/", given={}),)
    room: str = required(key)
    seq: int = required(seq)


@dataclass(frozen=True, slots=True)
class React(Request):
    type: ClassVar[str] = "react"
    routes: ClassVar[tuple[Route, ...]] = (
        Route("PUT", "rooms/{room}/messages/{seq}/reaction/"),
        Route("DELETE", "rooms/{room}/messages/{seq}/reaction/", given={"emoji": None}),
    )
    room: str = required(key)
    seq: int = required(seq)
    emoji: str | None = required(raw_text, nullable=True)


@dataclass(frozen=True, slots=True)
class Read(Request):
    type: ClassVar[str] = "read"
    routes: ClassVar[tuple[Route, ...]] = (Route("POST", "rooms/{room}/read/"),)
    room: str = required(key)
    seq: int = required(seq)


@dataclass(frozen=True, slots=True)
class Delivered(Request):
    type: ClassVar[str] = "delivered"
    routes: ClassVar[tuple[Route, ...]] = (Route("POST", "rooms/{room}/delivered/"),)
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
    rooms: list[str] | None = optional(listed_rooms)


@dataclass(frozen=True, slots=True)
class History(Request):
    type: ClassVar[str] = "history"
    routes: ClassVar[tuple[Route, ...]] = (Route("GET", "rooms/{room}/messages/"),)
    room: str = required(key)
    before: int | None = optional(seq)
    after: int | None = optional(seq)
    around: int | None = optional(seq)
    at: datetime | None = optional(moment)
    limit: int = optional(limit, 50)

    def __post_init__(self) -> None:
        if sum(place is not None for place in (self.before, self.after, self.around, self.at)) > 1:
            reject(ErrorCode.BAD_REQUEST, "before")


@dataclass(frozen=True, slots=True)
class Sync(Request):
    type: ClassVar[str] = "sync"
    routes: ClassVar[tuple[Route, ...]] = (Route("POST", "sync/"),)
    rooms: dict[str, Position] = required(sync_positions)


@dataclass(frozen=True, slots=True)
class Inbox(Request):
    type: ClassVar[str] = "inbox"
    routes: ClassVar[tuple[Route, ...]] = (Route("GET", "inbox/"),)
    before: str | None = optional(cursor)
    limit: int = optional(limit, 20)
    archived: bool = optional(flag, False)
    unread: bool = optional(flag, False)
    about: str | None = optional(key)


SETTINGS: dict[str, Callable[[Any, str], Any]] = {
    "muted_until": lambda value, name: None if value is None else moment(value, name),
    "archived": flag,
    "pinned": flag,
    "marked_unread": flag,
    "cleared": seq,
    "blocked": flag,
}


@dataclass(frozen=True, slots=True)
class Settings(Request):
    """A change of settings. ``changes`` has only those that the client named: null is a value for ``muted_until``."""

    type: ClassVar[str] = "settings"
    routes: ClassVar[tuple[Route, ...]] = (Route("PATCH", "rooms/{room}/"),)
    changeable: ClassVar[Mapping[str, Callable[[Any, str], Any]]] = SETTINGS
    room: str = required(key)
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Search(Request):
    type: ClassVar[str] = "search"
    routes: ClassVar[tuple[Route, ...]] = (Route("GET", "search/"),)
    query: str = required(query)
    room: str | None = optional(key)
    before: str | None = optional(cursor)
    limit: int = optional(limit, 20)


@dataclass(frozen=True, slots=True)
class Star(Request):
    type: ClassVar[str] = "star"
    routes: ClassVar[tuple[Route, ...]] = (
        Route("PUT", "rooms/{room}/messages/{seq}/star/", given={"on": True}),
        Route("DELETE", "rooms/{room}/messages/{seq}/star/", given={"on": False}),
    )
    room: str = required(key)
    seq: int = required(seq)
    on: bool = required(flag)


@dataclass(frozen=True, slots=True)
class Stars(Request):
    type: ClassVar[str] = "stars"
    routes: ClassVar[tuple[Route, ...]] = (Route("GET", "stars/"),)
    before: str | None = optional(cursor)
    limit: int = optional(limit, 20)


@dataclass(frozen=True, slots=True)
class Report(Request):
    type: ClassVar[str] = "report"
    routes: ClassVar[tuple[Route, ...]] = (Route("POST", "rooms/{room}/report/"),)
    room: str = required(key)
    reason: str = optional(reason, "")
    seq: int | None = optional(seq)
    category: str = optional(category, "")
    context: bool = optional(flag, False)


@dataclass(frozen=True, slots=True)
class Ping(Request):
    type: ClassVar[str] = "ping"
    rooms: dict[str, Position] = optional(ping_positions)
    inbox: str | None = optional(raw_text)


@dataclass(frozen=True, slots=True)
class Open(Request):
    """A request to open a room, over HTTP only."""

    type: ClassVar[str] = "open"
    routes: ClassVar[tuple[Route, ...]] = (Route("POST", "rooms/"),)
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
        Delivered,
        Typing,
        Focus,
        History,
        Sync,
        Inbox,
        Settings,
        Search,
        Star,
        Stars,
        Report,
        Ping,
    )
}
"""The requests of the socket."""

ADDED: dict[str, type[Request]] = {}
"""The requests of installed apps, which ``extensions.add_feature()`` fills."""

ALL_REQUESTS: tuple[type[Request], ...] = (*REQUESTS.values(), Open)


_R = TypeVar("_R", bound=Request)


@cache
def _checks(kind: type[Request]) -> list[tuple[str, Callable[[Any, str], Any], bool, bool]]:
    """Return the name and the check of each field of a request, and whether it may be null and may be missing."""
    return [
        (item.name, item.metadata["check"], item.metadata["nullable"], item.default is not MISSING)
        for item in fields(kind)
        if "check" in item.metadata
    ]


def build(kind: type[_R], values: Mapping[str, Any]) -> _R:
    """Return a request of this kind from a frame's fields. Unknown fields are ignored."""
    clean: dict[str, Any] = {}
    for name, check, nullable, may_be_missing in _checks(kind):  # type: ignore[arg-type]  # a class is hashable
        value = values.get(name)
        if value is not None or not nullable:
            clean[name] = check(value, name)
        elif not may_be_missing:
            if name not in values:
                check(None, name)
            clean[name] = None
    if kind.changeable:
        checks = kind.changeable.items()
        clean["changes"] = {name: check(values[name], name) for name, check in checks if name in values}
    return kind(**clean)


def request_id(values: Mapping[str, Any]) -> RequestId:
    """Return the client's own id of this request. Raises ``BadRequest`` if it has none that can be echoed."""
    value: Any = values.get("id")
    is_integer = type(value) is int and 0 <= value <= INTEGER_ID_LIMIT
    is_text = isinstance(value, str) and 1 <= len(value) <= REQUEST_ID_LIMIT and is_encodable(value)
    if not is_integer and not is_text:
        reject(ErrorCode.BAD_REQUEST, "id")
    request_id: RequestId = value
    return request_id


def parse(values: Mapping[str, Any], kinds: Mapping[str, type[Request]] = REQUESTS) -> Request:
    """Return the request in a frame's fields. Raises ``Unsupported`` if it is neither one of ``kinds`` nor an app's."""
    kind = values.get("type")
    if not isinstance(kind, str):
        reject(ErrorCode.BAD_REQUEST, "type")
    found = kinds.get(kind) or ADDED.get(kind)
    if found is None:
        reject(ErrorCode.UNSUPPORTED, "type")
    return build(found, values)
