"""JSON as the protocol reads it: any bytes become an object or a ``ChatError``, never an exception of another kind."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from .errors import ErrorCode, reject

FRAME_LIMIT_BYTES: Final = 65_536
DEPTH_LIMIT: Final = 8
NUMBER_LIMIT: Final = 32
"""The digits of a number, with its sign and exponent."""
SMALL_INTEGER_LIMIT: Final = 2**63 - 1


def _number(text: str, convert: Callable[[str], Any]) -> Any:
    if len(text) > NUMBER_LIMIT:
        reject(ErrorCode.BAD_FRAME)
    value = convert(text)
    if not math.isfinite(value):
        reject(ErrorCode.BAD_FRAME)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        reject(ErrorCode.BAD_FRAME)
    return result


_decoder = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=lambda text: _number(text, int),
    parse_float=lambda text: _number(text, float),
    parse_constant=lambda _: reject(ErrorCode.BAD_FRAME),
)
_fast_decoder = msgspec.json.Decoder()
# An unterminated string extends to the end of the text: a retry at each later quote would be quadratic.
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


def _plain_object(text: str) -> dict[str, Any] | None:
    """Return an object of the kind that most frames are, in half of the time, or ``None`` for any other text.

    It has no brackets but its own, no colons but those after its keys, which are all different, and no numbers but
    integers that are not large. Whether anything else can be read is decided in one place, by :data:`_decoder`.
    """
    if "[" in text or text.count("{") != 1:
        return None
    try:
        values = _fast_decoder.decode(text)
    except (ValueError, msgspec.DecodeError):
        return None
    if type(values) is not dict or len(values) != text.count(":"):
        return None
    for value in values.values():
        if type(value) is float or (type(value) is int and not -SMALL_INTEGER_LIMIT <= value <= SMALL_INTEGER_LIMIT):
            return None
    return values


def read_object(data: str | bytes | None) -> dict[str, Any]:
    """Return the JSON object in one text frame or request body. Raises ``bad_frame`` or ``TooLarge``."""
    if data is None or not data:
        reject(ErrorCode.BAD_FRAME)
    if len(data) > FRAME_LIMIT_BYTES:
        reject(ErrorCode.TOO_LARGE)
    if isinstance(data, bytes):
        try:
            text = data.decode()
        except UnicodeDecodeError:
            reject(ErrorCode.BAD_FRAME)
    else:
        text = data
        if len(text) * 4 > FRAME_LIMIT_BYTES and len(text.encode(errors="replace")) > FRAME_LIMIT_BYTES:
            reject(ErrorCode.TOO_LARGE)
    plain = _plain_object(text)
    if plain is not None:
        return plain
    if _too_deep(text):
        reject(ErrorCode.BAD_FRAME)
    try:
        value = _decoder.decode(text)
    except (ValueError, RecursionError):
        reject(ErrorCode.BAD_FRAME)
    if not isinstance(value, dict):
        reject(ErrorCode.BAD_FRAME)
    return value
