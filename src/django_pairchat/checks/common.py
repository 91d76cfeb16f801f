"""Helpers for several modules of checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.checks import CheckMessage

Check = Callable[..., list[CheckMessage]]


def is_subclass(found: Any, base: type) -> bool:
    return isinstance(found, type) and issubclass(found, base)
