"""From an object to a request: each field is what the protocol says, or refused by name."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any, ClassVar

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from django_pairchat.protocol import frames, requests
from django_pairchat.protocol.errors import ChatError, ErrorCode
from django_pairchat.protocol.json_reading import read_object
from django_pairchat.protocol.requests import REQUESTS, Position, Request, parse, request_id
from tests.support.outcomes import attempt

UUID_TEXT = "2f7c7d5e-94a5-4f0e-9f0b-0b1c2d3e4f50"
VALID: dict[str, dict[str, Any]] = {
    "send": {"room": "5", "client_id": UUID_TEXT, "content": "hello", "reply_to": 3},
    "edit": {"room": "5", "seq": 3, "content": "hello"},
    "delete": {"room": "5", "seq": 3},
    "react": {"room": "5", "seq": 3, "emoji": "👍"},
    "read": {"room": "5", "seq": 3},
    "delivered": {"room": "5", "seq": 3},
    "typing": {"room": "5", "on": True},
    "focus": {"room": "5", "active": True, "rooms": ["5", "6"]},
    "history": {"room": "5", "before": 3, "limit": 20},
    "sync": {"rooms": {"5": {"epoch": "k3", "rev": 7}}},
    "inbox": {"before": "abc", "limit": 20, "archived": True, "unread": True},
    "settings": {"room": "5", "archived": True},
    "search": {"query": "wallet", "room": "5", "before": "abc", "limit": 20},
    "star": {"room": "5", "seq": 3, "on": True},
    "stars": {"before": "abc", "limit": 20},
    "report": {"room": "5", "seq": 3, "reason": "rude"},
    "ping": {"rooms": {"5": {"epoch": "k3", "rev": 7, "state": "9f"}}, "inbox": "ab"},
}
MISSING = object()


def refusal_of(kind: str, **changes: Any) -> tuple[ErrorCode, str | None]:
    """How a request that is valid but for these changes is refused."""
    values = {"type": kind, **VALID[kind], **changes}
    values = {name: value for name, value in values.items() if value is not MISSING}
    with pytest.raises(ChatError) as refused:
        parse(values)
    return ErrorCode(refused.value.code), refused.value.field


def parsed(kind: str, **changes: Any) -> Any:
    values = {"type": kind, **VALID[kind], **changes}
    return parse({name: value for name, value in values.items() if value is not MISSING})


def test_each_request_of_the_protocol_is_known() -> None:
    assert set(REQUESTS) == set(VALID)


@pytest.mark.parametrize("kind", VALID)
def test_a_valid_request_is_parsed(kind: str) -> None:
    request = parsed(kind)
    assert type(request) is REQUESTS[kind]
    for item in fields(request):
        if item.name in VALID[kind]:
            assert getattr(request, item.name) is not None


@pytest.mark.parametrize("kind", VALID)
def test_keys_that_nobody_asked_for_are_ignored(kind: str) -> None:
    extra = {"sender": "9", "created_at": "2020", "deleted_at": None, "rev": 9, "x": [1], "user": {}, "is_staff": True}
    extra = {name: value for name, value in extra.items() if name not in VALID[kind]}
    assert parsed(kind, **extra) == parsed(kind)


@pytest.mark.parametrize("kind", [None, True, 1, [], {}, MISSING])
def test_a_type_that_is_no_text_is_a_bad_request(kind: Any) -> None:
    values = {} if kind is MISSING else {"type": kind}
    with pytest.raises(ChatError) as refused:
        parse(values)
    assert (refused.value.code, refused.value.field) == ("bad_request", "type")


@pytest.mark.parametrize("kind", ["", "Send", "send ", "open", "hello", "__class__", "\0", "\ud800", "x" * 60_000])
def test_an_unknown_type_is_unsupported(kind: str) -> None:
    with pytest.raises(ChatError) as refused:
        parse({"type": kind})
    assert refused.value.code == "unsupported"


@pytest.mark.parametrize("value", [0, 7, 2**53 - 1, "a", "x" * 64, "한글", " ", "\0"])
def test_an_id_is_kept_as_it_is(value: Any) -> None:
    assert request_id({"id": value}) == value


@pytest.mark.parametrize("value", [MISSING, None, True, -1, 2**53, 1.0, 1.5, "", "x" * 65, "\ud800", [1], {}])
def test_an_id_that_cannot_be_echoed_is_a_bad_request(value: Any) -> None:
    with pytest.raises(ChatError) as refused:
        request_id({} if value is MISSING else {"id": value})
    assert (refused.value.code, refused.value.field) == ("bad_request", "id")


with_a_room = pytest.mark.parametrize("kind", [kind for kind in VALID if "room" in VALID[kind]])
with_a_seq = pytest.mark.parametrize(
    ("kind", "name"),
    [
        *((kind, "seq") for kind in ("edit", "delete", "react", "read", "report")),
        ("send", "reply_to"),
        ("history", "before"),
        ("settings", "cleared"),
    ],
)


@with_a_room
@pytest.mark.parametrize("value", [True, 1, 1.5, [1], {}, "", "x" * 65, "a\0", "\ud800"])
def test_a_room_that_is_no_text_is_a_bad_id(kind: str, value: Any) -> None:
    assert refusal_of(kind, room=value) == (ErrorCode.BAD_ID, "room")


@pytest.mark.parametrize("kind", ["send", "edit", "delete", "react", "read", "typing", "history", "settings", "report"])
@pytest.mark.parametrize("value", [MISSING, None])
def test_a_room_that_is_missing_is_a_bad_id(kind: str, value: Any) -> None:
    assert refusal_of(kind, room=value) == (ErrorCode.BAD_ID, "room")


@pytest.mark.parametrize(
    "value",
    [
        MISSING,
        None,
        "",
        1,
        True,
        [UUID_TEXT],
        UUID_TEXT.upper(),
        UUID_TEXT.replace("-", ""),
        "{" + UUID_TEXT + "}",
        "urn:uuid:" + UUID_TEXT,
        UUID_TEXT + " ",
        UUID_TEXT[:-1] + "\0",
        UUID_TEXT[:-1] + "😀",
        UUID_TEXT[:-1] + "g",
        UUID_TEXT[:-1] + "\uff10",
        UUID_TEXT[1:9] + UUID_TEXT[0] + UUID_TEXT[9:],
        "x" * 16_384,
    ],
)
def test_a_client_id_is_a_uuid_in_its_one_spelling(value: Any) -> None:
    assert refusal_of("send", client_id=value) == (ErrorCode.BAD_ID, "client_id")


@with_a_seq
@pytest.mark.parametrize("value", [True, "3", "abc", 1.0, 1.5, -1, 2**63, [3], {}, "1e3"])
def test_a_seq_is_an_integer_within_its_range(kind: str, name: str, value: Any) -> None:
    assert refusal_of(kind, **{name: value}) == (ErrorCode.BAD_REQUEST, name)


@pytest.mark.parametrize("kind", ["edit", "delete", "react", "read"])
@pytest.mark.parametrize("value", [MISSING, None])
def test_a_seq_that_is_missing_is_a_bad_request(kind: str, value: Any) -> None:
    assert refusal_of(kind, seq=value) == (ErrorCode.BAD_REQUEST, "seq")


@with_a_seq
@pytest.mark.parametrize("value", [0, 2**63 - 1])
def test_the_ends_of_the_range_of_a_seq_belong_to_it(kind: str, name: str, value: int) -> None:
    assert parsed(kind, **{name: value}) is not None


@pytest.mark.parametrize("kind", ["send", "edit"])
@pytest.mark.parametrize("value", [MISSING, None, 1, True, ["hello"], {"text": "hello"}])
def test_content_that_is_no_text_is_a_bad_request(kind: str, value: Any) -> None:
    assert refusal_of(kind, content=value) == (ErrorCode.BAD_REQUEST, "content")


@pytest.mark.parametrize("kind", ["history", "inbox", "search"])
@pytest.mark.parametrize(("value", "clamped"), [(0, 1), (-5, 1), (1, 1), (100, 100), (101, 100), (10**9, 100)])
def test_a_limit_is_clamped(kind: str, value: int, clamped: int) -> None:
    assert parsed(kind, limit=value).limit == clamped


@pytest.mark.parametrize("kind", ["history", "inbox", "search"])
@pytest.mark.parametrize("value", ["20", 1.5, True, [20]])
def test_a_limit_that_is_no_integer_is_a_bad_request(kind: str, value: Any) -> None:
    assert refusal_of(kind, limit=value) == (ErrorCode.BAD_REQUEST, "limit")


@pytest.mark.parametrize(("kind", "limit"), [("history", 50), ("inbox", 20), ("search", 20)])
@pytest.mark.parametrize("value", [MISSING, None])
def test_a_limit_has_a_default(kind: str, limit: int, value: Any) -> None:
    assert parsed(kind, limit=value).limit == limit


@pytest.mark.parametrize(
    ("kind", "name"), [("typing", "on"), ("focus", "active"), ("inbox", "archived"), ("settings", "blocked")]
)
@pytest.mark.parametrize("value", [1, 0, "true", "", [], {}])
def test_a_flag_is_true_or_false(kind: str, name: str, value: Any) -> None:
    assert refusal_of(kind, **{name: value}) == (ErrorCode.BAD_REQUEST, name)


@pytest.mark.parametrize(("kind", "name"), [("typing", "on"), ("focus", "active")])
@pytest.mark.parametrize("value", [MISSING, None])
def test_a_flag_that_is_missing_is_a_bad_request(kind: str, name: str, value: Any) -> None:
    assert refusal_of(kind, **{name: value}) == (ErrorCode.BAD_REQUEST, name)


@pytest.mark.parametrize("kind", ["inbox", "search", "stars"])
@pytest.mark.parametrize("value", [1, True, "", "x" * 201, "é", "\ud800", ["a"]])
def test_a_cursor_is_a_short_ascii_text(kind: str, value: Any) -> None:
    assert refusal_of(kind, before=value) == (ErrorCode.BAD_REQUEST, "before")


@pytest.mark.parametrize("places", [("before", "after"), ("after", "around"), ("before", "after", "around")])
def test_history_is_asked_for_at_one_place_only(places: tuple[str, ...]) -> None:
    changes: dict[str, Any] = {"before": MISSING, **dict.fromkeys(places, 3)}
    assert refusal_of("history", **changes)[0] == ErrorCode.BAD_REQUEST


def test_history_without_a_place_is_the_newest_page() -> None:
    request = parsed("history", before=MISSING)
    assert (request.before, request.after, request.around) == (None, None, None)


@pytest.mark.parametrize("value", [None, "👍", "", "x" * 5000])
def test_a_reaction_may_be_null_and_what_else_it_may_be_is_said_later(value: Any) -> None:
    assert parsed("react", emoji=value).emoji == value


@pytest.mark.parametrize("value", [MISSING, 1, True, ["👍"]])
def test_a_reaction_that_is_no_text_is_a_bad_request(value: Any) -> None:
    assert refusal_of("react", emoji=value) == (ErrorCode.BAD_REQUEST, "emoji")


@pytest.mark.parametrize("value", [MISSING, None])
def test_nothing_has_to_be_in_focus_but_it_has_to_be_said(value: Any) -> None:
    if value is MISSING:
        assert refusal_of("focus", room=value) == (ErrorCode.BAD_ID, "room")
    else:
        assert parsed("focus", room=value).room is None


@pytest.mark.parametrize("value", ["5", {"5": 1}, 5, True, ["5"] * 31])
def test_rooms_on_the_screen_are_a_short_array(value: Any) -> None:
    assert refusal_of("focus", rooms=value) == (ErrorCode.BAD_REQUEST, "rooms")


@pytest.mark.parametrize("value", [5, None, "", ["5"], "\0"])
def test_each_of_the_rooms_on_the_screen_is_a_key(value: Any) -> None:
    assert refusal_of("focus", rooms=["5", value]) == (ErrorCode.BAD_ID, "rooms")


def test_no_rooms_need_be_on_the_screen() -> None:
    assert parsed("focus", rooms=["5"] * 30).rooms == ["5"] * 30
    assert (parsed("focus", rooms=MISSING).rooms, parsed("focus", rooms=None).rooms) == (None, None)


@pytest.mark.parametrize(("kind", "name", "longest"), [("search", "query", 100), ("report", "reason", 1000)])
def test_a_query_and_a_reason_have_a_length(kind: str, name: str, longest: int) -> None:
    assert getattr(parsed(kind, **{name: "한" * longest}), name) == "한" * longest
    # Where a report has a category it needs no reason: the service decides about one that is missing.
    missing = () if kind == "report" else (MISSING, None)
    for value in ("한" * (longest + 1), "", "   ", *missing, 7, ["x"]):
        assert refusal_of(kind, **{name: value}) == (ErrorCode.BAD_REQUEST, name)
    for value in ("a\0b", "\udc00"):
        assert refusal_of(kind, **{name: value}) == (ErrorCode.BAD_TEXT, name)


@pytest.mark.parametrize("kind", ["sync", "ping"])
@pytest.mark.parametrize(
    "rooms",
    [
        [],
        "5",
        1,
        True,
        {"5": None},
        {"5": []},
        {"5": {}},
        {"5": {"epoch": "k3", "state": "a"}},
        {"5": {"rev": 1, "state": "a"}},
        {"5": {"epoch": 3, "rev": 1, "state": "a"}},
        {"5": {"epoch": "k3", "rev": "1", "state": "a"}},
        {"5": {"epoch": "k3", "rev": True, "state": "a"}},
        {"5": {"epoch": "k3", "rev": -1, "state": "a"}},
        {"5": {"epoch": "k3", "rev": 2**63, "state": "a"}},
        {str(number): {"epoch": "k3", "rev": 1, "state": "a"} for number in range(51)},
    ],
)
def test_positions_that_cannot_be_read_are_a_bad_request(kind: str, rooms: Any) -> None:
    assert refusal_of(kind, rooms=rooms) == (ErrorCode.BAD_REQUEST, "rooms")


def test_fifty_rooms_are_caught_up_with_at_once() -> None:
    rooms = {str(number): {"epoch": "k3", "rev": number} for number in range(50)}
    assert parsed("sync", rooms=rooms).rooms["7"] == Position("k3", 7)
    assert parsed("sync", rooms={}).rooms == {}


def test_a_ping_needs_the_state_of_each_room() -> None:
    assert refusal_of("ping", rooms={"5": {"epoch": "k3", "rev": 1}}) == (ErrorCode.BAD_REQUEST, "rooms")
    assert parsed("ping").rooms == {"5": Position("k3", 7, "9f")}
    assert parsed("ping", rooms=MISSING, inbox=MISSING).inbox is None


# Settings


def test_settings_hold_only_what_was_named() -> None:
    assert parsed("settings").changes == {"archived": True}
    assert parsed("settings", archived=MISSING).changes == {}
    assert parsed("settings", muted_until=None).changes == {"archived": True, "muted_until": None}


@pytest.mark.parametrize("name", ["archived", "marked_unread", "blocked", "cleared"])
def test_null_is_a_value_for_the_end_of_a_mute_only(name: str) -> None:
    assert refusal_of("settings", **{name: None}) == (ErrorCode.BAD_REQUEST, name)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2030-01-02T03:04:05.678Z", datetime(2030, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)),
        ("2030-01-02T03:04:05+09:00", datetime(2030, 1, 1, 18, 4, 5, tzinfo=UTC)),
    ],
)
def test_a_mute_ends_at_a_time_with_an_offset(text: str, value: datetime) -> None:
    assert parsed("settings", muted_until=text).changes["muted_until"] == value


@pytest.mark.parametrize(
    "value",
    [
        "2030-01-02T03:04:05",
        "2030-01-02",
        "tomorrow",
        "",
        1893456000,
        True,
        "2030-13-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "2030-01-02T03:04:05Z" + " " * 50,
        "\ud800",
    ],
)
def test_a_time_that_cannot_be_read_is_a_bad_request(value: Any) -> None:
    assert refusal_of("settings", muted_until=value) == (ErrorCode.BAD_REQUEST, "muted_until")


# Hosts


@dataclass(frozen=True, slots=True)
class Offer(Request):
    """A request type of a host."""

    type: ClassVar[str] = "offer"
    room: str = requests.required(requests.key)
    price: int = requests.required(requests.seq)
    note: str = requests.optional(requests.raw_text, "")


def test_a_host_adds_a_request_of_its_own() -> None:
    kinds = {**REQUESTS, "offer": Offer}
    assert parse({"type": "offer", "room": "5", "price": 3}, kinds) == Offer(room="5", price=3, note="")
    with pytest.raises(ChatError) as refused:
        parse({"type": "offer", "room": "5", "price": "3"}, kinds)
    assert (refused.value.code, refused.value.field) == ("bad_request", "price")


# Anything at all

nasty = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -1,
        1.5,
        2**63,
        "",
        " ",
        "01",
        "\0",
        "\ud800",
        "x" * 5000,
        UUID_TEXT,
        [],
        {},
        [[]],
        {"5": {}},
    ]
)
values = nasty | st.integers() | st.text(st.characters(), max_size=20) | st.lists(nasty, max_size=3)
names = sorted({name for valid in VALID.values() for name in valid} | {"muted_until", "cleared", "id"})


@given(st.sampled_from(sorted(VALID)), st.dictionaries(st.sampled_from(names), values, max_size=6), st.booleans())
def test_any_fields_give_a_request_or_a_refusal(kind: str, changes: dict[str, Any], on_top: bool) -> None:
    given_values = {"type": kind, **(VALID[kind] if on_top else {}), **changes}

    def read() -> Request:
        values = read_object(json.dumps(given_values))
        request_id(values)
        return parse(values)

    outcome = attempt(read)
    if isinstance(outcome, ChatError):
        assert outcome.code in {"bad_frame", "bad_request", "bad_id", "bad_text", "too_large", "unsupported"}
        assert json.loads(frames.error(None, outcome, "…"))["code"] == outcome.code
    else:
        assert isinstance(outcome, REQUESTS[kind])


damage = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 8), st.binary(max_size=4)), min_size=1, max_size=4)


@given(st.sampled_from(sorted(VALID)), damage)
def test_any_bytes_that_were_once_a_request_give_a_request_or_a_refusal(
    kind: str, damages: list[tuple[int, int, bytes]]
) -> None:
    data = json.dumps({"id": 1, "type": kind, **VALID[kind]}, ensure_ascii=False).encode()
    for place, removed, inserted in damages:
        at = place % (len(data) + 1)
        data = data[:at] + inserted + data[at + removed :]

    def read(frame: bytes | str) -> Request:
        values = read_object(frame)
        request_id(values)
        return parse(values)

    for frame in (data, data.decode(errors="replace"), data.decode("latin-1")):
        outcome = attempt(partial(read, frame))
        if isinstance(outcome, ChatError):
            assert json.loads(frames.error(None, outcome, "…"))["code"] == outcome.code != "error"
        else:
            assert type(outcome) in REQUESTS.values()


@given(st.dictionaries(st.text(st.characters(), max_size=10), values, max_size=5), values)
def test_any_object_gives_a_request_or_a_refusal(given_values: dict[str, Any], kind: Any) -> None:
    outcome = attempt(lambda: parse({**given_values, "type": kind}))
    if isinstance(outcome, ChatError):
        assert outcome.code in {"bad_request", "bad_id", "bad_text", "unsupported"}
    else:
        assert type(outcome) in REQUESTS.values()


offsets = st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))


# Hypothesis takes the ends without an offset.
EARLIEST, LATEST = datetime(2, 1, 1), datetime(9998, 1, 1)  # noqa: DTZ001 - naive on purpose


@given(st.datetimes(EARLIEST, LATEST, timezones=offsets))
def test_any_time_in_iso_8601_is_the_same_moment(moment: datetime) -> None:
    text = moment.isoformat()
    assume(len(text) <= 40)
    assert requests.moment(text, "muted_until") == moment


@given(st.uuids())
def test_any_uuid_in_canonical_form_is_a_client_id(value: uuid.UUID) -> None:
    assert requests.client_id(str(value), "client_id") == value
