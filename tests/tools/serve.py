"""Serves the example board while a command runs: ``python serve.py --server uvicorn -- COMMAND …``.

The board gets a database of its own, filled by ``fill_demo``, and a free port of loopback. The command finds
its address in ``PAIRCHAT_CONFORMANCE_URL``. Everything else in the environment reaches the server too, so that
``PAIRCHAT_SEND_BURST`` and its like can be set. Fails when the command does, when the server does not end by
itself on SIGTERM, and when it has written a traceback.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from reach import url as server_url

BOARD = Path(__file__).resolve().parents[2] / "example_project"
APPLICATION = "board_site.asgi:application"
START_SECONDS = 30
STOP_SECONDS = 20
SERVERS = {
    "uvicorn": [
        *("uvicorn", APPLICATION, "--host", "127.0.0.1", "--port", "{port}", "--ws", "websockets-sansio"),
        *("--ws-per-message-deflate", "false", "--timeout-graceful-shutdown", "5"),
    ],
    "daphne": ["daphne", APPLICATION, "--bind", "127.0.0.1", "--port", "{port}"],
    "granian": ["granian", APPLICATION, "--interface", "asgi", "--host", "127.0.0.1", "--port", "{port}"],
    "hypercorn": ["hypercorn", APPLICATION, "--bind", "127.0.0.1:{port}", "--access-logfile", "-"],
    "gunicorn": ["gunicorn", APPLICATION, "-k", "asgi", "--bind", "127.0.0.1:{port}", "--limit-request-line", "8190"],
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database, which is dropped afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'board.sqlite3'}"
        return
    parts = urlsplit(server_url(f"PAIRCHAT_{kind.upper()}_URL"))
    name = f"pairchat_board_{os.getpid()}"
    create = {
        "postgres": f"CREATE DATABASE {name}",
        "mariadb": f"CREATE DATABASE {name} CHARACTER SET utf8mb4",
    }
    drop = {"postgres": f"DROP DATABASE {name} WITH (FORCE)", "mariadb": f"DROP DATABASE {name}"}
    _execute(kind, parts, create[kind])
    try:
        yield urlunsplit(parts._replace(path=f"/{name}"))
    finally:
        _execute(kind, parts, drop[kind])


def _execute(kind: str, parts: Any, statement: str) -> None:
    if kind == "postgres":
        import psycopg

        with psycopg.connect(parts.geturl(), autocommit=True) as connection:
            connection.execute(statement)
        return
    import MySQLdb

    connection = MySQLdb.connect(
        host=parts.hostname, port=parts.port or 3306, user=parts.username or "", password=parts.password or ""
    )
    connection.cursor().execute(statement)
    connection.close()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


@contextmanager
def served(kind: str, environment: dict[str, str], log: Path) -> Iterator[str]:
    """The address of a running server; raises when it does not end in time after SIGTERM."""
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *(word.format(port=port) for word in SERVERS[kind])],
            cwd=BOARD,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            finally:
                process.kill()


def run(arguments: argparse.Namespace, folder: Path, log: Path) -> int:
    with database(arguments.database, folder) as database_url:
        environment = {**os.environ, "DATABASE_URL": database_url, "PYTHONUNBUFFERED": "1"}
        for command in ("migrate", "fill_demo"):
            manage = [sys.executable, "manage.py", command, "--verbosity", "0"]
            subprocess.run(manage, cwd=BOARD, env=environment, stdout=subprocess.DEVNULL, check=True)
        with served(arguments.server, environment, log) as url:
            return subprocess.call(arguments.command, env={**os.environ, "PAIRCHAT_CONFORMANCE_URL": url})


def main(arguments: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "server.log"
        status = 1
        try:
            status = run(arguments, Path(name), log)
        finally:
            said = log.read_text("utf-8", "replace") if log.exists() else ""
            if "Traceback" in said:
                status = 1
            if status:
                print(f"\nThe end of what {arguments.server} on {arguments.database} wrote:\n{said[-20_000:]}")
        return status


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", choices=SERVERS, default="uvicorn")
    parser.add_argument("--database", choices=("sqlite", "postgres", "mariadb"), default="sqlite")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(arguments()))
