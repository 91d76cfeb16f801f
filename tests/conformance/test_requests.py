"""Fields of every request: missing, of another type, in another spelling, out of range (§4, §5, §9)."""

from collections.abc import Iterator
from typing import Any

import pytest

from .client import Frame, Person, Socket, new_client_id
from .conftest import Connect
from .helpers import fence, needs_feature, writing_nothing
from .shapes import assert_message, assert_room

MISSING = object()

BAD_KEYS: dict[str, Any] = {
    "missing": MISSING,
    "null": None,
    "true": True,
    "false": False,
    "one": 1,
    "zero": 0,
    "negative": -1,
    "a fraction": 1.5,
    "2^63": 2**63,
    "an array": [1],
    "an object": {},
    "empty": "",
    "a space": " ",
    "a leading space": " 1",
    "a trailing space": "1 ",
    "a trailing line feed": "1\n",
    "a leading zero": "01",
    "a sign": "+1",
    "a negative one in a string": "-1",
    "a fraction in a string": "1.0",
    "an exponent": "1e0",
    "an underscore": "1_0",
    "2^63 in a string": str(2**63),
    "thousands of digits": "1" * 5000,
    "digits of another script": "١",
    "full-width digits": "１",
    "NUL": "1\0",
    "a lone surrogate": "\ud800",
    "words": "room",
    "a broken UUID": "6ba7b810-9dad-11d1-80b4",
}
BAD_CLIENT_IDS: dict[str, Any] = {
    "missing": MISSING,
    "null": None,
    "a number": 5,
    "true": True,
    "an array": [str(new_client_id())],
    "empty": "",
    "words": "my message",
    "16 kB": "a" * 16_384,
    "NUL": "6ba7b810-9dad-11d1-80b4-00c04fd430c\0",
    "a space behind": "6ba7b810-9dad-11d1-80b4-00c04fd430c8 ",
    "a line feed behind": "6ba7b810-9dad-11d1-80b4-00c04fd430c8\n",
    "an emoji": "6ba7b810-9dad-11d1-80b4-00c04fd430c😀",
    "upper case": "6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
    "without hyphens": "6ba7b8109dad11d180b400c04fd430c8",
    "braces": "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
    "a URN": "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "one digit less": "6ba7b810-9dad-11d1-80b4-00c04fd430c",
    "one digit more": "6ba7b810-9dad-11d1-80b4-00c04fd430c88",
    "a letter beyond f": "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
    "full-width digits": "6ba7b810-9dad-11d1-80b4-00c04fd430c８",
}
NO_INTEGERS: dict[str, Any] = {
    "null": None,
    "true": True,
    "a string": "1",
    "a fraction": 1.5,
    "an array": [1],
    "an object": {},
}
NO_TEXTS: dict[str, Any] = {
    "null": None,
    "true": True,
    "a number": 5,
    "an array": ["a"],
    "an object": {"a": 1},
}
NO_BOOLEANS: dict[str, Any] = {"null": None, "a number": 1, "zero": 0, "a string": "true", "an array": []}

WITH_A_ROOM = ["send", "edit", "delete", "react", "read", "typing", "focus", "history", "settings", "report"]


