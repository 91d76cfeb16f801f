"""The database a test run uses, chosen by ``PAIRCHAT_TEST_DB``; each server's place can be given as a URL.

``PAIRCHAT_TEST_ISOLATION`` is a level of isolation as SQL calls it (``repeatable read``, ``serializable``), for
transactions stricter than Django's default.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

SERVERS = {
    "postgres": (
        "django.db.backends.postgresql",
        os.environ.get("PAIRCHAT_POSTGRES_URL") or "postgres://postgres@127.0.0.1:5432/postgres",
    ),
    "mariadb": (
        "django.db.backends.mysql",
        os.environ.get("PAIRCHAT_MARIADB_URL") or "mysql://root@127.0.0.1:3306/mysql",
    ),
}


def database(kind: str | None = None) -> dict[str, Any]:
    """One entry for ``DATABASES``. Runs side by side keep apart by process id."""
    kind = kind or os.environ.get("PAIRCHAT_TEST_DB") or "sqlite"
    name = f"pairchat_test_{os.getpid()}"
    if kind == "sqlite":
        # A file, because threads that share one in-memory database lock whole tables against each other.
        path = str(Path(tempfile.gettempdir()) / f"{name}.sqlite3")
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "TEST": {"NAME": path}}
    engine, url = SERVERS[kind]
    level = os.environ.get("PAIRCHAT_TEST_ISOLATION")
    parts = urlsplit(url)
    return {
        "ENGINE": engine,
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": isolation(kind, level) if level else {},
        "TEST": {"NAME": name, **({"CHARSET": "utf8mb4"} if kind == "mariadb" else {})},
    }


def isolation(kind: str, level: str) -> dict[str, Any]:
    if kind == "mariadb":
        # The default from MariaDB 11.6 on; older servers that do not know it take the words for a comment.
        newest = "SET @pairchat = 1 /*M!101108 , SESSION innodb_snapshot_isolation = ON */"
        return {"isolation_level": level, "init_command": newest}
    from psycopg import IsolationLevel

    return {"isolation_level": IsolationLevel[level.upper().replace(" ", "_")]}
