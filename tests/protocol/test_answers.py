"""Frames to a client: valid JSON, one spelling of each thing, and the same bytes however a message was encoded."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_pairchat.exceptions import ERROR_TEXTS, BadRequest, Empty, RateLimited, Suspended
from django_pairchat.protocol import frames
from django_pairchat.protocol.close_codes import CloseCode, may_reconnect
from django_pairchat.protocol.errors import HTTP_STATUS, ChatError, ErrorCode
from tests.shared import cases

CLOSE_CODES = cases("close_codes")
NOW = datetime(2026, 1, 2, 3, 4, 5, 678999, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (NOW, "2026-01-02T03:04:05.678Z"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00.000Z"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=9))), "2026-01-01T18:04:00.000Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000Z"),
        (None, None),
    ],
)
def test_times_are_iso_8601_in_utc_with_milliseconds(value: datetime | None, text: str | None) -> None:
    assert frames.moment(value) == text


def test_hello_says_who_what_and_how_much() -> None:
    frame = json.loads(frames.hello(user="17", connection="c9", features=["edit"], server_time=NOW))
    assert frame == {
        "type": "hello",
        "protocol": 1,
        "user": "17",
        "connection": "c9",
        "heartbeat": 25,
        "limits": {"frame": 65536, "content": 4000, "page": 100, "sync_rooms": 50, "sync_changes": 200},
        "features": ["edit"],
        "server_time": "2026-01-02T03:04:05.678Z",
    }


def test_an_error_says_only_what_there_is_to_say() -> None:
    assert json.loads(frames.error(None, Empty(), "Write.")) == {
        "type": "error",
        "id": None,
        "code": "empty",
        "message": "Write.",
    }
    refusal = ChatError(code="bad_request", field="seq", retry_after=2.5, ref="ab12")
    frame = json.loads(frames.error(7, refusal, "…"))
    assert (frame["id"], frame["field"], frame["retry_after"], frame["ref"]) == (7, "seq", 2.5, "ab12")


@pytest.mark.parametrize("case", CLOSE_CODES)
def test_bye_says_whether_to_come_back(case: dict[str, Any]) -> None:
    assert json.loads(frames.bye(case["code"], "…"))["reconnect"] is case["reconnect"]
    assert may_reconnect(case["code"]) is case["reconnect"]


def test_the_shared_cases_have_every_close_code() -> None:
    assert set(CloseCode) <= {case.values[0]["code"] for case in CLOSE_CODES}


def test_every_code_has_a_status_and_a_sentence() -> None:
    assert set(HTTP_STATUS) == set(ERROR_TEXTS) == set(ErrorCode)
    assert {int(code) for code in CloseCode} == {4400, 4401, 4403, 4406, 4408, 4409, 4429, 4500, 4503}


@pytest.mark.parametrize("code", ErrorCode)
def test_a_refusal_is_raised_as_the_class_of_its_code(code: ErrorCode) -> None:
    refusal = ChatError(code=code, field="content")
    named = {kind.code: kind for kind in (*ChatError.__subclasses__(), Suspended)}
    assert type(refusal) is named.get(code, ChatError)
    assert (refusal.code, refusal.field) == (code, "content")
    assert type(BadRequest(field="x")) is BadRequest
    assert RateLimited(retry_after=2).retry_after == 2


@given(
    st.fixed_dictionaries(
        {
            "room": texts,
            "seq": st.integers(0, 2**63 - 1),
            "rev": st.integers(0, 2**63 - 1),
            "sender": st.none() | texts,
            "client_id": st.uuids(),
            "kind": texts,
            "content": texts,
            "data": json_values,
            "reply_to": st.none() | st.integers(0, 2**63 - 1),
            "album": st.none() | st.uuids(),
            "created_at": st.datetimes(timezones=st.just(UTC)),
        }
    )
)
def test_a_new_message_is_the_same_bytes_as_a_message_object(values: dict[str, Any]) -> None:
    as_object = {
        **values,
        "client_id": str(values["client_id"]),
        "attachment": None,
        "album": None if values["album"] is None else str(values["album"]),
        "reactions": {},
        "created_at": frames.moment(values["created_at"]),
        "edited_at": None,
        "deleted_at": None,
    }
    order = [
        *("room", "seq", "rev", "sender", "client_id", "kind", "content", "data", "reply_to"),
        *("attachment", "album", "reactions", "created_at", "edited_at", "deleted_at"),
    ]
    encoded = frames.encode({name: as_object[name] for name in order})
    assert frames.new_message(**values, attachment=None) == encoded


@given(st.integers(0, 2**53 - 1) | texts, texts, texts, st.booleans())
def test_frames_built_around_a_message_are_valid_json(
    request_id: int | str, room: str, content: str, flag: bool
) -> None:
    message = frames.encode({"content": content})
    assert json.loads(frames.sent(request_id, message, flag)) == {
        "type": "ok",
        "id": request_id,
        "message": {"content": content},
        "duplicate": flag,
    }
    assert json.loads(frames.message_event(room, "k3", message)) == {
        "type": "event",
        "kind": "message",
        "room": room,
        "epoch": "k3",
        "message": {"content": content},
    }
    assert json.loads(frames.ok(request_id, {"a": content})) == {"type": "ok", "id": request_id, "a": content}
    assert json.loads(frames.pong(request_id, {"rooms": [room]})) == {
        "type": "pong",
        "id": request_id,
        "rooms": [room],
    }


def test_events_say_what_they_are() -> None:
    assert json.loads(frames.room_event({"room": "5"})) == {"type": "event", "kind": "room", "room": {"room": "5"}}
    assert json.loads(frames.typing_event("5", "17", True)) == {
        "type": "event",
        "kind": "typing",
        "room": "5",
        "user": "17",
        "on": True,
    }
    assert json.loads(frames.presence_event("5", "17", True, NOW)) == {
        "type": "event",
        "kind": "presence",
        "room": "5",
        "user": "17",
        "online": True,
        "last_active": "2026-01-02T03:04:05.678Z",
    }
    assert json.loads(frames.resync_event()) == {"type": "event", "kind": "resync"}


def test_what_is_not_json_is_never_sent() -> None:
    with pytest.raises(ValueError, match="JSON"):
        frames.encode({"a": float("nan")})