def cases() -> Iterator[tuple[str, str, str, Any]]:
    """Type of request, field, what is wrong with it, value: each is a `bad_request` that names the field."""
    required = {
        ("send", "content"): NO_TEXTS,
        ("edit", "content"): NO_TEXTS,
        ("edit", "seq"): NO_INTEGERS | {"negative": -1},
        ("delete", "seq"): NO_INTEGERS | {"negative": -1},
        ("react", "seq"): NO_INTEGERS | {"negative": -1},
        ("react", "emoji"): {
            "true": True,
            "a number": 5,
            "an array": ["👍"],
            "empty": "",
            "a letter": "a",
            "a word": "thumbs up",
            "two emoji": "👍👍",
            "an emoji and a space": "👍 ",
            "an emoji and a letter": "👍a",
            "an emoji and a joiner": "👍\u200d",
            "markup": "<b>",
            "NUL": "\0",
            "a lone surrogate": "\ud83d",
            "a thousand families": "👨‍👩‍👧" * 1000,
        },
        ("read", "seq"): NO_INTEGERS | {"negative": -1},
        ("typing", "on"): NO_BOOLEANS,
        ("focus", "active"): NO_BOOLEANS,
        ("sync", "rooms"): {"null": None, "an array": [], "a string": "1", "a number": 5, "true": True},
        ("search", "query"): NO_TEXTS | {"empty": "", "101 characters": "x" * 101},
        ("report", "reason"): NO_TEXTS | {"empty": "", "1001 characters": "x" * 1001},
    }
    optional = {
        ("send", "reply_to"): {k: v for k, v in NO_INTEGERS.items() if v is not None} | {"negative": -1},
        ("history", "before"): {k: v for k, v in NO_INTEGERS.items() if v is not None}
        | {"words": "abc", "negative": -1},
        ("history", "after"): {k: v for k, v in NO_INTEGERS.items() if v is not None} | {"2^63": 2**63},
        ("history", "around"): {k: v for k, v in NO_INTEGERS.items() if v is not None} | {"negative": -1},
        ("history", "limit"): {k: v for k, v in NO_INTEGERS.items() if v is not None},
        ("inbox", "before"): {"a number": 5, "true": True, "an array": [], "words": "abc", "empty": ""},
        ("inbox", "limit"): {k: v for k, v in NO_INTEGERS.items() if v is not None},
        ("inbox", "archived"): {k: v for k, v in NO_BOOLEANS.items() if v is not None},
        ("settings", "archived"): NO_BOOLEANS,
        ("settings", "marked_unread"): NO_BOOLEANS,
        ("settings", "blocked"): NO_BOOLEANS,
        ("settings", "cleared"): NO_INTEGERS | {"negative": -1},
        ("settings", "muted_until"): {
            "true": True,
            "a number": 5,
            "an array": [],
            "empty": "",
            "words": "tomorrow",
            "a day that is none": "2030-02-31T00:00:00.000Z",
        },
        ("search", "before"): {"a number": 5, "true": True, "an array": [], "words": "abc"},
        ("search", "limit"): {k: v for k, v in NO_INTEGERS.items() if v is not None},
        ("report", "seq"): {k: v for k, v in NO_INTEGERS.items() if v is not None} | {"negative": -1},
        ("ping", "rooms"): {"an array": [], "a string": "1", "a number": 5},
        ("ping", "inbox"): {"true": True, "a number": 5, "an array": []},
    }
    for (type_, field), values in required.items():
        for what, value in ({"missing": MISSING} | values).items():
            yield type_, field, what, value
    for (type_, field), values in optional.items():
        for what, value in values.items():
            yield type_, field, what, value


CASES = list(cases())


def can_be_tried_over_http(case: tuple[str, str, str, Any]) -> bool:
    """Whether the field travels in a body: in a path or a query each value is a text."""
    type_, field, _, value = case
    if type_ in ("edit", "react"):
        return field != "seq" and not (field == "emoji" and value is MISSING)
    return type_ in ("send", "read", "settings", "sync", "report")


def named(case: tuple[str, str, str, Any]) -> str:
    return f"{case[0]}, {case[1]}: {case[2]}"


@pytest.fixture(scope="module")
def seq(me: Person, room: str) -> int:
    """A message of mine."""
    seq: int = me.send(room)["seq"]
    return seq


def request_fields(type_: str, room: str, seq: int) -> Frame:
    """A request that would succeed."""
    fields: dict[str, Frame] = {
        "send": {"room": room, "client_id": new_client_id(), "content": "never stored"},
        "edit": {"room": room, "seq": seq, "content": "never stored"},
        "delete": {"room": room, "seq": seq},
        "react": {"room": room, "seq": seq, "emoji": "👍"},
        "read": {"room": room, "seq": seq},
        "typing": {"room": room, "on": True},
        "focus": {"room": room, "active": True},
        "history": {"room": room},
        "sync": {"rooms": {}},
        "inbox": {},
        "settings": {"room": room, "archived": False},
        "search": {"query": "never"},
        "report": {"room": room, "reason": "never"},
        "ping": {},
    }
    return fields[type_]


