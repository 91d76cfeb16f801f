"""Connections to the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.core import checks
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from ..core.access import database

DEFAULT_POOL: Final = 4
"""The default size of psycopg_pool, which Django's ``"pool": True`` does not change."""
SMALLEST_POOL: Final = 2


def check_connections(**kwargs: Any) -> list[CheckMessage]:
    try:
        alias = database()
    except ImproperlyConfigured:
        return []
    options = connections[alias].settings_dict
    # A connection to a file does not break.
    if connections[alias].vendor == "sqlite" or options["CONN_MAX_AGE"] == 0 or options["CONN_HEALTH_CHECKS"]:
        return []
    return [
        checks.Warning(
            f'DATABASES["{alias}"] keeps connections open and does not notice when one breaks.',
            hint='Set "CONN_HEALTH_CHECKS": True beside "CONN_MAX_AGE", or leave out both.',
            id="pairchat.W005",
        )
    ]


def check_pool(**kwargs: Any) -> list[CheckMessage]:
    try:
        alias = database()
    except ImproperlyConfigured:
        return []
    pool = connections[alias].settings_dict["OPTIONS"].get("pool")
    if connections[alias].vendor != "postgresql" or not pool or _most_connections(pool) >= SMALLEST_POOL:
        return []
    return [
        checks.Warning(
            f'DATABASES["{alias}"] has a pool of one connection: one slow query delays all other requests.',
            hint=f'"pool": {{"min_size": 2, "max_size": 16}}; at least {SMALLEST_POOL}.',
            id="pairchat.W006",
        )
    ]


def _most_connections(pool: Any) -> int:
    options = pool if isinstance(pool, Mapping) else {}
    # The same defaults as in psycopg_pool.
    smallest = options.get("min_size", DEFAULT_POOL)
    most = options.get("max_size")
    return int(smallest if most is None else most)
