"""What a database does for a query, counted by itself, so that it is the same on a busy machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection

from django_pairchat import get_message_model, get_room_model

ROWS_READ = """
SELECT SUM(seq_tup_read + COALESCE(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables WHERE relname = ANY(%s)
"""


def work_of(act: Callable[[], Any]) -> int:
    """Steps of SQLite's machine, or rows that MariaDB or PostgreSQL has read. Figures of one database can be compared.

    On PostgreSQL it must be within a transaction.
    """
    return {"sqlite": _steps, "mysql": _rows_handled, "postgresql": _rows_read}[connection.vendor](act)


def _steps(act: Callable[[], Any]) -> int:
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    connection.ensure_connection()
    connection.connection.set_progress_handler(count, 1)
    try:
        act()
    finally:
        connection.connection.set_progress_handler(None, 0)
    return steps


def _rows_handled(act: Callable[[], Any]) -> int:
    before = _handled()
    act()
    return _handled() - before


def _handled() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
        return sum(int(value) for _name, value in cursor.fetchall())


def _rows_read(act: Callable[[], Any]) -> int:
    before = _counted()
    act()
    return _counted() - before


def _counted() -> int:
    with connection.cursor() as cursor:
        cursor.execute(ROWS_READ, [[model._meta.db_table for model in (get_room_model(), get_message_model())]])
        return int(cursor.fetchone()[0] or 0)
