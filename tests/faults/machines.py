"""The machines of the tests: a database, a Redis, workers, and what a fault does to each of them."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.tools import rates
from tests.tools.reach import url as server_url

from . import triggers
from .proxy import Proxy

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 60
PAIRS_AT_ONCE = 80
# Far above what a test sends, so that only a test of the limits meets them.
LIMITS = {
    **rates.ENVIRONMENT,
    "PAIRCHAT_SENDS_PER_MINUTE": "60000",
    "PAIRCHAT_SEND_BURST": "4000",
    "PAIRCHAT_SOCKETS_PER_USER": "100",
}
SERVERS = {
    "uvicorn": (
        ["-m", "uvicorn", "tests.faults.asgi:application", "--host", "127.0.0.1", "--ws", "websockets-sansio"],
        ["--ws-per-message-deflate", "false", "--no-access-log", "--timeout-graceful-shutdown", "5", "--port"],
    ),
    "daphne": (["-m", "daphne", "tests.faults.asgi:application", "--bind", "127.0.0.1"], ["--port"]),
    # Ends TLS itself, with the certificate in TLS_FOLDER.
    "daphne with TLS": (["-m", "daphne", "tests.faults.asgi:application", "--endpoint"], []),
    "granian": (
        ["-m", "granian", "tests.faults.asgi:application", "--interface", "asgi", "--host", "127.0.0.1"],
        ["--port"],
    ),
    "hypercorn": (["-m", "hypercorn", "tests.faults.asgi:application", "--bind"], []),
}
TRACEBACK = re.compile(r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*(?P<error>\S.*)", re.MULTILINE)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Database:
    """A PostgreSQL database of the tests' own, reached by the workers through a proxy and by the tests directly."""

    def __init__(self, suffix: str = "") -> None:
        self._server = urlsplit(server_url("PAIRCHAT_POSTGRES_URL"))
        self._name = f"pairchat_faults_{os.getpid()}{suffix}"
        self.url = urlunsplit(self._server._replace(path=f"/{self._name}"))
        self.proxy = Proxy(self._server.hostname or "127.0.0.1", self._server.port or 5432)

    def __enter__(self) -> Self:
        self.proxy.__enter__()
        self._by_the_server(f"CREATE DATABASE {self._name}")
        return self

    def __exit__(self, *exception: object) -> None:
        self.proxy.__exit__()
        self._by_the_server(f"DROP DATABASE {self._name} WITH (FORCE)")

    def _by_the_server(self, statement: str) -> None:
        with psycopg.connect(self._server.geturl(), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type] # its name is ours

    @property
    def proxied_url(self) -> str:
        login = f"{self._server.username or 'postgres'}:{self._server.password or ''}"
        return urlunsplit(self._server._replace(netloc=f"{login}@127.0.0.1:{self.proxy.port}", path=f"/{self._name}"))

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()  # type: ignore[arg-type] # no query is put together

    def change(self, statement: str, *values: object) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement, values)  # type: ignore[arg-type] # no statement is put together

    def terminate_backends(self) -> None:
        """What a restart of the server does to its connections."""
        self.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            self._name,
        )

    @contextmanager
    def locked_room(self, room: str) -> Iterator[None]:
        """Somebody holds this room's row."""
        with psycopg.connect(self.url) as connection:
            connection.execute("SELECT 1 FROM pairchat_room WHERE id = %s FOR UPDATE", (room,))
            yield


