"""Channel layers other than channels_redis: two workers talk over each, also after its server has restarted."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Protocol

import pytest

from tests.tools.reach import program

from .client import Page, eventually
from .conftest import unavailable
from .ledger import Ledger, views_become_right
from .machines import START_SECONDS, Pair, Redis, Site, free_port
from .test_processes import acknowledged
from .test_redis import arrived_as_event, pages_that_never_ask
from .traffic import Crowd, deliver

LIVE_AGAIN_SECONDS = 40.0
"""Some beats of the relay, which come every 5 s."""

LAYERS = ["valkey pubsub", "valkey pubsub on redis", "valkey core", "postgres", "nats", "lite", "lite aio"]
DEAF = "valkey core on redis"
"""Its scripts need Valkey's own engine, so it delivers nothing."""


class Server(Protocol):
    """What a layer's messages pass through."""

    environment: dict[str, str]

    def restart(self) -> None: ...


@dataclass
class RestartedRedis:
    """A Redis or a Valkey, which forgets everything when it restarts."""

    redis: Redis

    @property
    def environment(self) -> dict[str, str]:
        return {"REDIS_URL": self.redis.url}

    def restart(self) -> None:
        self.redis.kill()
        self.redis.start()


@dataclass
class RestartedNats:
    folder: Path
    program: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {"FAULTS_NATS_URL": f"nats://127.0.0.1:{self.port}"}

    def start(self) -> None:
        self.process = subprocess.Popen(
            [self.program, "--addr", "127.0.0.1", "--port", str(self.port), "--log", str(self.folder / "nats.log")],
            stdin=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, "nats-server does not start"
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                return connection.recv(4).startswith(b"INFO")
        except OSError:
            return False

    def kill(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()

    def restart(self) -> None:
        self.kill()
        self.start()


@dataclass
class RestartedPostgres:
    """The database of the site itself, all of whose connections end, as in a restart."""

    site: Site
    environment: dict[str, str] = field(default_factory=dict)

    def members(self) -> int:
        [(count,)] = self.site.database.rows("SELECT count(*) FROM channels_postgres_groupchannel")
        return int(count)

    def restart(self) -> None:
        self.site.database.terminate_backends()


@dataclass
class ReplacedFile:
    """A SQLite file, in whose place there is suddenly an empty one."""

    site: Site
    layer: str
    file: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"FAULTS_SQLITE": str(self.file)}

    def make(self) -> None:
        self.site.command("migrate", "--database", "channels", FAULTS_LAYER=self.layer, **self.environment)

    def restart(self) -> None:
        for each in self.file.parent.glob(f"{self.file.name}*"):
            each.unlink()
        self.make()


@contextmanager
def server_of(layer: str, site: Site, folder: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    package = f"channels_{layer.split(maxsplit=1)[0]}"
    if not find_spec(package):
        unavailable(f"{package} is not installed: see the group layers in pyproject.toml")
    if layer.startswith("valkey"):
        with Redis(folder, "redis-server" if "redis" in layer else request.getfixturevalue("valkey_server")) as redis:
            yield RestartedRedis(redis)
    elif layer == "nats":
        nats = RestartedNats(folder, program("nats-server") or unavailable("nats-server is not installed"))
        nats.start()
        try:
            yield nats
        finally:
            nats.kill()
    elif layer == "postgres":
        site.command("migrate", FAULTS_LAYER=layer)
        yield RestartedPostgres(site)
    else:
        lite = ReplacedFile(site, layer, folder / "channels.sqlite3")
        lite.make()
        yield lite


def board_layer(layer: str) -> str:
    """Its name in the settings, which say nothing of the server behind it."""
    return layer.removesuffix(" on redis")


async def message_seconds(ledger: Ledger, sender: Page, receiver: Page, seconds: float = 20) -> float:
    """How long a message takes from the beginning of its sending until it is an event on the other page."""
    text = f"message {len(ledger.entries)}"
    [room] = sender.replicas
    began = time.monotonic()
    await deliver(ledger, sender, room, text)
    await eventually(lambda: arrived_as_event(receiver, text), f"{text} arrives as an event", seconds)
    return receiver.seen_at[text] - began


async def seconds_until_live(ledger: Ledger, sender: Page, receiver: Page) -> float:
    """How long it takes until a message arrives as an event again."""
    began = time.monotonic()
    while time.monotonic() - began < LIVE_AGAIN_SECONDS:
        with suppress(AssertionError):
            await message_seconds(ledger, sender, receiver, 1)
            return time.monotonic() - began
    pytest.fail(f"no message arrives as an event within {LIVE_AGAIN_SECONDS:g} s")


@pytest.mark.parametrize("layer", LAYERS)
async def test_two_workers_relay_over_another_layer_also_after_its_server_restarts(
    site: Site, pair: Pair, tmp_path: Path, request: pytest.FixtureRequest, layer: str
) -> None:
    ledger = Ledger()
    with (
        server_of(layer, site, tmp_path, request) as server,
        site.workers(2, FAULTS_LAYER=board_layer(layer), **server.environment) as workers,
    ):
        async with pages_that_never_ask(pair, workers) as (sender, receiver):
            took = [await message_seconds(ledger, sender, receiver) for _ in range(40)]
            texts = [f"burst {number}" for number in range(300)]
            await asyncio.gather(*(deliver(ledger, sender, pair.room, text) for text in texts))
            await eventually(lambda: set(texts) <= set(receiver.seen_at), "the burst arrives")
            pushed = sum(arrived_as_event(receiver, text) for text in texts)
            server.restart()
            again = await seconds_until_live(ledger, sender, receiver)
            print(
                f"{layer}: a message takes {median(took) * 1000:.0f} ms (median of 40); of a burst of 300 arrive "
                f"{pushed} as events; live {again:.1f} s after a restart"
            )
            await views_become_right(site.database, [pair.room], [sender, receiver])


@pytest.mark.parametrize("layer", LAYERS)
async def test_a_stopped_worker_finds_what_another_layer_has_dropped(
    site: Site, pair: Pair, tmp_path: Path, request: pytest.FixtureRequest, layer: str
) -> None:
    """Most of them keep a hundred messages for a receiver, and drop the others without a word."""
    ledger = Ledger()
    with (
        server_of(layer, site, tmp_path, request) as server,
        site.workers(2, FAULTS_LAYER=board_layer(layer), **server.environment) as workers,
    ):
        async with pages_that_never_ask(pair, workers) as (sender, receiver):
            await message_seconds(ledger, sender, receiver)
            receiver.worker.pause()
            for number in range(300):
                await deliver(ledger, sender, pair.room, f"unread {number}")
            receiver.worker.resume()
            await eventually(lambda: "unread 299" in receiver.seen_at, "the last message")
            await views_become_right(site.database, [pair.room], [sender, receiver])
            pushed = sum(arrived_as_event(receiver, f"unread {number}") for number in range(300))
            resyncs = sum(event["kind"] == "resync" for event in receiver.events)
            print(f"{layer}: {pushed} of 300 messages for a stopped worker arrive as events, {resyncs} resyncs")


@pytest.mark.parametrize("layer", [*LAYERS, DEAF])
async def test_a_crowd_talks_over_another_layer_while_its_server_restarts(
    site: Site, tmp_path: Path, request: pytest.FixtureRequest, layer: str
) -> None:
    ledger = Ledger()
    with (
        server_of(layer, site, tmp_path, request) as server,
        site.workers(2, FAULTS_LAYER=board_layer(layer), **server.environment) as workers,
    ):
        async with Crowd(ledger, [site.new_pair() for _ in range(3)], workers) as crowd:
            crowd.talk()
            await acknowledged(ledger, 50)
            server.restart()
            await acknowledged(ledger, 150)
            await crowd.ends_well(site.database)


@pytest.mark.parametrize("layer", [*LAYERS, DEAF])
def test_the_doctor_says_whether_another_layer_delivers(
    site: Site, tmp_path: Path, request: pytest.FixtureRequest, layer: str
) -> None:
    look = "from django_pairchat.management.doctor import findings; print(dict(findings())['channel layer'])"
    with server_of(layer, site, tmp_path, request) as server:
        said = site.command("shell", "-c", look, FAULTS_LAYER=board_layer(layer), **server.environment)
    assert f"works={layer != DEAF}" in said, said


async def test_workers_that_end_leave_the_group(site: Site, pair: Pair, request: pytest.FixtureRequest) -> None:
    """A layer that stores its members would store each message for them, too."""
    with server_of("postgres", site, Path(), request) as server:
        assert isinstance(server, RestartedPostgres)
        before = server.members()
        with site.workers(2, FAULTS_LAYER="postgres") as workers:
            async with pages_that_never_ask(pair, workers):
                await eventually(lambda: server.members() == before + 2, "both are members")
        assert server.members() == before
