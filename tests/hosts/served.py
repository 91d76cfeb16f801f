"""The hosts, each under a server of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.browser.board import RATES, Server
from tests.browser.test_host_styles import PACKAGES

HERE = Path(__file__).parent
START_SECONDS = 30


@dataclass(frozen=True)
class Kind:
    """How a host is started, and how people sign in there: the names of the fields of its own page."""

    folder: str
    author: str = "minji"
    reader: str = "juwon"
    fields: tuple[str, str] = ("username", "password")
    variables: dict[str, str] = field(default_factory=dict)
    needs_redis: bool = False
    collects_static: bool = False
    has_front_end: bool = False


KINDS = {
    "allauth": Kind(
        "allauth",
        "minji@example.com",
        "juwon@example.com",
        fields=("login", "password"),
        needs_redis=True,
        collects_static=True,
        has_front_end=True,
    ),
    "wagtail": Kind("wagtail"),
    "shop": Kind("shop", "minji@example.com", "juwon@example.com", fields=("login-username", "login-password")),
    "rest": Kind("rest"),
    "htmx": Kind("htmx", variables={"SWAPPED_BY": "htmx"}),
    "htmx4": Kind("htmx", variables={"SWAPPED_BY": "htmx4"}),
    "turbo": Kind("htmx", variables={"SWAPPED_BY": "turbo"}),
    "jinja": Kind("jinja"),
    "strict": Kind("strict"),
}


class Host(Server):
    """One of the projects, with the people and things that its ``fill.py`` makes."""

    def __init__(self, name: str, folder: Path, variables: dict[str, str]) -> None:
        self.name = name
        self.front_end = variables.get("FRONT_END", "")
        self.kind = KINDS[name]
        self.project = HERE / self.kind.folder
        own = (self.project / "project" / "asgi.py").exists()
        self.application = "project.asgi:application" if own else "asgi:application"
        paths = [str(self.project), str(HERE / "common"), os.environ.get("PYTHONPATH", "")]
        environment = {
            **RATES,
            **self.kind.variables,
            **variables,
            "DJANGO_SETTINGS_MODULE": "project.settings",
            "HOST_FOLDER": str(folder),
            "HOST_PACKAGES": str(PACKAGES),
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        }
        super().__init__(folder, environment)
        self.manage("migrate", "--run-syncdb", "--verbosity", "0")
        if self.kind.collects_static:
            self.manage("collectstatic", "--no-input", "--verbosity", "0")
        self.topic = self.run("import fill; print(fill.fill())")
        self.first_page = self.topic

    def run(self, code: str) -> str:
        """What some lines of Python print within the project."""
        return self.manage("shell", "--verbosity", "0", "-c", code).strip()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis of the tests' own; the tests of a host that has one are left out where it is not installed."""
    if not shutil.which("redis-server") and os.environ.get("PAIRCHAT_REQUIRE") != "all":
        pytest.skip("redis-server is not installed")
    port = str(free_port())
    options = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--dir", str(folder)]
    process = subprocess.Popen(["redis-server", "--port", port, *options], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", int(port)), 1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "redis-server does not start"
                time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def served(name: str, folder: Path) -> Iterator[Host]:
    """A host that is up; in the end nothing may have gone wrong on it."""
    with ExitStack() as stack:
        variables = {"REDIS_URL": stack.enter_context(redis_server(folder))} if KINDS[name].needs_redis else {}
        if KINDS[name].has_front_end:
            # Another host than that of the site, and its port.
            variables["FRONT_END"] = f"http://localhost:{free_port()}"
        host = Host(name, folder, variables)
        host.start()
        try:
            yield host
        finally:
            host.stop()
    assert "Traceback" not in host.log.read_text("utf-8")
