"""Fixtures for every suite that runs inside the test project: people, and a room for two of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest
from hypothesis import settings

from tests.support.options import SetOptions

settings.register_profile("pairchat", derandomize=True, deadline=None)
settings.load_profile("pairchat")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Keep Django from making all permissions again after each test with transactions of its own.

    The tests that need some are not among these, and pytest-django lets them run first.
    """
    from django.db.models.signals import post_migrate

    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    empty_by_deletion()


def empty_by_deletion() -> None:
    """Keep Django from truncating PostgreSQL's tables after each such test: deleting is eight times as fast."""
    from django.db import connection
    from django.db.backends.base.operations import BaseDatabaseOperations

    def sql_flush(operations: BaseDatabaseOperations, style: Any, tables: Any, **options: Any) -> list[str]:
        if options.get("reset_sequences"):
            return list(truncating(operations, style, tables, **options))
        return [f"DELETE FROM {operations.quote_name(table)}" for table in tables]

    if connection.vendor == "postgresql":
        kind = type(connection.ops)
        truncating = kind.sql_flush
        kind.sql_flush = sql_flush


@pytest.fixture(scope="session", autouse=True)
def refusals_not_stored() -> None:
    """Keep what some test is refused from being stored a minute later, in the middle of another.

    The counter stays among the instruments: a test with other apps would bring it back there.
    """
    from django.apps import apps

    if apps.ready and apps.is_installed("django_pairchat.statistics"):
        from django_pairchat.statistics.refusals import refusal_counter

        refusal_counter.refused = lambda code: None  # type: ignore[method-assign]  # for the whole run


@pytest.fixture(autouse=True)
def full_rates(request: pytest.FixtureRequest) -> None:
    """Give each test full rates: other tests number their people alike, and some have written all they may."""
    if {"db", "transactional_db"} & set(request.fixturenames):
        from django.core.cache import cache

        from django_pairchat.core.daily_limit import daily_counts
        from django_pairchat.core.rate_limit import rate_limiter

        cache.clear()
        daily_counts().reset()
        rate_limiter().stop()
        rate_limiter().reset()


@pytest.fixture(autouse=True)
def nobody_is_suspended(request: pytest.FixtureRequest) -> None:
    """Let each test begin as a process that has just read who may not write: that comes every 2 s, not with a request.

    To suspend somebody makes it read again.
    """
    if {"db", "transactional_db"} & set(request.fixturenames):
        from django_pairchat.core.restrictions import restrictions

        known = restrictions()
        known._until, known._fresh_until = {}, float("inf")


@pytest.fixture
def options() -> Iterator[SetOptions]:
    from django_pairchat.testing import node_options

    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(node_options(**changes))


class People(NamedTuple):
    """``minji`` opens the room with ``juwon``; ``stranger`` is in none of their rooms."""

    minji: Any
    juwon: Any
    stranger: Any


@pytest.fixture
def people(db: None) -> People:
    from tests.support.people import make_user

    return People(make_user("Minji"), make_user("Juwon"), make_user("Sora"))


@pytest.fixture
def room(people: People) -> Any:
    from django_pairchat.services import open_room

    return open_room(people.minji, people.juwon)


@pytest.fixture
def key(room: Any) -> str:
    """The room's key as a client writes it."""
    return str(room.pk)
