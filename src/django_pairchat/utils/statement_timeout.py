"""Time limits for statements, enforced by the database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

from django.db import OperationalError, connections, transaction

MILLISECONDS: Final = 1000
SQLITE_STEPS: Final = 10_000
POSTGRESQL_CANCELED: Final = "57014"
MARIADB_CANCELED: Final = 1969
SQLITE_CANCELED: Final = "interrupted"


class StatementTimeout(Exception):
    """A statement exceeded its time limit. The connection is still usable."""


@contextmanager
def statement_timeout(seconds: float, using: str) -> Iterator[None]:
    """Limit each statement in this block, which only reads, to ``seconds``. Raises ``StatementTimeout``.

    There is no limit on MySQL, as opposed to MariaDB.
    """
    limit = LIMITS.get(connections[using].vendor)
    try:
        if limit is None:
            yield
        else:
            with limit(connections[using], seconds):
                yield
    except OperationalError as error:
        if _was_canceled(error):
            raise StatementTimeout from None
        raise


def _was_canceled(error: OperationalError) -> bool:
    state = getattr(error.__cause__, "sqlstate", None) or getattr(error.__cause__, "pgcode", None)
    return state == POSTGRESQL_CANCELED or error.args[:1] in ((MARIADB_CANCELED,), (SQLITE_CANCELED,))


@contextmanager
def _of_transaction(connection: Any, seconds: float) -> Iterator[None]:
    # Local to the transaction, so that it does not stay in a connection that a pooler passes to other clients.
    with transaction.atomic(using=connection.alias):
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {round(seconds * MILLISECONDS)}")
        yield
        if connection.savepoint_ids:
            # The caller's transaction continues: the rollback of the savepoint restores its own limit.
            transaction.set_rollback(True, using=connection.alias)


@contextmanager
def _of_statement(connection: Any, seconds: float) -> Iterator[None]:
    def limited(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        return execute(f"SET STATEMENT max_statement_time={seconds:.3f} FOR {sql}", params, many, context)

    with connection.execute_wrapper(limited) if connection.mysql_is_mariadb else _nothing():
        yield


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _of_handler(connection: Any, seconds: float) -> Iterator[None]:
    ends = time.monotonic() + seconds
    connection.ensure_connection()
    connection.connection.set_progress_handler(lambda: time.monotonic() > ends, SQLITE_STEPS)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)


LIMITS: Final[dict[str, Callable[[Any, float], AbstractContextManager[None]]]] = {
    "postgresql": _of_transaction,
    "mysql": _of_statement,
    "sqlite": _of_handler,
}
