"""The files of the page on containers, without an engine for them: what Python can do of an image, in an environment of
its own, and then two processes of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import create_connection
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from websockets.sync.client import ClientConnection, connect

from tests.docs.page import Block, blocks, outside_of_any_environment
from tests.docs.visitor import Visitor
from tests.faults.machines import ROOT, Database, Redis, free_port

GUIDES = ROOT / "docs" / "guides"
PASSWORD = "lost-and-found"
HOST = "shop.example"
THROUGH_A_PROXY = {"Host": HOST, "X-Forwarded-Proto": "https", "Origin": f"https://{HOST}"}
BY_THE_SYSTEM = "RUN useradd --system shop && install -d -o shop /srv/chat-files"
START_SECONDS, ANSWER_SECONDS = 60, 20

PEOPLE = f"""
from django.contrib.auth.models import User
from django_pairchat.services import open_room
print(open_room(*(User.objects.create_user(name, password="{PASSWORD}") for name in ("minji", "juwon"))).pk)
"""


def files(page: str) -> dict[str, Block]:
    return {block.path: block for block in blocks((GUIDES / page).read_text("utf-8")) if block.path}


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Each with its name and its text, lines that go on joined."""
    lines = re.sub(r"\\\n\s*", "", dockerfile).splitlines()
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines if line]


@pytest.fixture(scope="module")
def page() -> dict[str, Block]:
    return files("containers.md")


@pytest.fixture(scope="module")
def compose(page: dict[str, Block]) -> Any:
    return yaml.safe_load(page["compose.yaml"].text)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", folder, ROOT], check=True)
    return folder


