"""From bytes to an object: whatever comes, an object or a refusal, and soon."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_pairchat.protocol.errors import ChatError, ErrorCode
from django_pairchat.protocol.json_reading import FRAME_LIMIT_BYTES, read_object
from tests.support.outcomes import attempt


def refusal_of(data: Any) -> ErrorCode | None:
    outcome = attempt(lambda: read_object(data))
    return ErrorCode(outcome.code) if isinstance(outcome, ChatError) else None


def nested(depth: int) -> str:
    """An object with ``depth`` levels, the object itself being the first."""
    return '{"a":' * (depth - 1) + "{}" + "}" * (depth - 1)


UNREADABLE: dict[str, str | bytes | None] = {
    "binary": None,
    "empty": "",
    "spaces": "   \n",
    "broken": "{bad",
    "cut": '{"type":"ping"',
    "two documents": "{}{}",
    "a document and rubbish": "{} x",
    "an array": "[]",
    "a number": "0",
    "null": "null",
    "true": "true",
    "a string": '"ping"',
    "nine levels": nested(9),
    "nine levels of arrays": '{"a":' + "[" * 8 + "]" * 8 + "}",
    "ten thousand levels": "[" * 10_000,
    "ten thousand closed levels": "[" * 10_000 + "]" * 10_000,
    "not a number": '{"a":NaN}',
    "infinity": '{"a":Infinity}',
    "minus infinity": '{"a":-Infinity}',
    "an overflow": '{"a":1e999}',
    "a negative overflow": '{"a":-1e999}',
    "a number with 4301 digits": '{"a":' + "9" * 4301 + "}",
    "a number with 33 characters": '{"a":' + "1" * 33 + "}",
    "a fraction with 33 characters": '{"a":0.' + "1" * 31 + "}",
    "a key twice": '{"a":1,"a":1}',
    "a key twice inside": '{"a":{"b":1,"b":2}}',
    "a key twice, once escaped": '{"a":1,"\\u0061":2}',
    "a byte order mark": "\ufeff{}",
    "a byte order mark in bytes": b"\xef\xbb\xbf{}",
    "not UTF-8": b'{"a":"\xff"}',
    "a surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "a raw control character in a string": '{"a":"\x01"}',
    "single quotes": "{'a':1}",
    "a comment": '{"a":1}/* */',
    "a comma too many": '{"a":1,}',
    "a leading zero": '{"a":01}',
    "an octal": '{"a":0o7}',
    "a plus sign": '{"a":+1}',
    "an unfinished escape": '{"a":"\\',
    "a string without an end": '{"a":"' + '\\"' * 1000,
}


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_object_is_a_bad_frame(data: str | bytes | None) -> None:
    assert refusal_of(data) == ErrorCode.BAD_FRAME


@pytest.mark.parametrize(
    "data",
    [
        "x" * (FRAME_LIMIT_BYTES + 1),
        b"x" * (FRAME_LIMIT_BYTES + 1),
        json.dumps({"a": "x" * FRAME_LIMIT_BYTES}),
        '{"a":"' + "한" * (FRAME_LIMIT_BYTES // 3) + '"}',
        '{"a":"' + "😀" * (FRAME_LIMIT_BYTES // 4) + '"}',
        "x" * (17 * 1024 * 1024),
    ],
    ids=["one too many", "in bytes", "in a string", "in Korean", "in emoji", "17 MiB"],
)
def test_more_than_64_kib_is_too_large(data: str | bytes) -> None:
    assert refusal_of(data) == ErrorCode.TOO_LARGE


@pytest.mark.parametrize(
    "text",
    [
        '{"a":"' + "x" * (FRAME_LIMIT_BYTES - 8) + '"}',
        '{"a":"' + "한" * ((FRAME_LIMIT_BYTES - 8) // 3) + '"}',
        nested(8),
        '{"a":"' + "[{" * 100 + '"}',
        '{"a":"\\"' + "[{" * 100 + '\\\\"}',
        ' {"a": 12345678901234567890123456789012, "b": -0.0, "c": 1e308}\r\n',
        '{"":"", "\\u0000": "\\ud800"}',
        "{}",
    ],
    ids=["64 KiB", "64 KiB in Korean", "eight levels", "brackets in a string", "escapes", "numbers", "odd", "empty"],
)
def test_what_is_an_object_within_the_limits_is_read(text: str) -> None:
    assert read_object(text) == read_object(text.encode(errors="surrogatepass")) == json.loads(text)


@pytest.mark.parametrize(
    "data",
    [
        "[" * 9 + '"' + '\\"' * 30_000,
        "[" * 9 + '"]' * 30_000,
        "[" * 9 + "\\" * 60_000,
        "[" * 9 + '"\\' * 30_000,
        '{"a":' + "1" * 60_000,
        '{"a":"' + "\\u0000" * 10_000,
        '{"a":[' + "{}," * 20_000 + "{}]}",
        "{" + ",".join(f'"{number}":0' for number in range(6000)) + "}",
        "[[]," * 15_000,
    ],
)
def test_no_frame_takes_long_to_read(data: str) -> None:
    # The worst of them once took 12 s of the processor; now each takes a few milliseconds.
    started = time.thread_time()
    refusal_of(data)
    assert time.thread_time() - started < 3


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=200) | st.text(st.characters(), max_size=200))
def test_any_bytes_or_text_give_an_object_or_a_refusal(data: bytes | str) -> None:
    assert refusal_of(data) in (None, ErrorCode.BAD_FRAME, ErrorCode.TOO_LARGE)


@given(anything)
def test_any_json_gives_what_it_says_or_a_refusal(value: Any) -> None:
    text = json.dumps(value)
    outcome = attempt(lambda: read_object(text))
    if isinstance(outcome, ChatError):
        assert outcome.code == ErrorCode.BAD_FRAME
    else:
        assert json.dumps(outcome) == text


flat = st.lists(
    st.tuples(
        st.sampled_from(["id", "type", "room", "a:b", "{", "[", "한"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.sampled_from('ab:{}[],"\\한👋\ud800\0')),
    ),
    max_size=6,
)


@given(flat, st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t: ")]), st.booleans())
def test_a_flat_object_gives_its_values_or_a_refusal_of_a_key_twice_or_a_number_out_of_bounds(
    pairs: list[tuple[str, Any]], separators: tuple[str, str], ensure_ascii: bool
) -> None:
    """Most frames are flat, and these are read in another way."""
    between, after_key = separators
    members = [(json.dumps(key), json.dumps(value, ensure_ascii=ensure_ascii)) for key, value in pairs]
    text = "{" + between.join(f"{key}{after_key}{value}" for key, value in members) + "}"
    is_twice = len(dict(pairs)) < len(pairs)
    numbers = [written for (_, value), (_, written) in zip(pairs, members, strict=True) if type(value) in (int, float)]
    is_out_of_bounds = any(len(number) > 32 or number.strip("-") in ("NaN", "Infinity") for number in numbers)
    if is_twice or is_out_of_bounds:
        assert refusal_of(text) == ErrorCode.BAD_FRAME
    else:
        assert read_object(text) == dict(pairs)


@pytest.mark.parametrize("digits", [18, 19, 20, 32, 33])
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_large_integer_is_exact_or_refused(digits: int, sign: str) -> None:
    number = sign + "9" * digits
    if len(number) > 32:
        assert refusal_of('{"a":' + number + "}") == ErrorCode.BAD_FRAME
    else:
        assert read_object('{"a":' + number + "}") == {"a": int(number)}
