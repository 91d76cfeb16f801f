"""Frames that cannot be read, frames that are too large, request ids and request types (§4, §9)."""

import json
from contextlib import suppress

import pytest

from .client import Closed, Frame, Person, Socket, encode, new_client_id
from .conftest import Connect
from .helpers import writing_nothing

MOST_UNREADABLE = 20
DEEPEST = 8

UNREADABLE: dict[str, str | bytes] = {
    "binary": b'{"type": "ping", "id": 1}',
    "binary that is no text": b"\xff\xfe\x00",
    "empty": "",
    "spaces": "   ",
    "no JSON": "{bad",
    "words": "hello",
    "cut short": '{"type": "ping", "id": 1',
    "single quotes": "{'type': 'ping', 'id': 1}",
    "a trailing comma": '{"type": "ping", "id": 1,}',
    "a comment": '{"type": "ping", "id": 1} // now',
    "two documents": '{"type": "ping", "id": 1} {"type": "ping", "id": 2}',
    "rubbish behind": '{"type": "ping", "id": 1}x',
    "a raw control character": '{"type": "ping", "id": 1, "x": "\x01"}',
    "a raw line feed in a string": '{"type": "ping", "id": 1, "x": "a\nb"}',
    "space that JSON does not know": '\u00a0{"type": "ping", "id": 1}',
    "a broken escape": r'{"type": "ping", "id": 1, "x": "\u12"}',
    "an array": "[]",
    "a number": "0",
    "null": "null",
    "true": "true",
    "a string": '"ping"',
    "an array of requests": '[{"type": "ping", "id": 1}]',
    "a byte order mark": '\ufeff{"type": "ping", "id": 1}',
    "NaN": '{"type": "ping", "id": 1, "x": NaN}',
    "Infinity": '{"type": "ping", "id": 1, "x": Infinity}',
    "-Infinity": '{"type": "ping", "id": 1, "x": -Infinity}',
    "an overflowing number": '{"type": "ping", "id": 1, "x": 1e999}',
    "an overflowing negative number": '{"type": "ping", "id": 1, "x": [-1e999]}',
    "an overflowing id": '{"type": "ping", "id": 1e999}',
    "a leading zero": '{"type": "ping", "id": 01}',
    "33 digits": '{"type": "ping", "id": 1, "x": %s}' % ("1" * 33),
    "33 digits behind a point": '{"type": "ping", "id": 1, "x": 0.%s}' % ("1" * 33),
    "4301 digits": '{"type": "ping", "id": %s}' % ("1" * 4301),
    "a key twice": '{"type": "ping", "id": 1, "id": 1}',
    "a key twice, once in escapes": r'{"type": "ping", "id": 1, "\u0069d": 2}',
    "a key twice further in": '{"type": "ping", "id": 1, "x": [{"a": 1, "a": 2}]}',
    "10 levels": '{"type": "ping", "id": 1, "x": %s}' % ("[" * 9 + "]" * 9),
    "10 000 levels": "[" * 10_000 + "]" * 10_000,
    "10 000 levels of objects": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "10 000 levels, never closed": '{"type": "ping", "id": 1, "x": ' + "[" * 10_000,
}

READABLE = {
    "white space around": ' \t\r\n{"type": "ping", "id": 1}\n ',
    "escapes": r'{"\u0074ype": "p\u0069ng", "id": 1}',
    "8 levels": '{"type": "ping", "id": 1, "x": %s}' % ("[" * (DEEPEST - 1) + "]" * (DEEPEST - 1)),
    "32 digits": '{"type": "ping", "id": 1, "x": %s}' % ("1" * 32),
    "fields that nobody knows": '{"type": "ping", "id": 1, "sender": "1", "x": {"y": [null]}}',
    "a number that rounds to nothing": '{"type": "ping", "id": 1, "x": 1e-999}',
}

GOOD_IDS = {
    "0": 0,
    "the greatest": 2**53 - 1,
    "a letter": "a",
    "digits in a string": "1",
    "64 characters": "x" * 64,
    "64 characters beyond the BMP": "😀" * 64,
    "white space": " ",
}
BAD_IDS = {
    "negative": -1,
    "too great": 2**53,
    "far too great": 10**30,
    "empty": "",
    "65 characters": "x" * 65,
    "true": True,
    "a fraction": 1.5,
    "null": None,
    "an array": [],
    "an object": {},
}
ODD_TYPES: dict[str, object] = {
    "a number": 5,
    "null": None,
    "true": True,
    "an array": ["ping"],
    "an object": {},
}
UNKNOWN_TYPES = [
    "",
    "nonsense",
    "PING",
    "ping ",
    "hello",
    "ok",
    "event",
    "send_json",
    "receive",
    "dispatch",
    "websocket.disconnect",
    "__class__",
    "x" * 10_000,
]


