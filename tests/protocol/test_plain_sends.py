"""The short way to read a plain ``send`` gives what the long one gives, or leaves the frame to it."""

from __future__ import annotations

import json
import uuid
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_pairchat.protocol.json_reading import FRAME_LIMIT_BYTES, read_object
from django_pairchat.protocol.plain_send import read_plain_send
from django_pairchat.protocol.requests import parse, request_id

CLIENT_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
PLAIN: dict[str, Any] = {"type": "send", "id": 1, "room": "12", "client_id": CLIENT_ID, "content": "Hello"}


def encoded(**changed: Any) -> str:
    return json.dumps({**PLAIN, **changed}, separators=(",", ":"))


@pytest.mark.parametrize(
    "text",
    [
        encoded(),
        encoded(id="a1"),
        encoded(id="a:1", room="b:2"),
        encoded(content=""),
        encoded(content="at 12:30: https://example.org/"),
        encoded(content='{"type":"ping","id":2}'),
        encoded(content='two\nlines, "quoted" and 😀'),
        json.dumps(PLAIN | {"content": "not escaped 😀"}, ensure_ascii=False, separators=(",", ":")),
    ],
)
def test_a_plain_send_is_read_as_any_other_frame(text: str) -> None:
    values = read_object(text)
    read = read_plain_send(text)
    assert read in (None, (request_id(values), parse(values)))


def test_a_plain_send_takes_the_short_way() -> None:
    assert read_plain_send(encoded(content="at 12:30")) is not None


PIECES = [
    '"type":"send"',
    '"type":"ping"',
    '"id":1',
    '"id":1.0',
    '"id":-0',
    '"id":-1',
    '"id":true',
    '"id":9007199254740992',
    '"id":""',
    '"id":"a"',
    '"id":"\\ud800"',
    '"id" :2',
    '"\\u0069d":3',
    '"room":"12"',
    '"room":"\\u0000"',
    '"room":"' + "x" * 65 + '"',
    '"room":12',
    f'"client_id":"{CLIENT_ID}"',
    f'"client_id":"{CLIENT_ID.upper()}"',
    f'"client_id":"{CLIENT_ID.replace("-", "")}"',
    f'"client_id" : "{CLIENT_ID}"',
    '"content":"Hello"',
    '"content":"a:b"',
    '"content":"\\u003a\\u003a"',
    f'"content":"\\"client_id\\":\\"{CLIENT_ID}\\""',
    '"content":null',
    '"content":"\\udc00"',
    '"reply_to":1',
    '"reply_to":null',
    '"unknown":{"a":[1]}',
]


WHOLE = ('"type":"send"', '"id":1', '"room":"12"', f'"client_id":"{CLIENT_ID}"', '"content":"a:b"')


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("replaces", [False, True])
def test_the_short_way_reads_nothing_that_the_long_way_reads_otherwise(piece: str, replaces: bool) -> None:
    for place, content in product(range(len(WHOLE)), ('"content":"a"', '"content":"a:b"')):
        pieces = [*WHOLE[:-1], content]
        pieces[place : place + replaces] = [piece]
        _assert_read_alike("{" + ",".join(pieces) + "}")


def test_an_escaped_colon_hides_no_key_that_is_there_twice() -> None:
    text = encoded(content="").replace('"content":""', '"content":"\\u003a","id":2')
    assert read_plain_send(text) is None


@given(st.integers(0, 200), st.text(alphabet=' :,"\\{}[]\u00000a-é😀\n', max_size=3))
def test_a_changed_frame_is_read_alike(place: int, put: str) -> None:
    text = encoded(content="at 12:30", client_id=str(uuid.UUID(CLIENT_ID)))
    _assert_read_alike(text[:place] + put + text[place + 1 :])


def test_a_large_frame_takes_the_long_way() -> None:
    assert read_plain_send(encoded(content="x" * FRAME_LIMIT_BYTES)) is None


def _assert_read_alike(text: str) -> None:
    read = read_plain_send(text)
    if read is not None:
        values = read_object(text)
        assert read == (request_id(values), parse(values))
