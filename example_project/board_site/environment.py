"""What the settings read from the environment: flags, lists, and a database address."""

import os
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

ENGINES = {
    "sqlite": "django.db.backends.sqlite3",
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
    "mysql": "django.db.backends.mysql",
    "mariadb": "django.db.backends.mysql",
}
EVERY_ADDRESS = ("0.0.0.0", "::")

# The chat works with Django's plain SQLite options too. These two let readers and a writer work side by side,
# and make a transaction wait for its turn when it begins, instead of failing halfway as "database is locked".
SQLITE_OPTIONS = {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL;"}


def flag(name: str, default: bool) -> bool:
    """Whether the variable says yes (1, true, yes, on); `default` when it is not set."""
    value = os.environ.get(name)
    return default if value is None else value.strip().lower() in {"1", "true", "yes", "on"}


def words(name: str, default: str = "") -> list[str]:
    """The comma-separated words of the variable."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def database(url: str) -> dict[str, object]:
    """Django's entry for `sqlite:///file`, `postgres://user:password@host:port/name` or `mariadb://…`."""
    parts = urlsplit(url)
    engine = ENGINES.get(parts.scheme)
    name = unquote(parts.path.removeprefix("/"))
    if engine is None or not name:
        known = ", ".join(ENGINES)
        raise ImproperlyConfigured(f"DATABASE_URL must look like scheme://…/name with one of: {known}.")
    if parts.scheme == "sqlite":
        return {"ENGINE": engine, "NAME": name, "OPTIONS": SQLITE_OPTIONS}
    return {
        "ENGINE": engine,
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }


def served_hosts(*, debug: bool) -> str:
    """The names of the machine itself, and the address ``HOST`` that a demonstration is served on: any name while
    that is every address of the machine."""
    host = os.environ.get("HOST", "")
    return "*" if debug and host in EVERY_ADDRESS else f"localhost,127.0.0.1,[::1],{host}"
