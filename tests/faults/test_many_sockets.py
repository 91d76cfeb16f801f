"""A thousand sockets in one process: what each costs, and how long it takes until all of them are back."""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Self

from .client import Frame, Socket, eventually
from .machines import Pair, Person, Site, Workers

ROOMS = 500
AT_ONCE = 100
BACK_SECONDS = 10.0
# The machine may be busy with other things.
SLACK_SECONDS = 20.0
KIBIBYTE = 1024
# A connection of the bare server takes some 20 KiB.
MOST_KIBIBYTES = 64


class Member:
    """One of the thousand: a socket, and what it has been told of its room."""

    def __init__(self, pair: Pair, person: Person) -> None:
        self.pair = pair
        self.person = person
        self._contents: dict[int, str] = {}
        self._socket: Socket | None = None

    @property
    def contents(self) -> list[str]:
        return [self._contents[seq] for seq in sorted(self._contents)]

    @property
    def socket(self) -> Socket:
        assert self._socket is not None
        return self._socket

    async def connect(self, workers: Workers) -> None:
        self._socket = await Socket.open(workers[0], self.person, self._hear)
        assert self._socket.hello is not None, self._socket.bye

    async def catch_up(self) -> None:
        answer = await self.socket.request("sync", rooms={self.pair.room: {"epoch": "", "rev": 0}})
        for message in answer["rooms"][0]["changes"]:
            self._take(message)

    async def send(self, text: str) -> None:
        answer = await self.socket.request("send", room=self.pair.room, client_id=str(uuid.uuid4()), content=text)
        assert answer["type"] == "ok", answer

    def _hear(self, event: Frame) -> None:
        if event["kind"] == "message":
            self._take(event["message"])

    def _take(self, message: Frame) -> None:
        assert self._contents.setdefault(message["seq"], message["content"]) == message["content"]


async def test_a_thousand_sockets_cost_little_and_come_back_soon(site: Site) -> None:
    pairs = await asyncio.to_thread(site.populate, ROOMS)
    members = [Member(pair, person) for pair in pairs for person in pair.people]
    writers, readers = members[::2], members[1::2]
    with site.workers(1) as workers:
        async with AsyncExitStack() as stack:
            # What only the first ones cost is not the price of a connection.
            await connect_all(members[:AT_ONCE], workers, stack)
            before = workers[0].resident_bytes()
            await connect_all(members[AT_ONCE:], workers, stack)
            each = (workers[0].resident_bytes() - before) / (len(members) - AT_ONCE) / KIBIBYTE
            await asyncio.gather(*(member.send("before") for member in writers))
            await eventually(lambda: all(member.contents == ["before"] for member in members), "everybody hears it")

            workers[0].terminate()
            await asyncio.gather(*(member.socket.listening for member in members))
            assert {(member.socket.close_code, code_of(member.socket.bye)) for member in members} == {(4503, 4503)}
            await asyncio.to_thread(workers[0].await_end)
            await asyncio.to_thread(workers[0].start)

            stages = [Stage.of(workers)]
            await connect_all(writers, workers, stack)
            # While the others are still on their way.
            saying = asyncio.gather(*(member.send("meanwhile") for member in writers))
            await connect_all(readers, workers, stack)
            await saying
            stages.append(Stage.of(workers))
            await asyncio.gather(*(member.catch_up() for member in members))
            stages.append(Stage.of(workers))
            await asyncio.gather(*(member.send("after") for member in writers))
            await eventually(
                lambda: all(member.contents == ["before", "meanwhile", "after"] for member in members),
                "nothing is missing, and nothing is there twice",
            )
    back, caught_up = stages[1] - stages[0], stages[2] - stages[1]
    print(f"{len(members)} sockets, {each:.1f} KiB each; all connected after {back}, all caught up after {caught_up}")
    assert each < MOST_KIBIBYTES
    # The clients of the test take as much of the same machine as the server, which may be busy with other things, too.
    assert back.cpu_seconds < BACK_SECONDS
    assert back.seconds < BACK_SECONDS + SLACK_SECONDS


@dataclass(frozen=True)
class Stage:
    """How far it is: the time, and what the server has used of the machine's processors."""

    seconds: float
    cpu_seconds: float

    @classmethod
    def of(cls, workers: Workers) -> Self:
        return cls(time.monotonic(), workers[0].cpu_seconds())

    def __sub__(self, earlier: Stage) -> Stage:
        return Stage(self.seconds - earlier.seconds, self.cpu_seconds - earlier.cpu_seconds)

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s ({self.cpu_seconds:.1f} s of the server's processor)"


def code_of(bye: Frame | None) -> int | None:
    return bye["code"] if bye is not None else None


async def connect_all(members: list[Member], workers: Workers, stack: AsyncExitStack) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def connect(member: Member) -> None:
        async with turns:
            await member.connect(workers)
            stack.push_async_callback(member.socket.close)

    await asyncio.gather(*(connect(member) for member in members))