def spoilt(type_: str, room: str, seq: int, field: str, value: Any) -> Frame:
    fields = {**request_fields(type_, room, seq), field: value}
    return {name: given for name, given in fields.items() if given is not MISSING}


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_field_that_cannot_be_used_is_named(
    mine: Socket, room: str, seq: int, case: tuple[str, str, str, Any]
) -> None:
    type_, field, _, value = case
    with writing_nothing(room, mine):
        error = mine.refused("bad_request", type_, **spoilt(type_, room, seq, field, value))
    assert error.get("field") == field


@pytest.mark.parametrize("case", [case for case in CASES if can_be_tried_over_http(case)], ids=named)
def test_a_field_that_cannot_be_used_is_named_over_http_too(
    me: Person, room: str, seq: int, case: tuple[str, str, str, Any]
) -> None:
    type_, field, _, value = case
    with writing_nothing(room, me):
        error = me.refused("bad_request", type_, **spoilt(type_, room, seq, field, value))
    assert (error["status"], error.get("field")) == (400, field)


@pytest.mark.parametrize(
    "position", [{}, {"epoch": 5, "rev": 1}, {"epoch": "a", "rev": "1"}, {"epoch": "a", "rev": -1}, 5, None]
)
def test_a_position_that_is_none_is_a_bad_request(mine: Socket, me: Person, room: str, position: object) -> None:
    for asker in (mine, me):
        assert asker.refused("bad_request", "sync", rooms={room: position}).get("field") == "rooms"


@pytest.mark.parametrize("type_", WITH_A_ROOM)
def test_a_room_in_another_spelling_is_a_bad_id(mine: Socket, room: str, seq: int, type_: str) -> None:
    values = {
        **BAD_KEYS,
        "mine behind a zero": f"0{room}",
        "mine and a space": f"{room} ",
        "mine and a point": f"{room}.",
    }
    if type_ == "focus":
        needs_feature(mine, "presence")
        del values["null"]  # nothing is on screen
    answers = {}
    with writing_nothing(room, mine):
        for what, value in values.items():
            answers[what] = mine.request(type_, **spoilt(type_, room, seq, "room", value)).get("code")
    assert answers == dict.fromkeys(values, "bad_id")


def test_a_search_in_a_room_of_another_spelling_is_a_bad_id(mine: Socket) -> None:
    values = {what: value for what, value in BAD_KEYS.items() if value not in (MISSING, None)}
    codes = {what: mine.request("search", query="x", room=value).get("code") for what, value in values.items()}
    assert codes == dict.fromkeys(values, "bad_id")


@pytest.mark.parametrize("client_id", BAD_CLIENT_IDS.values(), ids=BAD_CLIENT_IDS)
def test_a_client_id_in_another_form_is_a_bad_id(
    mine: Socket, me: Person, room: str, seq: int, client_id: object
) -> None:
    with writing_nothing(room, mine):
        for asker in (mine, me):
            asker.refused("bad_id", "send", **spoilt("send", room, seq, "client_id", client_id))


def test_messages_and_rooms_have_all_their_fields(mine: Socket, me: Person, room: str) -> None:
    for asker in (mine, me):
        assert_message(asker.send(room))
        assert_room(asker.room_object(room))
        for message in asker.newest(room, limit=100):
            assert_message(message)


def test_a_room_object_says_who_the_peer_is(mine: Socket, me: Person, peer: Person, room: str) -> None:
    mine_of_it, theirs_of_it = me.room_object(room), peer.room_object(room)
    assert mine_of_it["peer"]["user"] == peer.user
    assert theirs_of_it["peer"]["user"] == me.user
    assert mine_of_it["peer"]["name"]
    assert theirs_of_it["peer"]["name"]
    assert mine_of_it["last_message"] == theirs_of_it["last_message"]


