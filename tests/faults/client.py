"""The clients of the tests: a bare socket, a page that keeps the protocol's rules for losses, and HTTP.

They note what a client mends in silence: each end of a connection and why, each gap, each answer to a repetition. The
shipped clients are tried in ``test_programs.py``.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Self

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from tests.conformance.model import Replica

from .machines import Person, Worker

Frame = dict[str, Any]

CSRF_TOKEN: Final = "faults" * 5 + "ok"
ANSWER_SECONDS: Final = 30.0
PONG_SECONDS: Final = 10.0
GAP_SECONDS: Final = 0.3
RETRY_SECONDS: Final = 0.5
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 3.0
HEALTHY_SECONDS: Final = 10.0
OWN_CLOSE_CODE: Final = 4900
NO_CERTIFICATES: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
COMES_BACK: Final = (4408, 4429)


class Unanswered(Exception):
    """The connection ended, or nothing came in time: what was asked may or may not have been done."""


@dataclass(frozen=True)
class Ending:
    """The end of a connection: its close code and the server's ``bye``. It is ``excused`` when it was the client's
    own doing, or when a test had done something to the worker."""

    code: int
    bye: Frame | None
    excused: bool

    @property
    def is_defect(self) -> bool:
        """Whether a worker that nobody touched has cut the connection without a word."""
        return not self.excused and (self.bye is None or self.code in (1005, 1006, 1011))


class Socket:
    """One connection: requests go out, answers are matched by their id, events go to ``on_event``."""

    def __init__(self, connection: ClientConnection, on_event: Callable[[Frame], None]) -> None:
        self.connection = connection
        self.hello: Frame | None = None
        self.bye: Frame | None = None
        self.close_code: int | None = None
        self.heard_at = time.monotonic()
        self._on_event = on_event
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Frame]] = {}
        self._greeted = asyncio.Event()
        self.listening = asyncio.create_task(self._listen())

    @classmethod
    async def open(
        cls, worker: Worker, person: Person, on_event: Callable[[Frame], None] = lambda event: None, **options: Any
    ) -> Self:
        """Connects as a page of the site does, and waits for ``hello``, ``bye`` or the end.

        Raises what ``websockets`` raises when there is no connection.
        """
        connection = await connect(
            worker.ws_url,
            subprotocols=["pairchat.v1"],  # type: ignore[list-item] # another one
            additional_headers={"Cookie": f"sessionid={person.session}"},
            compression=None,
            ping_interval=None,
            ssl=worker.tls,
            open_timeout=10,
            close_timeout=2,
            **{"origin": worker.url, "max_size": None, "max_queue": None, **options},
        )
        socket = cls(connection, on_event)
        await socket._greeted.wait()
        return socket

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def close(self, code: int = 1000) -> None:
        await self.connection.close(code)
        await self.listening

    def drop(self) -> None:
        """End it without a word."""
        self.connection.transport.abort()

    async def request(self, kind: str, /, **fields: Any) -> Frame:
        """The answer, ``ok``, ``pong`` or ``error``. Raises ``Unanswered``."""
        request_id = next(self._ids)
        answer = self._asked[request_id] = asyncio.get_running_loop().create_future()
        try:
            await self.connection.send(json.dumps({"type": kind, "id": request_id, **fields}))
            return await asyncio.wait_for(answer, ANSWER_SECONDS)
        except (ConnectionClosed, TimeoutError):
            raise Unanswered from None
        finally:
            self._asked.pop(request_id, None)

    async def _listen(self) -> None:
        try:
            async for text in self.connection:
                self.heard_at = time.monotonic()
                self._take(json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            self.close_code = self.connection.close_code or 1006
            self._greeted.set()
            for answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(Unanswered())
                    # The caller may have been cancelled in the meantime.
                    answer.exception()

    def _take(self, frame: Frame) -> None:
        match frame["type"]:
            case "hello":
                self.hello = frame
                self._greeted.set()
            case "bye":
                self.bye = frame
                self._greeted.set()
            case "event":
                self._on_event(frame)
            case _:
                answer = self._asked.get(frame["id"])
                if answer is not None and not answer.done():
                    answer.set_result(frame)


class Page:
    """Stays connected until it is left; ``first`` is the worker that it prefers.

    The dice that say how long it pauses are those of its ``name``.

    Heartbeat and pauses between reconnects are shorter than the protocol's, so that a test need not wait for them.
    """

    def __init__(
        self,
        person: Person,
        rooms: Sequence[str],
        workers: Sequence[Worker],
        *,
        first: int = 0,
        heartbeat: float = 3.0,
        name: str | None = None,
    ) -> None:
        self.person = person
        self.replicas = {room: Replica(room) for room in rooms}
        self.endings: list[Ending] = []
        self.events: list[Frame] = []
        self.foreign: list[Frame] = []
        self.seen_at: dict[str, float] = {}
        self.ready = asyncio.Event()
        self._workers = workers
        self._at = first
        self._heartbeat = heartbeat
        self._socket: Socket | None = None
        self._excused = False
        self.dice = random.Random(name or person.name)
        self._jobs: set[asyncio.Task[None]] = set()
        self._repairing: set[str] = set()
        self._life: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._life = asyncio.create_task(self._live())
        await asyncio.wait_for(self.ready.wait(), 60)
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._excused = True
        assert self._life is not None
        self._life.cancel()
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(self._life, *self._jobs, return_exceptions=True)

    # What a test asks

    @property
    def worker(self) -> Worker:
        """The one that it is connected to, or was, or will be."""
        return self._workers[self._at]

    @property
    def other_worker(self) -> Worker:
        return self._workers[(self._at + 1) % len(self._workers)]

    @property
    def defects(self) -> list[Ending]:
        return [ending for ending in self.endings if ending.is_defect]

    async def request(self, kind: str, /, **fields: Any) -> Frame:
        """The answer. Raises ``Unanswered``, also while it is not connected."""
        if self._socket is None:
            raise Unanswered
        return await self._socket.request(kind, **fields)

    async def do(self, kind: str, /, **fields: Any) -> Frame:
        """The answer of what must succeed."""
        answer = await self.request(kind, **fields)
        assert answer["type"] != "error", f"{kind} {fields} was answered {answer}"
        return answer

    def drop(self) -> None:
        """Lose the connection, as a phone does that leaves the Wi-Fi."""
        if self._socket is not None:
            self._excused = True
            self._socket.drop()

    # The life of a page

    async def _live(self) -> None:
        failures = 0
        while True:
            began = time.monotonic()
            retry_after = 0.0
            try:
                ending = await self._connect()
            except (OSError, InvalidHandshake, InvalidMessage, EOFError, TimeoutError):
                self._at = (self._at + 1) % len(self._workers)
            else:
                self.endings.append(ending)
                if 4400 <= ending.code <= 4499 and ending.code not in COMES_BACK:
                    return
                retry_after = (ending.bye or {}).get("retry_after") or 0.0
            if time.monotonic() - began > HEALTHY_SECONDS:
                failures = 0
            pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**failures)
            failures += 1
            await asyncio.sleep(max(retry_after, self.dice.uniform(0, pause)))

    async def _connect(self) -> Ending:
        process = self.worker.running
        socket = await Socket.open(self.worker, self.person, self._take_event)
        heart = asyncio.create_task(self._beat(socket))
        try:
            if socket.hello is not None:
                self._socket = socket
                self._start(self._catch_up)
            await asyncio.shield(socket.listening)
        finally:
            self._socket = None
            self.ready.clear()
            heart.cancel()
            await socket.close()
        excused, self._excused = self._excused or process.disturbed, False
        assert socket.close_code is not None
        return Ending(socket.close_code, socket.bye, excused or socket.close_code == OWN_CLOSE_CODE)

    async def _catch_up(self) -> None:
        await self._sync(list(self.replicas))
        self.ready.set()

    def _take_event(self, event: Frame) -> None:
        self.events.append(event)
        if event["kind"] == "resync":
            self._start(self._sync, list(self.replicas))
            return
        about = event.get("room")
        room = about["room"] if isinstance(about, dict) else about
        replica = self.replicas.get(str(room))
        if replica is None:
            self.foreign.append(event)
            return
        replica.take_event(event)
        if event["kind"] == "message":
            self.seen_at.setdefault(event["message"]["content"], time.monotonic())
        if replica.knows_of_a_gap and replica.key not in self._repairing:
            self._repairing.add(replica.key)
            self._start(self._repair, replica)

    async def _repair(self, replica: Replica) -> None:
        try:
            await asyncio.sleep(GAP_SECONDS)
            if replica.knows_of_a_gap:
                await self._sync([replica.key])
        finally:
            self._repairing.discard(replica.key)

    async def _sync(self, rooms: Sequence[str]) -> None:
        while (socket := self._socket) is not None:
            positions = {room: self._position(self.replicas[room]) for room in rooms}
            try:
                answer = await socket.request("sync", rooms=positions)
            except Unanswered:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if answer["type"] == "ok":
                for entry in answer["rooms"]:
                    self._take_entry(entry)
                return
            await asyncio.sleep(answer.get("retry_after") or RETRY_SECONDS)

    def _position(self, replica: Replica) -> Frame:
        return replica.position if replica.epoch is not None else {"epoch": "", "rev": 0}

    def _take_entry(self, entry: Frame) -> None:
        now = time.monotonic()
        for message in entry["changes"]:
            self.seen_at.setdefault(message["content"], now)
        self.replicas[entry["room"]].take_entry(entry)

    async def _beat(self, socket: Socket) -> None:
        while True:
            await asyncio.sleep(self._heartbeat)
            asked_at = time.monotonic()
            self._start(self._ping)
            while socket.heard_at < asked_at:
                await asyncio.sleep(0.1)
                if time.monotonic() - asked_at > PONG_SECONDS:
                    await socket.connection.close(OWN_CLOSE_CODE)
                    return

    async def _ping(self) -> None:
        known = {room: replica for room, replica in self.replicas.items() if replica.epoch is not None}
        rooms = {room: frame for replica in known.values() for room, frame in replica.for_ping.items()}
        pong = await self.request("ping", rooms=rooms)
        if pong.get("rooms"):
            await self._sync(pong["rooms"])

    def _start(self, job: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        # Not as a coroutine: one whose task is cancelled before its first step would never be awaited.
        task = asyncio.create_task(self._quietly(job, *arguments))
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    async def _quietly(self, job: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        with suppress(Unanswered):
            await job(*arguments)


class Twin:
    """The same person over HTTP."""

    def __init__(self, person: Person) -> None:
        self._http = httpx.AsyncClient(
            cookies={"sessionid": person.session, "csrftoken": CSRF_TOKEN},
            headers={"X-CSRFToken": CSRF_TOKEN},
            timeout=ANSWER_SECONDS,
            # The servers speak plain HTTP: no need to read the machine's certificates for each person.
            verify=NO_CERTIFICATES,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._http.aclose()

    async def call(self, worker: Worker, method: str, path: str, **options: Any) -> httpx.Response:
        """Raises ``Unanswered``."""
        try:
            return await self._http.request(method, f"{worker.url}{path}", **options)
        except httpx.HTTPError:
            raise Unanswered from None

    async def send(self, worker: Worker, room: str, **fields: Any) -> Frame:
        """A send, with an answer like the socket's. Raises ``Unanswered``, also for an error page of Django's own."""
        response = await self.call(worker, "POST", f"/chat/api/rooms/{room}/messages/", json=fields)
        try:
            body = response.json()
        except ValueError:
            raise Unanswered from None
        return {"type": "ok" if response.is_success else "error", **body}


async def eventually(holds: Callable[[], Any], what: str, seconds: float = 30.0) -> Any:
    """What ``holds`` gives as soon as it is true; fails when it has not been for so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        await asyncio.sleep(0.02)
    return found
