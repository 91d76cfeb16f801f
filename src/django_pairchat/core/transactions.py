"""Retry of transactions that the database aborted because of a conflict with another one."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from django.db import OperationalError, connections

from ..node import get_node
from .access import database

P = ParamSpec("P")
T = TypeVar("T")

TRIES: Final = 100
FIRST_PAUSE_SECONDS: Final = 0.002
"""Short, so that a transaction that failed often is not starved by new ones."""

CONFLICT_STATES: Final = frozenset({"40001", "40P01"})
"""PostgreSQL's serialization failure and deadlock."""
CONFLICT_NUMBERS: Final = frozenset({1020, 1213})
"""MariaDB's errors for a row that has changed since the snapshot, and for a deadlock."""


def is_conflict(error: BaseException) -> bool:
    """Return whether the database rolled back the whole transaction because of a conflict with another one."""
    if not isinstance(error, OperationalError):
        return False
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    return state in CONFLICT_STATES or bool(error.args and error.args[0] in CONFLICT_NUMBERS)


def retry_on_conflict(function: Callable[P, T]) -> Callable[P, T]:
    """Call a function that is one transaction again after a conflict, at most 100 times.

    A failed call must leave its arguments unchanged. Within a transaction of the caller the function is called once:
    only the caller knows what else that transaction has read, and whether it still holds.
    """

    @wraps(function)
    def repeat(*args: P.args, **kwargs: P.kwargs) -> T:
        for tried in range(1, TRIES + 1):
            try:
                return function(*args, **kwargs)
            except OperationalError as error:
                if tried == TRIES or not is_conflict(error) or not _is_outermost():
                    raise
            time.sleep(_pause_seconds(tried))
        raise AssertionError("The last attempt returns or raises.")

    return repeat


def _pause_seconds(tried: int) -> float:
    """Return a random pause, so that transactions that conflicted do not conflict again."""
    longest = min(FIRST_PAUSE_SECONDS * 2**tried, get_node().options.conflict_pause_seconds)
    return random.uniform(0, longest)  # noqa: S311 - jitter, not a secret


def _is_outermost() -> bool:
    connection = connections[database()]
    return not connection.in_atomic_block and connection.get_autocommit()
