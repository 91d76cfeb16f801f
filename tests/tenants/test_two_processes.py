"""Two tenants on two server processes with a Redis between them: all crosses between the processes, nothing between
the tenants, although their people and rooms have the same keys, and even their tokens are the same."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from django_pairchat.client import PairchatClient, SignedOut
from tests.faults.machines import ROOT, Database, Redis, free_port

from .served import HOSTS

MINJI, JUWON = "1", "2"
START_SECONDS = 60
# Less than the 20 s after which a process finds by itself what it was not told.
PATIENCE_SECONDS = 15
# What might still come to those whom it is not for.
WATCHED_SECONDS = 1.0


@dataclass(frozen=True)
class Served:
    """Two processes for both tenants, and the key that the room has in each."""

    ports: tuple[int, int]
    room: str
    logs: tuple[Path, Path]

    def url(self, tenant: str, process: int) -> str:
        return f"http://{HOSTS[tenant]}:{self.ports[process]}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if not shutil.which("redis-server") and os.environ.get("PAIRCHAT_REQUIRE") != "all":
        pytest.skip("redis-server is not installed")
    folder = tmp_path_factory.mktemp("served")
    with ExitStack() as stack:
        database, redis = stack.enter_context(Database("_tenants")), stack.enter_context(Redis(folder))
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.tenants.served.settings",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
            "PAIRCHAT_POSTGRES_URL": database.url,
            "REDIS_URL": redis.url,
        }
        populate = [sys.executable, "-m", "tests.tenants.served.populate"]
        rooms = subprocess.run(populate, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        assert rooms[0] == rooms[1]
        ports, logs = (free_port(), free_port()), (folder / "0.log", folder / "1.log")
        for port, log in zip(ports, logs, strict=True):
            stack.enter_context(process(port, log, environment))
        for port in ports:
            await_service(port)
        yield Served(ports, rooms[0], logs)
    for log in logs:
        assert "Traceback" not in log.read_text("utf-8")


class process:  # noqa: N801 - used like a function
    """A server process, which ends as it should."""

    def __init__(self, port: int, log: Path, environment: dict[str, str]) -> None:
        self._command = [
            *(sys.executable, "-m", "uvicorn", "tests.tenants.served.asgi:application", "--port", str(port)),
            *("--ws", "websockets-sansio", "--timeout-graceful-shutdown", "5"),
        ]
        self._log = log
        self._environment = environment

    def __enter__(self) -> None:
        with self._log.open("wb") as output:
            self._popen = subprocess.Popen(
                self._command, env=self._environment, stdout=output, stderr=subprocess.STDOUT
            )

    def __exit__(self, *exception: object) -> None:
        self._popen.terminate()
        self._popen.wait(START_SECONDS)


def await_service(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "the process does not serve"
            time.sleep(0.05)
        else:
            return


@dataclass
class Party:
    """The two people of a tenant, one on each process, and what they were told."""

    minji: PairchatClient
    juwon: PairchatClient
    room: str
    told: dict[str, list[Any]] = field(default_factory=lambda: {MINJI: [], JUWON: []})

    def heard(self, key: str, kind: str, **fields: Any) -> list[Any]:
        return [
            each
            for each in self.told[key]
            if each["kind"] == kind and fields.items() <= {**each, **content(each)}.items()
        ]

    def forget(self) -> None:
        for told in self.told.values():
            told.clear()

    async def unread(self) -> int:
        return int((await self.juwon.inbox())["unread_rooms"])


def content(event: Any) -> dict[str, Any]:
    return {"content": event["message"]["content"]} if event["kind"] == "message" else {}


@asynccontextmanager
async def party(served: Served, tenant: str) -> AsyncIterator[Party]:
    async with AsyncExitStack() as stack:
        clients = [
            PairchatClient(f"{served.url(tenant, number)}/chat/", {"Authorization": f"Bearer {key}"}, follow=False)
            for number, key in enumerate((MINJI, JUWON))
        ]
        made = Party(*clients, served.room)
        for client, told in zip(clients, made.told.values(), strict=True):
            client.listen(told.append)
            await stack.enter_async_context(client)
        yield made


async def eventually(holds: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.02)


async def test_all_crosses_between_processes_and_nothing_between_tenants(served: Served) -> None:
    async with party(served, "north") as north, party(served, "south") as south:
        # Who looks at the room is told whether the other one is there.
        await north.juwon.request("focus", {"room": north.room, "active": True})
        await north.minji.request("focus", {"room": north.room, "active": True})
        await eventually(lambda: north.heard(MINJI, "presence", online=True), "presence on the other process")
        await south.minji.request("focus", {"room": south.room, "active": True})
        await eventually(lambda: south.heard(MINJI, "presence"), "presence in the other tenant")
        assert not south.heard(MINJI, "presence", online=True)

        south.forget()
        await north.minji.send(north.room, "for the north")
        await north.minji.typing(north.room)
        await eventually(lambda: north.heard(JUWON, "message", content="for the north"), "the message")
        await eventually(lambda: north.heard(JUWON, "typing", on=True), "that somebody writes")
        assert (await north.unread(), await south.unread()) == (1, 0)
        await north.juwon.mark_read(north.room, 1)
        await eventually(lambda: north.heard(MINJI, "room"), "that it was read")
        assert await north.unread() == 0
        await asyncio.sleep(WATCHED_SECONDS)
        assert south.told == {MINJI: [], JUWON: []}
        assert (await south.juwon.history(south.room))["messages"] == []

        # And the other way, with the number that the first one has in the north.
        north.forget()
        first = await south.juwon.send(south.room, "for the south")
        assert first["seq"] == 1
        await eventually(lambda: south.heard(MINJI, "message", content="for the south"), "the message of the south")
        await asyncio.sleep(WATCHED_SECONDS)
        assert north.told == {MINJI: [], JUWON: []}


async def test_a_person_is_out_in_one_tenant_only(served: Served) -> None:
    async with party(served, "north") as north, party(served, "south") as south:
        async with httpx.AsyncClient() as host:
            assert (await host.get(f"{served.url('north', 0)}/deactivate/{JUWON}/")).text == "done"
        await eventually(lambda: not north.juwon.is_connected, "the end of the socket on the other process")
        with pytest.raises(SignedOut):
            await north.juwon.send(north.room, "from nobody")
        await south.juwon.send(south.room, "still here")
        await eventually(lambda: south.heard(MINJI, "message", content="still here"), "the message")
        assert south.juwon.is_connected
        stored = (await north.minji.history(north.room))["messages"]
        assert "from nobody" not in [each["content"] for each in stored]
