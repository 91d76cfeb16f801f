"""JSON and times as the protocol writes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

_in_json: Callable[[Any], Any] = msgspec.to_builtins

quote = json.encoder.encode_basestring
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def utc(value: datetime) -> str:
    """Return the time in ISO 8601, in UTC with milliseconds and ``Z``."""
    there = value if value.tzinfo is UTC else value.astimezone(UTC)
    if type(there) is not datetime:
        # A subclass, as tools that set the clock in a host's tests have, is unknown to msgspec.
        return there.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    # With microseconds, unless there are none.
    text: str = _in_json(there)
    return f"{text[:23]}Z" if there.microsecond else f"{text[:19]}.000Z"


def uuid_text(value: UUID) -> str:
    """Return what ``str()`` of it is, in a quarter of the time."""
    text: str = _in_json(value)
    return text


def moment(value: datetime | None) -> str | None:
    """Return the time as :func:`utc` writes it, or ``None``."""
    return None if value is None else utc(value)