def test_a_message_is_the_same_for_both_people(me: Person, peer: Person, room: str) -> None:
    me.send(room)
    mine = me.call("GET", f"rooms/{room}/messages/", params={"limit": 5})
    theirs = peer.call("GET", f"rooms/{room}/messages/", params={"limit": 5})
    assert mine.json()["messages"] == theirs.json()["messages"]


def test_focus_answers_the_room_on_screen(mine: Socket, room: str) -> None:
    needs_feature(mine, "presence")
    focused = mine.do("focus", room=room, active=True)["room"]
    assert_room(focused)
    assert focused["room"] == room
    assert mine.do("focus", room=room, active=False)["room"]["room"] == room
    assert mine.do("focus", room=None, active=True)["room"] is None


@pytest.mark.parametrize("rooms", ["1", {}, 5, ["1"] * 31], ids=str)
def test_rooms_on_the_screen_that_are_no_short_array_are_a_bad_request(mine: Socket, rooms: object) -> None:
    needs_feature(mine, "presence_rooms")
    assert mine.refused("bad_request", "focus", room=None, active=False, rooms=rooms).get("field") == "rooms"


def test_typing_has_no_answer(mine: Socket, room: str) -> None:
    needs_feature(mine, "typing")
    mine.put("typing", room=room, on=True)
    mine.put("typing", room=room, on=False)
    mine.ping()
    assert mine.stray_answers() == []


FEATURE_REQUESTS: dict[str, tuple[str, Frame]] = {
    "edit": ("edit", {"content": "x"}),
    "delete": ("delete", {}),
    "react": ("react", {"emoji": "👍"}),
    "reply": ("send", {"content": "x", "reply_to": 1}),
    "read": ("read", {}),
    "search": ("search", {"query": "x"}),
    "report": ("report", {"reason": "x"}),
    "typing": ("typing", {"on": True}),
    "attachment": ("send", {"content": "x", "attachment": "x"}),
}


@pytest.mark.parametrize("feature", FEATURE_REQUESTS)
def test_a_request_of_a_feature_that_is_off_is_unsupported(
    mine: Socket, missing_room: str, room: str, seq: int, feature: str
) -> None:
    type_, further = FEATURE_REQUESTS[feature]
    if feature in mine.features:
        # In a room that is not there it must come as far as looking for the room.
        request = {**request_fields(type_, missing_room, seq), **further, "room": missing_room}
        assert mine.request(type_, **request)["code"] != "unsupported"
    else:
        mine.refused("unsupported", type_, **{**request_fields(type_, room, seq), **further})


def test_presence_tells_that_the_peer_looks_at_the_room(
    me: Person, peer: Person, mine: Socket, connect: Connect, room: str
) -> None:
    needs_feature(mine, "presence")
    mine.do("focus", room=room, active=True)
    connect(peer).do("focus", room=room, active=True)
    presence = mine.event("presence", room=room, user=peer.user, online=True)
    assert "last_active" in presence


def test_a_row_on_the_screen_has_the_presence_of_its_peer_as_long_as_it_is_there(
    *, peer: Person, mine: Socket, connect: Connect, stranger: Person, room: str, long_room: str
) -> None:
    needs_feature(mine, "presence_rooms")
    theirs = connect(peer)
    theirs.do("focus", room=room, active=False)
    assert mine.do("focus", room=None, active=False, rooms=[room])["room"] is None
    mine.event("presence", room=room, user=peer.user, online=False)
    theirs.do("focus", room=room, active=True)
    mine.event("presence", room=room, user=peer.user, online=True)
    mine.do("focus", room=None, active=False)
    fence(mine, stranger, long_room)
    mine.forget_events()
    theirs.do("focus", room=room, active=False)
    fence(mine, stranger, long_room)
    assert [event for event in mine.events if event["kind"] == "presence"] == []
