"""The JSON of the wire protocol. Made from docs/reference/asyncapi.yaml by tests/tools/wire_types.py."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

RequestId: TypeAlias = int | str
"""The client's own name for a request."""
Key: TypeAlias = str
"""The primary key of a room or a user, as str() writes it."""
OptionalKey: TypeAlias = str | None
"""The primary key of a room, as str() writes it."""
ClientId: TypeAlias = str
Seq: TypeAlias = int
OptionalSeq: TypeAlias = Seq | None
OptionalCursor: TypeAlias = str | None
"""Opaque; the next of an earlier answer."""
Time: TypeAlias = str
"""ISO 8601, UTC, milliseconds."""
OptionalTime: TypeAlias = Time | None


class Message(TypedDict):
    """A message as both people see it."""

    room: Key
    seq: int
    rev: int
    sender: Key | None
    client_id: ClientId
    kind: str
    content: str
    data: Any
    reply_to: OptionalSeq
    attachment: Attachment | None
    album: str | None
    reactions: dict[str, str]
    created_at: Time
    edited_at: OptionalTime
    deleted_at: OptionalTime


class Attachment(TypedDict):
    name: str
    type: str
    size: int
    width: int | None
    height: int | None
    url: str | None
    thumbnail: str | None
    voice: NotRequired[Voice]


class Voice(TypedDict):
    """A voice message as its sender's client measured it, its length in seconds, and how loud its parts are."""

    duration: float
    waveform: list[int]


Notice: TypeAlias = str
"""The notice of the host's review to the person who wrote this, and to nobody else."""


class HeldMessage(TypedDict):
    """A message that waits for the host's decision, or was refused. Only its sender sees it."""

    client_id: ClientId
    kind: str
    content: str
    reply_to: OptionalSeq
    attachment: Attachment | None
    created_at: Time
    refused: str | None


class Room(TypedDict):
    """A room as one of its two people sees it."""

    room: Key
    epoch: str
    head: Seq
    rev: Seq
    state: str
    unread: Seq
    me: Me
    peer: Peer
    topic: Topic | None
    can_send: bool
    last_message: Message | None
    last_message_at: Time
    held: NotRequired[list[HeldMessage]]


class SyncedRoom(TypedDict):
    """A room, and what changed in it since the client's position."""

    room: Key
    epoch: str
    head: Seq
    rev: Seq
    state: str
    unread: Seq
    me: Me
    peer: Peer
    topic: Topic | None
    can_send: bool
    last_message: Message | None
    last_message_at: Time
    held: NotRequired[list[HeldMessage]]
    changes: list[Message]
    limited: bool
    reset: bool


class Me(TypedDict):
    read: Seq
    cleared: Seq
    muted_until: OptionalTime
    archived: bool
    pinned: bool
    marked_unread: bool
    blocked: bool
    suspended_until: NotRequired[Time]


class NotificationSettingsChannel(TypedDict):
    channel: str
    label: str
    on: bool


class NotificationSettings(TypedDict):
    channels: list[NotificationSettingsChannel]
    archived: bool
    quiet: OptionalHours
    time_zone: str
    language: str


Hours = TypedDict("Hours", {"from": str, "until": str})


OptionalHours: TypeAlias = Hours | None


class Peer(TypedDict):
    user: Key | None
    name: str
    avatar: str | None
    url: str | None
    delivered: Seq | None
    read: Seq | None


class Topic(TypedDict):
    title: str
    url: str
    type: NotRequired[str | None]
    key: NotRequired[str | None]
    image: NotRequired[str | None]
    subtitle: NotRequired[str]
    state: NotRequired[TopicState | None]


class TopicState(TypedDict):
    """How matters stand with a topic."""

    key: str
    label: str


ErrorCode: TypeAlias = Literal[
    "bad_frame",
    "bad_request",
    "bad_id",
    "bad_text",
    "empty",
    "too_long",
    "unsupported",
    "too_large",
    "unauthenticated",
    "not_found",
    "csrf",
    "cannot_send",
    "suspended",
    "rejected",
    "held",
    "conflict",
    "rate_limited",
    "daily_limit",
    "busy",
    "error",
]
CloseCode: TypeAlias = Literal[4400, 4401, 4403, 4406, 4408, 4409, 4429, 4500, 4503]


class SendRequest(TypedDict):
    room: Key
    client_id: ClientId
    content: str
    reply_to: NotRequired[OptionalSeq]
    attachment: NotRequired[str | None]
    album: NotRequired[str | None]


class SendAnswer(TypedDict):
    message: Message
    duplicate: bool
    notice: NotRequired[Notice]


class EditRequest(TypedDict):
    room: Key
    seq: Seq
    content: str


class MessageAnswer(TypedDict):
    message: Message
    notice: NotRequired[Notice]


class DeleteRequest(TypedDict):
    room: Key
    seq: Seq


class ReactRequest(TypedDict):
    room: Key
    seq: Seq
    emoji: str | None


class ReadRequest(TypedDict):
    room: Key
    seq: Seq


class RoomAnswer(TypedDict):
    room: Room


