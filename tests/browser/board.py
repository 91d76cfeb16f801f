"""A served board of the tests' own, which they may stop and start again."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tests.tools import rates
from tests.tools.reach import MissingError, postgres
from tests.tools.reach import url as server_url

PROJECT = Path(__file__).resolve().parents[2] / "example_project"
START_SECONDS = 30
QUICK_PASSWORDS = 'PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]'
STOP_SECONDS = 20
# Far above what a test sends, so that only the tests of the limits meet them.
RATES = {
    **rates.ENVIRONMENT,
    "PAIRCHAT_SENDS_PER_MINUTE": "6000",
    "PAIRCHAT_SEND_BURST": "1000",
    "PAIRCHAT_SOCKETS_PER_USER": "50",
}


@cache
def without_postgres() -> str:
    """Why the boards are on SQLite, which they never are where everything is required; empty on PostgreSQL."""
    try:
        postgres()
    except MissingError as missing:
        if os.environ.get("PAIRCHAT_REQUIRE") == "all":
            raise
        return str(missing)
    return ""


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """The URL of an empty database, which is gone afterwards."""
    if without_postgres():
        yield f"sqlite:///{folder / 'board.sqlite3'}"
        return
    import psycopg

    server = urlsplit(server_url("PAIRCHAT_POSTGRES_URL"))
    name = f"pairchat_browser_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(server.geturl(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(server._replace(path=f"/{name}"))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def served(folder: Path, changes: str = "") -> Iterator[Board]:
    """A board that is up, on a database of its own; in the end nothing may have gone wrong on it unforeseen."""
    with database(folder) as url:
        board = Board(folder, url, changes)
        board.start()
        try:
            yield board
        finally:
            board.stop()
    assert "Traceback" not in board.log.read_text("utf-8")


class Server:
    """A project under uvicorn, in an environment that names its settings."""

    project: Path
    application: str
    first_page = "/accounts/login/"
    tls: ssl.SSLContext | None = None

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self.environment = {**os.environ, "PYTHONUNBUFFERED": "1", **environment}
        self.process: subprocess.Popen[bytes] | None = None

    def manage(self, *arguments: str) -> str:
        """What one of the project's management commands prints, on the project's database."""
        command = [sys.executable, "-m", "django", *arguments]
        return subprocess.run(
            command, cwd=self.project, env=self.environment, stdout=subprocess.PIPE, check=True, text=True
        ).stdout

    @property
    def command(self) -> list[str]:
        options = ["--ws", "websockets-sansio", "--timeout-graceful-shutdown", "5"]
        return ["uvicorn", self.application, "--port", str(self.port), *options]

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.command],
                cwd=self.project,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self.process.poll() is None, self.log.read_text("utf-8")
            assert time.monotonic() < deadline, self.log.read_text("utf-8")
            time.sleep(0.1)

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}{self.first_page}", timeout=5, context=self.tls).close()
        except OSError:
            return False
        return True


class Board(Server):
    """The example project under uvicorn. ``changes`` is what another host has in its settings, as Python."""

    project = PROJECT
    application = "board_site.asgi:application"

    def __init__(self, folder: Path, database_url: str, changes: str) -> None:
        own = ("from board_site.settings import *", f"MEDIA_ROOT = {str(folder / 'media')!r}", QUICK_PASSWORDS, changes)
        (folder / "changed_settings.py").write_text("\n".join(own), "utf-8")
        environment = {
            **RATES,
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "changed_settings",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")])),
        }
        super().__init__(folder, environment)
        for command in ("migrate", "fill_demo"):
            self.manage(command, "--verbosity", "0")