class Redis:
    """A process of Redis, or of what speaks like it, of the tests' own behind a proxy, which may be killed."""

    def __init__(self, folder: Path, program: str = "redis-server") -> None:
        self._folder = folder
        self._program = program
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.proxy = Proxy("127.0.0.1", self._port)

    def __enter__(self) -> Self:
        self.start()
        self.proxy.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self.proxy.__exit__()
        self.kill()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.proxy.port}/0"

    def start(self) -> None:
        if self._process is not None:
            return
        options = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--dir", str(self._folder)]
        self._process = subprocess.Popen(
            [self._program, "--port", str(self._port), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, f"{self._program} does not start"
            time.sleep(0.02)

    def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def forget_everything(self) -> None:
        assert self._command(b"FLUSHALL\r\n").startswith(b"+OK")

    def describe(self) -> bytes:
        return self._command(b"INFO SERVER\r\n")

    def start_erring(self) -> None:
        """From now on an error is its answer to everything."""
        assert self._command(b"ACL SETUSER default -@all +acl|setuser\r\n").startswith(b"+OK")

    def stop_erring(self) -> None:
        if self._process is not None:
            self._command(b"ACL SETUSER default +@all\r\n")

    def _answers(self) -> bool:
        try:
            return self._command(b"PING\r\n").startswith(b"+PONG")
        except OSError:
            return False

    def _command(self, line: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self._port), 5) as connection:
            connection.sendall(line)
            return connection.recv(4096)


@dataclass
class Process:
    """One run of a worker. ``disturbed`` says that a test has done something to it, so that its sockets may break,
    ``ending`` that it was told to end."""

    popen: subprocess.Popen[bytes]
    disturbed: bool = False
    ending: bool = False


@dataclass
class Worker:
    """A server process on a port of its own, which can be started again after its end."""

    environment: dict[str, str]
    log: Path
    server: str = "uvicorn"
    port: int = field(default_factory=free_port)
    process: Process | None = None
    checkout: Path = ROOT

    @property
    def tls(self) -> ssl.SSLContext | None:
        """How to reach it, if it ends TLS itself."""
        if self.server != "daphne with TLS":
            return None
        return ssl.create_default_context(cafile=f"{self.environment['TLS_FOLDER']}/certificate.pem")

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws{'s' if self.tls else ''}://127.0.0.1:{self.port}/ws/pairchat/"

    @property
    def _listens_at(self) -> str:
        if self.server == "hypercorn":
            return f"127.0.0.1:{self.port}"
        if not self.tls:
            return str(self.port)
        folder = self.environment["TLS_FOLDER"]
        files = f"privateKey={folder}/key.pem:certKey={folder}/certificate.pem"
        return f"ssl:{self.port}:{files}:interface=127.0.0.1"

    @property
    def running(self) -> Process:
        assert self.process is not None, "this worker has not been started"
        return self.process

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.popen.poll() is None

    def launch(self) -> None:
        """Start it, without waiting until it serves."""
        before, after = SERVERS[self.server]
        with self.log.open("ab") as output:
            popen = subprocess.Popen(
                [sys.executable, *before, *after, self._listens_at],
                cwd=self.checkout / "example_project",
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.process = Process(popen)

    def await_service(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self.is_alive, f"the worker ended:\n{self.said()[-3000:]}"
            assert time.monotonic() < deadline, f"the worker does not serve:\n{self.said()[-3000:]}"
            time.sleep(0.05)

    def start(self) -> None:
        self.launch()
        self.await_service()

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self.running.popen.wait()

    def terminate(self) -> None:
        self.running.ending = True
        self._signal(signal.SIGTERM)

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def await_end(self, seconds: float = STOP_SECONDS) -> None:
        self.running.popen.wait(seconds)

    def remove(self) -> None:
        """End it, whatever state it is in."""
        if self.is_alive:
            self.resume()
            self.terminate()
            try:
                self.await_end()
            except subprocess.TimeoutExpired:
                self.kill()
                raise

    def _signal(self, number: signal.Signals) -> None:
        self.running.disturbed = True
        if self.is_alive:
            self.running.popen.send_signal(number)

    def _answers(self) -> bool:
        tls = self.tls
        connection = (
            http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=tls)
            if tls
            else http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        )
        try:
            connection.request("GET", "/accounts/login/")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def resident_bytes(self) -> int:
        """The memory that this process has in use."""
        status = Path(f"/proc/{self.running.popen.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index] # Linux writes it

    def cpu_seconds(self) -> float:
        """What this process has used of the machine's processors so far."""
        after_name = Path(f"/proc/{self.running.popen.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Person:
    """A user with a session."""

    user: str
    name: str
    session: str


@dataclass(frozen=True)
class Pair:
    """Two people and their room."""

    room: str
    people: tuple[Person, Person]

    @property
    def kind(self) -> str:
        return self.people[0].name.split("-")[0]


class Site:
    """A database, a Redis, and any number of workers that share them."""

    def __init__(
        self, folder: Path, *, name: str = "", secret_key: str = "only for tests " * 5, checkout: Path = ROOT
    ) -> None:
        self._folder = folder
        self._checkout = checkout
        self._secret_key = secret_key
        self._stack = ExitStack()
        self._numbers = iter(range(1_000_000))
        self._strangers: defaultdict[str, list[Pair]] = defaultdict(list)
        self.database = Database(name and f"_{name}")
        self.redis = Redis(folder)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.database)
            stack.enter_context(self.redis)
            self.command("migrate", "--verbosity", "0")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def heal(self) -> None:
        """Database and Redis as they should be."""
        self.redis.start()
        self.redis.proxy.heal()
        self.database.proxy.heal()

    def upgrade(self, workers: Workers, checkout: Path) -> None:
        """What is started from now on runs the code of another checkout."""
        self._checkout = checkout
        for worker in workers:
            worker.checkout = checkout
            worker.environment["PYTHONPATH"] = self._pythonpath

    @property
    def _pythonpath(self) -> str:
        # The code under test is what is installed here; that of another checkout comes before it.
        other = [] if self._checkout == ROOT else [str(self._checkout / "src")]
        board = self._checkout / "example_project"
        return os.pathsep.join([str(self._checkout), str(board), *other, os.environ.get("PYTHONPATH", "")])

    def environment(self, **given: str) -> dict[str, str]:
        conf = self._checkout / "src" / "django_pairchat" / "conf.py"
        return {
            **os.environ,
            **LIMITS,
            "PAIRCHAT_RATES": rates.known_to(conf.read_text("utf-8")),
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "PYTHONPATH": self._pythonpath,
            "PYTHONUNBUFFERED": "1",
            "SECRET_KEY": self._secret_key,
            "DATABASE_URL": self.database.proxied_url,
            "REDIS_URL": self.redis.url,
            "FAULTS_LAYER": "pubsub",
            **given,
        }

    def command(self, *arguments: str, **environment: str) -> str:
        """What a management command of the host's prints."""
        finished = subprocess.run(
            [sys.executable, "-m", "django", *arguments],
            cwd=self._checkout / "example_project",
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    @contextmanager
    def running(self, *arguments: str) -> Iterator[None]:
        """A management command that goes on until it is told to end."""
        with (self._folder / f"{arguments[0]}.log").open("ab") as output:
            popen = subprocess.Popen(
                [sys.executable, "-m", "django", *arguments],
                cwd=self._checkout / "example_project",
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield
        finally:
            popen.terminate()
            popen.wait(STOP_SECONDS)

    def populate(self, pairs: int, *unusual: str) -> list[Pair]:
        """So many pairs, and one more of each of the unusual kinds of people."""
        described = json.loads(self.command("populate", str(pairs), *unusual))
        return [Pair(each["room"], tuple(Person(**person) for person in each["people"])) for each in described]

    def new_pair(self, kind: str = triggers.ORDINARY) -> Pair:
        """Two people whom no test has met. A worker treats them as ``kind`` says."""
        while not self._strangers[kind]:
            for pair in self.populate(PAIRS_AT_ONCE, triggers.UNLUCKY, triggers.LAST, *triggers.HOOKS):
                self._strangers[pair.kind].append(pair)
        return self._strangers[kind].pop()

    def worker(self, server: str = "uvicorn", **environment: str) -> Worker:
        log = self._folder / f"worker-{next(self._numbers)}.log"
        return Worker(self.environment(**environment), log, server, checkout=self._checkout)

    @contextmanager
    def workers(self, count: int, server: str = "uvicorn", **environment: str) -> Iterator[Workers]:
        """So many workers, started together, which end as they should."""
        workers = Workers(self, [self.worker(server, **environment) for _ in range(count)])
        try:
            workers.make_ready()
            yield workers
        finally:
            self.heal()
            with ExitStack() as stack:
                for worker in workers:
                    stack.callback(worker.remove)
                for worker in workers:
                    if worker.is_alive:
                        worker.resume()
                        worker.terminate()


class Workers(Sequence[Worker]):
    """The workers of one site, as a test sees them."""

    def __init__(self, site: Site, workers: list[Worker]) -> None:
        self.site = site
        self._workers = workers
        self._read_up_to: dict[Path, int] = {}

    def __getitem__(self, index: Any) -> Any:
        return self._workers[index]

    def __len__(self) -> int:
        return len(self._workers)

    def make_ready(self) -> None:
        """All of them serve, whatever was done to them before."""
        self.site.heal()
        for worker in self._workers:
            if worker.is_alive:
                worker.resume()
                if worker.running.ending:
                    worker.await_end()
            if not worker.is_alive:
                worker.launch()
        for worker in self._workers:
            worker.await_service()
            worker.running.disturbed = False

    def complaints(self) -> list[str]:
        """The last lines of the tracebacks that they have written since the last time they were asked."""
        found = []
        for worker in self._workers:
            said = worker.said()
            new = said[self._read_up_to.get(worker.log, 0) :]
            self._read_up_to[worker.log] = len(said)
            found += [match["error"] for match in TRACEBACK.finditer(new)]
        return found
