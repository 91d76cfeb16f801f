"""A refusal as a value, for tests in which either outcome is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django_pairchat.protocol.errors import ChatError


def attempt(call: Callable[[], Any]) -> Any:
    """What the call returns, or the refusal that it raises. Anything else it raises fails the test."""
    try:
        return call()
    except ChatError as refusal:
        return refusal
