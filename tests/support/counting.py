"""Counts the statements of a piece of code, without those that only begin, limit and end transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection
from django.test.utils import CaptureQueriesContext

TRANSACTION_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET LOCAL")


@dataclass
class Statements:
    texts: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.texts)


@contextmanager
def counted() -> Iterator[Statements]:
    """``with counted() as statements: …`` and then ``statements.count``."""
    statements = Statements()
    with CaptureQueriesContext(connection) as captured:
        yield statements
    statements.texts = [
        query["sql"] for query in captured if not query["sql"].lstrip().upper().startswith(TRANSACTION_CONTROL)
    ]