@dataclass
class Image:
    """What a Dockerfile makes of a project: a folder, an environment, and what is run in it."""

    project: Path
    folder: Path
    environment: dict[str, str]
    ignored: list[str]
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    untried: list[str] = field(default_factory=list)

    def build(self, dockerfile: str) -> None:
        for name, text in instructions(dockerfile):
            getattr(self, f"_{name.lower()}")(text)

    def run(self, command: list[str] | str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            shell=isinstance(command, str),
            cwd=self.folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def succeeds(self, command: list[str] | str, **environment: str) -> str:
        ran = self.run(command, **environment)
        assert ran.returncode == 0, f"{command}\n{ran.stdout}"
        return ran.stdout

    def _from(self, text: str) -> None:
        """An interpreter with nothing but pip, as in the base image."""
        assert re.fullmatch(r"python:3\.\d+-slim", text)
        subprocess.run([sys.executable, "-m", "venv", self.folder.parent / "python"], check=True)
        self.environment["PATH"] = f"{self.folder.parent / 'python' / 'bin'}{os.pathsep}{self.environment['PATH']}"

    def _env(self, text: str) -> None:
        name, _, value = text.partition("=")
        self.environment[name] = value

    def _workdir(self, text: str) -> None:
        self.folder.mkdir()

    def _copy(self, text: str) -> None:
        source, target = text.split()
        assert target == "."
        if source == ".":
            shutil.copytree(self.project, self.folder, ignore=shutil.ignore_patterns(*self.ignored), dirs_exist_ok=True)
        else:
            shutil.copy(self.project / source, self.folder)

    def _run(self, text: str) -> None:
        if f"RUN {text}" == BY_THE_SYSTEM:
            self.untried.append(text)
        else:
            self.succeeds(text)

    def _user(self, text: str) -> None:
        self.untried.append(text)

    def _healthcheck(self, text: str) -> None:
        self.health = json.loads(text.partition("CMD ")[2])

    def _cmd(self, text: str) -> None:
        self.command = json.loads(text)


@pytest.fixture(scope="module")
def image(page: dict[str, Block], wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Image:
    project = tmp_path_factory.mktemp("project")
    subprocess.run([sys.executable, "-m", "django", "startproject", "project", project], check=True)
    for name, block in (*files("install.md").items(), *page.items()):
        path = project / name
        path.write_text((path.read_text("utf-8") + "\n" if path.exists() else "") + block.text, "utf-8")
    (project / "db.sqlite3").touch()
    environment = outside_of_any_environment()
    environment["PIP_FIND_LINKS"] = f"{wheels} {os.environ.get('PIP_FIND_LINKS', '')}".strip()
    ignored = page[".dockerignore"].text.split()
    image = Image(project, tmp_path_factory.mktemp("image") / "shop", environment, ignored)
    image.build(page["Dockerfile"].text)
    return image


@pytest.fixture(scope="module")
def environment(programs: None, compose: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """That of the Compose file, with the addresses, the login and the folder of the tests."""
    given = dict(compose["services"]["web"]["environment"])
    with Database("_containers") as database, Redis(tmp_path_factory.mktemp("redis")) as redis:
        server = urlsplit(database.url)
        yield given | {
            "SECRET_KEY": "only for tests " * 5,
            "PGHOST": str(server.hostname),
            "PGPORT": str(server.port or 5432),
            "PGDATABASE": server.path[1:],
            "PGUSER": str(server.username),
            "PGPASSWORD": server.password or "",
            "REDIS_URL": redis.url.removesuffix("/0"),
            "CHAT_FILES": str(tmp_path_factory.mktemp("chat-files")),
        }


class Container:
    """A process of the image on a port of its own."""

    def __init__(self, image: Image, environment: dict[str, str]) -> None:
        self.port = free_port()
        self._image = image
        self._environment = environment
        self._log = image.folder.parent / f"{self.port}.log"

    def start(self) -> None:
        command = [word.replace("8000", str(self.port)).replace("0.0.0.0", "127.0.0.1") for word in self._image.command]
        environment = {**self._image.environment, **self._environment}
        path = shutil.which(command[0], path=environment["PATH"])
        assert path is not None
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [path, *command[1:]], cwd=self._image.folder, env=environment, stdout=output, stderr=subprocess.STDOUT
            )

    @property
    def is_healthy(self) -> bool:
        command = [word.replace("localhost:8000", f"localhost:{self.port}") for word in self._image.health]
        return self._image.run(command).returncode == 0

    def await_health(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.is_healthy:
            assert self.process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.2)

    @contextmanager
    def visited_by(self, name: str) -> Iterator[Visitor]:
        with Visitor(f"http://127.0.0.1:{self.port}") as visitor:
            visitor.client.headers.update(THROUGH_A_PROXY)
            visitor.open("/accounts/login/?next=/chat/")
            visitor.send(username=name, password=PASSWORD)
            yield visitor

    def connect(self, visitor: Visitor) -> ClientConnection:
        headers = {"X-Forwarded-Proto": "https", "Cookie": visitor.cookies}
        return connect(
            f"ws://{HOST}/ws/pairchat/",
            sock=create_connection(("127.0.0.1", self.port)),
            origin=f"https://{HOST}",
            subprotocols=["pairchat.v1"],
            additional_headers=headers,
        )


def heard(socket: ClientConnection, **wanted: str) -> Any:
    """The next frame with these fields."""
    while True:
        frame = json.loads(socket.recv(ANSWER_SECONDS))
        if wanted.items() <= frame.items():
            return frame


def test_the_image_is_a_project_without_faults_and_without_what_is_private(
    image: Image, environment: dict[str, str]
) -> None:
    assert "WARNINGS" not in image.succeeds("python manage.py check --fail-level WARNING", **environment)
    assert (image.folder / "static-files" / "staticfiles.json").exists()
    assert not (image.folder / ".env").exists()
    assert not (image.folder / "db.sqlite3").exists()
    assert image.untried == [BY_THE_SYSTEM.removeprefix("RUN "), "shop"]


def test_two_people_chat_in_two_containers_that_end_in_time(
    image: Image, compose: Any, environment: dict[str, str]
) -> None:
    image.succeeds(compose["services"]["migrate"]["command"], **environment)
    room = image.succeeds(["python", "manage.py", "shell", "--verbosity", "0", "-c", PEOPLE], **environment).strip()
    patience_seconds = int(compose["services"]["web"]["stop_grace_period"].removesuffix("s"))
    containers = [Container(image, environment) for _ in range(compose["services"]["web"]["deploy"]["replicas"])]
    with ExitStack() as stack:
        for container in containers:
            assert not container.is_healthy
            container.start()
            stack.callback(container.process.kill)
        for container in containers:
            container.await_health()
        visitors = [
            stack.enter_context(container.visited_by(name))
            for container, name in zip(containers, ("minji", "juwon"), strict=True)
        ]
        writes, reads = (
            stack.enter_context(container.connect(visitor))
            for container, visitor in zip(containers, visitors, strict=True)
        )
        for socket in (writes, reads):
            heard(socket, type="hello")
        client_id = "0b8f2f5a-9d0c-4d4e-8f0e-3f4f8a1f8a11"
        writes.send(
            json.dumps({"type": "send", "id": 1, "room": room, "client_id": client_id, "content": "Is it yours?"})
        )
        assert heard(reads, kind="message")["message"]["content"] == "Is it yours?"
        page = visitors[1].open(f"/chat/rooms/{room}/")
        [style] = re.findall(r'href="(/static/pairchat/pairchat\.\w+\.css)"', page)
        assert visitors[1].client.get(style).headers["Cache-Control"].endswith("immutable")
        for container in containers:
            container.process.terminate()
        for socket in (writes, reads):
            assert heard(socket, type="bye")["reconnect"] is True
        for container in containers:
            container.process.wait(patience_seconds)


def test_the_names_in_the_compose_file_fit_together(page: dict[str, Block], compose: Any) -> None:
    services = compose["services"]
    for service in services.values():
        assert ("image" in service) != ("build" in service)
        for name, needed in service.get("depends_on", {}).items():
            if needed["condition"] == "service_healthy":
                assert "healthcheck" in services[name]
            else:
                assert needed["condition"] == "service_completed_successfully"
                assert "restart" not in services[name]
    mounted = {each.partition(":")[0] for service in services.values() for each in service.get("volumes", [])}
    assert mounted == set(compose["volumes"])
    variables = services["web"]["environment"]
    assert variables == services["migrate"]["environment"]
    read = re.findall(r'os\.environ(?:\.get\(|\[)"(\w+)"', page["project/settings.py"].text)
    assert set(read) <= set(variables)
    secrets = set(re.findall(r"\$\{(\w+):\?\}", page["compose.yaml"].text))
    assert secrets == {line.partition("=")[0] for line in page[".env"].text.splitlines()}
    assert variables["PGHOST"] in services
    assert urlsplit(variables["REDIS_URL"]).hostname in services
    database = services["db"]["environment"]
    assert (database["POSTGRES_DB"], database["POSTGRES_USER"], database["POSTGRES_PASSWORD"]) == (
        variables["PGDATABASE"],
        variables["PGUSER"],
        variables["PGPASSWORD"],
    )
    assert f"chat-files:{variables['CHAT_FILES']}" in services["web"]["volumes"]
    assert BY_THE_SYSTEM in page["Dockerfile"].text
    first, last = re.findall(r"127\.0\.0\.1:(\d+)-(\d+):8000", services["web"]["ports"][0])[0]
    assert int(last) - int(first) + 1 == services["web"]["deploy"]["replicas"]
