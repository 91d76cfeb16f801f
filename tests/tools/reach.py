"""Says whether this machine has what a tox environment needs: ``python reach.py postgres chromium …``.

Exits with 0 when everything is there; otherwise prints, for the first thing that is not, what is missing
and how to have it. Servers are tried by connecting, and by logging in where the driver is installed. Standard
library only, because tox asks before it has installed anything.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

URLS = {
    "PAIRCHAT_POSTGRES_URL": "postgres://postgres@127.0.0.1:5432/postgres",
    "PAIRCHAT_MARIADB_URL": "mysql://root@127.0.0.1:3306/mysql",
}
PATIENCE_SECONDS = 5
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Chromium without windows: a new profile costs it a fourth of the processor time. It knows no push messages.
CHROMIUM_SHELL = "chromium-headless-shell"


class MissingError(Exception):
    """What is missing, and how to have it, in one line."""


def url(variable: str) -> str:
    return os.environ.get(variable) or URLS[variable]


def _server(name: str, variable: str, log_in: Callable[[SplitResult], None]) -> None:
    parts = urlsplit(url(variable))
    place = f"{parts.hostname}:{parts.port}"
    advice = f"start one, or set {variable} (now {url(variable)})"
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), PATIENCE_SECONDS).close()
    except OSError:
        raise MissingError(f"{name} does not answer on {place}: {advice}") from None
    try:
        log_in(parts)
    except Exception as error:  # noqa: BLE001 - every driver has errors of its own, and each means "no"
        reason = str(error).strip().splitlines()[-1]
        raise MissingError(f"{name} on {place} refuses the login ({reason}): {advice}") from None


def _log_in_to_postgres(parts: SplitResult) -> None:
    if find_spec("psycopg"):
        import_module("psycopg").connect(parts.geturl(), connect_timeout=PATIENCE_SECONDS).close()


def _log_in_to_mariadb(parts: SplitResult) -> None:
    if find_spec("MySQLdb"):
        import_module("MySQLdb").connect(
            host=parts.hostname,
            port=parts.port or 3306,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            connect_timeout=PATIENCE_SECONDS,
        ).close()


def postgres() -> None:
    _server("PostgreSQL", "PAIRCHAT_POSTGRES_URL", _log_in_to_postgres)


def mariadb() -> None:
    if not find_spec("MySQLdb"):
        _headers_for_mysqlclient()
    _server("MariaDB", "PAIRCHAT_MARIADB_URL", _log_in_to_mariadb)


def _headers_for_mysqlclient() -> None:
    pkg_config = shutil.which("pkg-config")
    names = ("mysqlclient", "mariadb", "libmariadb")
    if pkg_config and any(subprocess.call([pkg_config, "--exists", name]) == 0 for name in names):
        return
    packages = "libmariadb-dev, pkg-config and a C compiler (Debian's names)"
    raise MissingError(f"mysqlclient is built from source: install {packages}")


def redis_server() -> None:
    if not shutil.which("redis-server"):
        raise MissingError("redis-server is not installed: the tests start one of their own, which they may kill")


def nats_server() -> None:
    if not program("nats-server"):
        raise MissingError("nats-server is not installed: the tests start one of their own, which they may kill")


def nginx() -> None:
    if not program("nginx"):
        raise MissingError("nginx is not installed: the tests start one of their own (nginx-light on Debian)")


def program(name: str) -> str | None:
    """Where a server is. Debian has some where only root's PATH leads."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def caddy() -> None:
    if not program("caddy"):
        raise MissingError("caddy is not installed: the tests start one of their own")


def pgbouncer() -> None:
    if not program("pgbouncer"):
        raise MissingError("pgbouncer is not installed: the tests start one of their own")


def chromium() -> None:
    given = os.environ.get("PAIRCHAT_CHROMIUM")
    if given and not Path(given).is_file():
        raise MissingError(f"PAIRCHAT_CHROMIUM names {given}, which is not there")
    if not given and not any(map(shutil.which, CHROMIUM_NAMES)):
        raise MissingError("no Chromium on PATH: install one, or set PAIRCHAT_CHROMIUM to its executable")


def gettext() -> None:
    if not shutil.which("msgfmt"):
        raise MissingError("msgfmt is not installed: install gettext")


SERVERS = (postgres, mariadb, redis_server, nats_server, nginx, caddy, pgbouncer)
KNOWN = {check.__name__: check for check in (*SERVERS, chromium, gettext)}


def main(needs: list[str]) -> int:
    try:
        for need in needs:
            KNOWN[need]()
    except MissingError as missing:
        print(missing)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
