"""The figures of ``pairchat_stats``, each from a query that stops counting at a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import connections
from django.utils import timezone

from .. import get_message_model
from ..core.access import all_messages, all_rooms, database
from ..services.activity import Count, activity, counted

LIMIT: Final = 100_000
ROOMS_LOOKED_AT: Final = 10_000
PERIODS: Final = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}

Source = Callable[[int], Count]
_sources: dict[str, Source] = {}


class Figure(NamedTuple):
    """One line of the command. ``name`` is its key in JSON."""

    name: str
    text: str
    found: Count | None


def add_figure(name: str, source: Source) -> None:
    """Add a line to ``pairchat_stats``, counted up to the limit that the source is given. For ``AppConfig.ready()``."""
    _sources[name] = source


def figures() -> Iterator[Figure]:
    now = timezone.now()
    rooms = all_rooms()
    yield Figure("rooms", "chats", counted(rooms, LIMIT))
    for period, length in PERIODS.items():
        active = rooms.filter(last_message_at__gte=now - length, head__gt=0)
        yield Figure(f"active_rooms_{period}", f"chats written in, last {period}", counted(active, LIMIT))
    yield Figure("messages_estimate", "messages, as the database estimates", _estimated_messages())
    yield from _last_day(now)
    for name, source in _sources.items():
        yield Figure(name, name.replace("_", " "), source(LIMIT))


def _last_day(now: datetime) -> Iterator[Figure]:
    messages = begun = answered = looked_at = 0
    for each in activity([now - PERIODS["day"], now], rooms_limit=ROOMS_LOOKED_AT):
        looked_at += 1
        messages += each.messages[0]
        begun += each.begun_in is not None
        answered += each.answered_in is not None
    is_least = looked_at >= ROOMS_LOOKED_AT
    yield Figure("messages_day", "messages, last day", Count(messages, is_least))
    yield Figure("new_rooms_day", "chats begun, last day", Count(begun, is_least))
    yield Figure("first_answers_day", "first answers, last day", Count(answered, is_least))


def _estimated_messages() -> Count | None:
    """Return what the database's own statistics say. SQLite has none, so there it is counted up to the limit."""
    connection = connections[database()]
    table = get_message_model()._meta.db_table
    if connection.vendor == "postgresql":
        query = "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)"
        table = connection.ops.quote_name(table)
    elif connection.vendor == "mysql":
        query = "SELECT table_rows FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s"
    else:
        return counted(all_messages(), LIMIT)
    with connection.cursor() as cursor:
        cursor.execute(query, [table])
        row = cursor.fetchone()
    # PostgreSQL says -1 before it has looked at a table for the first time.
    return None if row is None or row[0] is None or row[0] < 0 else Count(int(row[0]))
