"""What the objects of protocol §4 look like; further fields are allowed, as minor versions may add some."""

import re
from typing import Any

from .client import Frame

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

MESSAGE_FIELDS = {
    "room",
    "seq",
    "rev",
    "sender",
    "client_id",
    "kind",
    "content",
    "data",
    "reply_to",
    "attachment",
    "album",
    "reactions",
    "created_at",
    "edited_at",
    "deleted_at",
}
KEPT_BY_A_TOMBSTONE = ("room", "seq", "sender", "client_id", "kind", "album", "created_at")
ROOM_FIELDS = {
    "room",
    "epoch",
    "head",
    "rev",
    "state",
    "unread",
    "me",
    "peer",
    "topic",
    "can_send",
    "last_message",
    "last_message_at",
}
ME_FIELDS = {"read", "cleared", "muted_until", "archived", "pinned", "marked_unread", "blocked"}
PEER_FIELDS = {"user", "name", "avatar", "url", "read", "delivered"}
EVENT_FIELDS = {
    "message": {"room", "epoch", "message"},
    "room": {"room"},
    "typing": {"room", "user", "on"},
    "presence": {"room", "user", "online", "last_active"},
    "star": {"room", "seq", "on"},
    "resync": set(),
}


def is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def is_time(value: Any) -> bool:
    return isinstance(value, str) and TIME.fullmatch(value) is not None


def assert_message(message: Frame) -> None:
    assert message.keys() >= MESSAGE_FIELDS, f"{MESSAGE_FIELDS - message.keys()} missing in {message}"
    assert is_text(message["room"])
    assert is_count(message["seq"])
    assert message["seq"] >= 1
    assert is_count(message["rev"])
    assert message["rev"] >= 1
    assert message["sender"] is None or is_text(message["sender"])
    assert message["client_id"] is None or is_text(message["client_id"])
    assert is_text(message["kind"])
    assert isinstance(message["content"], str)
    assert message["reply_to"] is None or is_count(message["reply_to"])
    assert all(is_text(user) and is_text(emoji) for user, emoji in message["reactions"].items())
    assert is_time(message["created_at"]), message["created_at"]
    assert message["edited_at"] is None or is_time(message["edited_at"]), message["edited_at"]
    assert message["deleted_at"] is None or is_time(message["deleted_at"]), message["deleted_at"]
    if message["deleted_at"] is not None:
        assert_tombstone(message)


def assert_tombstone(message: Frame) -> None:
    assert is_time(message["deleted_at"])
    left = {name: message[name] for name in ("content", "data", "attachment", "reactions")}
    assert left == {"content": "", "data": None, "attachment": None, "reactions": {}}


def assert_room(room: Frame) -> None:
    assert room.keys() >= ROOM_FIELDS, f"{ROOM_FIELDS - room.keys()} missing in {room}"
    assert is_text(room["room"])
    assert is_text(room["epoch"])
    assert is_text(room["state"])
    assert is_count(room["head"])
    assert is_count(room["rev"])
    assert isinstance(room["can_send"], bool)
    _assert_me(room["me"])
    _assert_peer(room["peer"])
    assert room["unread"] == room["head"] - max(room["me"]["read"], room["me"]["cleared"]), room
    if room["topic"] is not None:
        assert room["topic"].keys() >= {"title", "url"}
    if room["last_message"] is not None:
        assert_message(room["last_message"])
        assert room["last_message"]["seq"] > room["me"]["cleared"]
    assert is_time(room["last_message_at"]), room["last_message_at"]


def _assert_me(me: Frame) -> None:
    assert me.keys() >= ME_FIELDS
    assert is_count(me["read"])
    assert is_count(me["cleared"])
    assert me["muted_until"] is None or is_time(me["muted_until"]), me["muted_until"]
    assert [type(me[name]) for name in ("archived", "pinned", "marked_unread", "blocked")] == [bool] * 4


def _assert_peer(peer: Frame) -> None:
    assert peer.keys() >= PEER_FIELDS
    assert peer["user"] is None or is_text(peer["user"])
    assert isinstance(peer["name"], str)
    assert peer["read"] is None or is_count(peer["read"])
    assert peer["delivered"] is None or peer["delivered"] >= (peer["read"] or 0)


def assert_event(event: Frame) -> None:
    assert "id" not in event
    kind = event["kind"]
    assert event.keys() >= EVENT_FIELDS.get(kind, set()), event
    if kind == "message":
        assert is_text(event["epoch"])
        assert event["room"] == event["message"]["room"]
        assert_message(event["message"])
    elif kind == "room":
        assert_room(event["room"])