class DeliveredRequest(TypedDict):
    room: Key
    seq: Seq


class EmptyAnswer(TypedDict):
    pass


class TypingRequest(TypedDict):
    room: Key
    on: bool


class FocusRequest(TypedDict):
    room: Key | None
    active: bool
    rooms: NotRequired[list[Key] | None]


class FocusAnswer(TypedDict):
    room: Room | None


class HistoryRequest(TypedDict):
    """At most one of before, after, around and at."""

    room: Key
    before: NotRequired[OptionalSeq]
    after: NotRequired[OptionalSeq]
    around: NotRequired[OptionalSeq]
    at: NotRequired[str | None]
    limit: NotRequired[int | None]


class HistoryAnswer(TypedDict):
    epoch: str
    rev: Seq
    messages: list[Message]
    has_before: bool
    has_after: bool
    starred: list[Seq]


class SyncRequestRoomsValue(TypedDict):
    epoch: str
    rev: Seq


class SyncRequest(TypedDict):
    rooms: dict[str, SyncRequestRoomsValue]


class SyncAnswer(TypedDict):
    rooms: list[SyncedRoom]


class InboxRequest(TypedDict):
    before: NotRequired[OptionalCursor]
    limit: NotRequired[int | None]
    archived: NotRequired[bool | None]
    unread: NotRequired[bool | None]
    about: NotRequired[OptionalKey]


class InboxAnswer(TypedDict):
    rooms: list[Room]
    next: OptionalCursor
    unread_rooms: int
    state: str


class SettingsRequest(TypedDict):
    room: Key
    muted_until: NotRequired[str | None]
    archived: NotRequired[bool]
    pinned: NotRequired[bool]
    marked_unread: NotRequired[bool]
    cleared: NotRequired[Seq]
    blocked: NotRequired[bool]


class SearchRequest(TypedDict):
    query: str
    room: NotRequired[Key | None]
    before: NotRequired[OptionalCursor]
    limit: NotRequired[int | None]


class SearchAnswer(TypedDict):
    messages: list[Message]
    next: OptionalCursor


class StarRequest(TypedDict):
    room: Key
    seq: Seq
    on: bool


class StarsRequest(TypedDict):
    before: NotRequired[OptionalCursor]
    limit: NotRequired[int | None]


class StarsAnswer(TypedDict):
    messages: list[Message]
    next: OptionalCursor


class ReportRequest(TypedDict):
    room: Key
    reason: NotRequired[str | None]
    seq: NotRequired[OptionalSeq]
    category: NotRequired[str | None]
    context: NotRequired[bool | None]


class PingRequestRoomsValue(TypedDict):
    epoch: str
    rev: Seq
    state: str


class PingRequest(TypedDict):
    rooms: NotRequired[dict[str, PingRequestRoomsValue] | None]
    inbox: NotRequired[str | None]


class PongAnswer(TypedDict):
    rooms: list[Key]
    inbox: bool


class NotificationsRequest(TypedDict):
    pass


class NotificationsAnswer(TypedDict):
    notifications: NotificationSettings


class ChangeNotificationsRequest(TypedDict):
    channels: NotRequired[dict[str, bool]]
    archived: NotRequired[bool]
    quiet: NotRequired[OptionalHours]
    time_zone: NotRequired[str]
    language: NotRequired[str]


class HelloFrameLimits(TypedDict):
    frame: int
    content: int
    page: int
    sync_rooms: int
    sync_changes: int


class HelloFrame(TypedDict):
    type: Literal["hello"]
    protocol: int
    user: Key
    connection: str
    heartbeat: int
    limits: HelloFrameLimits
    features: list[str]
    server_time: Time


class ByeFrame(TypedDict):
    type: Literal["bye"]
    code: CloseCode
    reason: str
    reconnect: bool
    retry_after: NotRequired[float]


class ErrorFrame(TypedDict):
    type: Literal["error"]
    id: RequestId | None
    code: ErrorCode
    message: str
    field: NotRequired[str]
    until: NotRequired[Time]
    retry_after: NotRequired[float]
    ref: NotRequired[str]


class MessageEvent(TypedDict):
    type: Literal["event"]
    kind: Literal["message"]
    room: Key
    epoch: str
    message: Message


class RoomEvent(TypedDict):
    type: Literal["event"]
    kind: Literal["room"]
    room: Room


class TypingEvent(TypedDict):
    type: Literal["event"]
    kind: Literal["typing"]
    room: Key
    user: Key
    on: bool


class PresenceEvent(TypedDict):
    type: Literal["event"]
    kind: Literal["presence"]
    room: Key
    user: Key
    online: bool
    last_active: OptionalTime


class StarEvent(TypedDict):
    type: Literal["event"]
    kind: Literal["star"]
    room: Key
    seq: Seq
    on: bool


class ResyncEvent(TypedDict):
    type: Literal["event"]
    kind: Literal["resync"]


ChatEvent: TypeAlias = MessageEvent | RoomEvent | TypingEvent | PresenceEvent | StarEvent | ResyncEvent