def assert_bad_frame(answer: Frame) -> None:
    assert answer["type"] == "error"
    assert answer["code"] == "bad_frame"
    assert "id" in answer
    assert answer["message"]


@pytest.mark.parametrize("frame", UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_frame_is_answered_and_the_socket_stays_open(mine: Socket, frame: str | bytes) -> None:
    assert_bad_frame(mine.ask_raw(frame))
    mine.ping()
    assert mine.stray_answers() == []


@pytest.mark.parametrize("frame", READABLE.values(), ids=READABLE)
def test_unusual_json_is_read_all_the_same(mine: Socket, frame: str) -> None:
    answer = mine.ask_raw(frame)
    assert (answer["type"], answer["id"]) == ("pong", 1)


def test_the_id_of_a_frame_without_any_is_null(mine: Socket) -> None:
    assert mine.ask_raw("{bad")["id"] is None


def test_a_send_in_an_unreadable_frame_writes_nothing(mine: Socket, theirs: Socket, room: str) -> None:
    def spoilt(mark: str) -> str:
        fields = {"type": "send", "id": 1, "room": room, "client_id": new_client_id(), "content": "spoilt"}
        return encode(fields)[:-1] + mark

    marks = [', "x": NaN}', ', "content": "again"}', ', "x": 1e999}', "}{}", "", ', "x": %s}' % ("9" * 40)]
    with writing_nothing(room, mine, theirs):
        for mark in marks:
            assert_bad_frame(mine.ask_raw(spoilt(mark)))
        assert_bad_frame(mine.ask_raw("\ufeff" + spoilt("}")))
        assert_bad_frame(mine.ask_raw(spoilt("}").encode()))


def padded_ping(size: int, letter: str = "x") -> str:
    """A `ping` of so many bytes of UTF-8."""
    frame = json.dumps({"type": "ping", "id": 1, "x": ""})
    missing = size - len(frame)
    width = len(letter.encode())
    filling = letter * (missing // width) + "x" * (missing % width)
    return frame[:-2] + filling + frame[-2:]


@pytest.mark.parametrize("letter", ["x", "한"], ids=["ASCII", "three bytes a letter"])
def test_the_largest_frame_is_read(mine: Socket, letter: str) -> None:
    assert mine.ask_raw(padded_ping(mine.limits["frame"], letter))["type"] == "pong"


@pytest.mark.parametrize("letter", ["x", "한"], ids=["ASCII", "three bytes a letter"])
@pytest.mark.parametrize("excess", [1, 100_000])
def test_a_larger_frame_is_refused_and_the_socket_stays_open(mine: Socket, letter: str, excess: int) -> None:
    answer = mine.ask_raw(padded_ping(mine.limits["frame"] + excess, letter))
    assert (answer["type"], answer["code"]) == ("error", "too_large")
    mine.ping()


def test_a_large_send_writes_nothing(mine: Socket, theirs: Socket, room: str) -> None:
    fields = {"type": "send", "id": 1, "room": room, "client_id": new_client_id(), "content": "large"}
    with writing_nothing(room, mine, theirs):
        assert mine.ask_raw(encode({**fields, "x": "x" * mine.limits["frame"]}))["code"] == "too_large"


def test_a_gigantic_frame_harms_no_other_socket(me: Person, mine: Socket, connect: Connect) -> None:
    bystander = connect(me)
    with suppress(Closed, ConnectionError):  # which a server may do while it still arrives
        mine.put_raw(padded_ping(17 * 1024 * 1024))
    bystander.ping()
    with suppress(Closed, ConnectionError):  # hypercorn 0.18 does it 20 s later
        assert mine.any_answer(seconds=40)["code"] == "too_large"
    bystander.ping()


def test_a_frame_in_20_001_fragments_is_one_frame(mine: Socket, theirs: Socket, room: str) -> None:
    client_id = new_client_id()
    fields = {"type": "send", "id": 1, "room": room, "client_id": client_id, "content": "in crumbs"}
    frame = encode(fields).ljust(20_001)
    head = mine.room_object(room)["head"]
    mine.put_raw(iter(frame))
    answer = mine.answer(1)
    assert answer["type"] == "ok", answer
    assert answer["message"]["seq"] == head + 1
    assert [m["client_id"] for m in theirs.newest(room, limit=2)].count(client_id) == 1
    assert theirs.room_object(room)["head"] == head + 1


def test_the_21st_unreadable_frame_ends_the_socket(mine: Socket) -> None:
    for number in range(MOST_UNREADABLE):
        frame = "{bad" if number % 2 else padded_ping(mine.limits["frame"] + 1)
        assert mine.ask_raw(frame)["code"] == ("bad_frame" if number % 2 else "too_large")
    mine.ping()
    mine.put_raw("{bad")
    assert mine.wait_until_closed() == 4400
    assert mine.bye is not None
    assert (mine.bye["code"], mine.bye["reconnect"]) == (4400, False)
    assert mine.stray_answers() == []


def test_unreadable_frames_are_counted_per_connection(me: Person, mine: Socket, connect: Connect) -> None:
    other = connect(me)
    for socket in [mine, other] * MOST_UNREADABLE:
        assert_bad_frame(socket.ask_raw("{bad"))
    mine.ping()
    other.ping()


def test_requests_that_can_be_read_are_not_counted_however_wrong(mine: Socket) -> None:
    codes = [mine.request("nonsense")["code"] for _ in range(MOST_UNREADABLE + 10)]
    assert set(codes) == {"unsupported"}
    mine.ping()


@pytest.mark.parametrize("request_id", GOOD_IDS.values(), ids=GOOD_IDS)
def test_the_answer_carries_the_id_of_its_request(mine: Socket, request_id: object) -> None:
    mine.put_raw(encode({"type": "ping", "id": request_id}))
    assert mine.answer(request_id)["type"] == "pong"
    mine.put_raw(encode({"type": "nonsense", "id": request_id}))
    assert mine.answer(request_id)["code"] == "unsupported"


@pytest.mark.parametrize("request_id", BAD_IDS.values(), ids=BAD_IDS)
def test_an_id_that_cannot_be_one_is_a_bad_request(mine: Socket, request_id: object) -> None:
    answer = mine.ask_raw(encode({"type": "ping", "id": request_id}))
    assert (answer["type"], answer["code"], answer["id"]) == ("error", "bad_request", None)


def test_a_request_without_an_id_is_a_bad_request(mine: Socket) -> None:
    answer = mine.ask_raw('{"type": "ping"}')
    assert (answer["type"], answer["code"], answer["id"]) == ("error", "bad_request", None)


@pytest.mark.parametrize("request_id", [r"\u0000", r"\ud800"], ids=["NUL", "a lone surrogate"])
def test_a_strange_id_is_answered_and_the_socket_stays_open(mine: Socket, request_id: str) -> None:
    answer = mine.ask_raw('{"type": "ping", "id": "ID"}'.replace("ID", request_id))
    assert answer["type"] in ("pong", "error")
    mine.ping()


@pytest.mark.parametrize("type_", UNKNOWN_TYPES)
def test_an_unknown_type_is_unsupported(mine: Socket, type_: str) -> None:
    mine.refused("unsupported", type_)


@pytest.mark.parametrize("type_", ODD_TYPES.values(), ids=ODD_TYPES)
def test_a_type_that_is_no_text_is_refused(mine: Socket, type_: object) -> None:
    answer = mine.ask_raw(encode({"type": type_, "id": 1}))
    assert (answer["type"], answer["id"]) == ("error", 1)
    assert answer["code"] in ("bad_request", "unsupported")


def test_a_frame_without_a_type_is_refused(mine: Socket) -> None:
    answer = mine.ask_raw('{"id": 1}')
    assert (answer["type"], answer["id"]) == ("error", 1)
    assert answer["code"] in ("bad_request", "unsupported")


def test_answers_find_their_requests_when_many_are_under_way(mine: Socket, room: str) -> None:
    ids = [mine.put("history", room=room, limit=1 + number % 2) for number in range(20)]
    answers = [mine.answer(request_id) for request_id in reversed(ids)]
    assert {answer["type"] for answer in answers} == {"ok"}
