"""The client: one person's chats, for bots, tests and command lines."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self, cast
from uuid import NAMESPACE_URL, uuid4, uuid5

import httpx

from .errors import ClientError, Closed, Refused, SignedOut, Unanswered
from .line import LONGEST_DOUBLING, Line
from .reading import Reading
from .store import Store, Waiting
from .transport import TIMEOUT_SECONDS, Authenticate, Credentials, Http
from .wire import Attachment, ChatEvent, HistoryAnswer, InboxAnswer, Message, Room, Voice

logger = logging.getLogger("django_pairchat.client")

PASSING: Final = frozenset({"busy", "rate_limited"})
TRIES_AFTER_ERROR: Final = 3
LONGEST_PAUSE_SECONDS: Final = 30


class PairchatClient:
    """One person's chats, over a socket that is kept open. Use it as an asynchronous context manager."""

    def __init__(
        self,
        base: str,
        authenticate: Authenticate | Mapping[str, str],
        *,
        socket: str | None = None,
        store: Store | None = None,
        http: httpx.AsyncClient | None = None,
        follow: bool = True,
    ) -> None:
        """Take the address at which the site includes the URLs of the chat, such as ``https://shop.example/chat/``.

        ``authenticate`` is the headers that prove who asks, or a function that gives them: it is awaited with whether
        those that it gave last were refused, and returns ``None`` if there are no others. ``socket`` is the address of
        the socket, if it is not ``/ws/pairchat/`` of the same host. ``store`` keeps what was not sent and how far the
        messages were read; without one that is forgotten in the end. ``http`` makes the requests, with the limits and
        certificates that it has. A client that never reads :meth:`messages` need not ``follow`` them. Raises
        ``ValueError`` for an address that is none.
        """
        url = httpx.URL(base if base.endswith("/") else f"{base}/")
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError(f'base must be a whole address, such as "https://shop.example/chat/", not {base!r}.')
        self._store = store or Store()
        self._follow = follow
        self._own_http = http is None
        self._client = http or httpx.AsyncClient(timeout=TIMEOUT_SECONDS)
        self._credentials = Credentials(authenticate if callable(authenticate) else _fixed(authenticate))
        self._http = Http(str(url), self._credentials, self._client)
        address = socket or str(url.copy_with(scheme=url.scheme.replace("http", "ws"), raw_path=b"/ws/pairchat/"))
        self._line = Line(
            address,
            self._credentials,
            on_hello=self._hello,
            on_frame=self._frame,
            pinged=self._pinged,
        )
        self._reading = Reading(self._store, self.request)
        self._running: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = asyncio.Event()
        self._to_send = asyncio.Event()
        self._stored: dict[str, asyncio.Future[Message]] = {}
        self._listeners: list[Callable[[ChatEvent], None]] = []
        self._reads_messages = False

    async def __aenter__(self) -> Self:
        """Connect. Raises ``SignedOut`` if nobody is signed in; a server that is away is waited for."""
        self._running = asyncio.create_task(self._run())
        await self._or_end(self._ready.wait())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Disconnect. What was not sent stays in the store."""
        for task in (self._running, *self._tasks):
            if task is not None:
                task.cancel()
        await asyncio.gather(*filter(None, (self._running, *self._tasks)), return_exceptions=True)
        for waiting in self._stored.values():
            if not waiting.done():
                waiting.set_exception(Closed("The client was closed before the message was sent."))
                # Nobody may be waiting for it.
                waiting.exception()
        if self._own_http:
            await self._client.aclose()
        self._store.close()

    @property
    def user(self) -> str:
        """The key of the person, as the server told it."""
        if self._http.user is None:
            raise Unanswered("The server has not greeted yet.")
        return self._http.user

    @property
    def is_connected(self) -> bool:
        """True while there is a socket."""
        return self._line.is_open

    # Writing

    async def send(
        self,
        room: str,
        content: str,
        *,
        reply_to: int | None = None,
        attachment: str | None = None,
        client_id: str | None = None,
    ) -> Message:
        """Send a message, and return it once it is stored, however long that takes.

        ``attachment`` is the token of an :meth:`upload`. The message is in the store from now on: after a crash the
        next client with this store sends it. With a ``client_id`` of its own a message can be sent again, and is stored
        once. Raises ``Refused``, and ``SignedOut`` or ``Closed`` when it stays in the store.
        """
        client_id = client_id or str(uuid4())
        future = self._stored.get(client_id)
        if future is None:
            future = self._stored[client_id] = asyncio.get_running_loop().create_future()
            self._store.add(Waiting(client_id, room, content, reply_to, attachment))
            self._to_send.set()
        return cast("Message", await self._or_end(asyncio.shield(future)))

    async def reply(self, message: Message, content: str, *, quote: bool = False) -> Message:
        """Answer a message, once: a second reply to the same one, also after a crash, is the first one again.

        Raises as :meth:`send` does, and ``Refused`` with ``conflict`` for another text.
        """
        client_id = str(uuid5(NAMESPACE_URL, f"{self._http.api}{message['room']}/{message['seq']}"))
        reply_to = message["seq"] if quote else None
        return await self.send(message["room"], content, reply_to=reply_to, client_id=client_id)

    async def upload(
        self, room: str, name: str, content: bytes, *, voice: Voice | None = None
    ) -> tuple[str, Attachment]:
        """Upload a file for a message in a room; return the token for :meth:`send`, and what the server made of it.

        ``voice`` says how long a voice message is, and how it looks. Raises ``Refused`` and ``Unanswered``.
        """
        data = {"room": room, **({"voice": json.dumps(voice)} if voice else {})}
        answer = await self._http.ask("POST", "uploads/", data=data, files={"file": (name, content)})
        return answer["upload"], answer["attachment"]

    async def typing(self, room: str, on: bool = True) -> None:
        """Tell the other person that this one writes, or has stopped."""
        await self._line.tell("typing", {"room": room, "on": on})

    # Reading

    async def messages(self, *, own: bool = False) -> AsyncIterator[Message]:
        """Yield each message that is sent, edited, deleted or reacted to, in the order of its room.

        Those that came while there was no connection follow. With a store of a file this goes on where the last one
        ended: a message counts as handled when the next one is asked for. The first time it begins with what comes from
        now on. ``own`` includes what this person sends. Raises ``SignedOut`` or ``Closed`` when no more can come.
        """
        if not self._follow:
            raise RuntimeError("This client does not follow messages.")
        if self._reads_messages:
            raise RuntimeError("messages() is read already: one reader keeps the order.")
        self._reads_messages = True
        try:
            while True:
                room, position, message = await self._or_end(self._reading.next())
                if own or message["sender"] != self.user:
                    yield message
                self._reading.taken(room, position)
        finally:
            self._reads_messages = False

    def listen(self, listener: Callable[[ChatEvent], None]) -> Callable[[], None]:
        """Call the listener with each event as it comes, those of typing and presence too; return what ends that.

        Events may be lost or come twice: :meth:`messages` is what misses nothing.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def request(self, kind: str, fields: dict[str, Any] | None = None) -> dict[str, Any]:
        """Make any request of the protocol, over the socket, or over HTTP while there is none.

        Raises ``Refused`` and ``Unanswered``.
        """
        fields = fields or {}
        if self._line.is_open:
            return await self._line.request(kind, fields)
        return await self._http.request(kind, fields)

    async def open_room(self, user: str, topic: str | None = None) -> Room:
        """Open the chat with a person, about what the token ``topic`` stands for.

        Raises ``Refused`` and ``Unanswered``.
        """
        answer = await self._http.request("open", {"user": user} | ({"topic": topic} if topic else {}))
        return cast("Room", answer["room"])

    async def inbox(self, *, before: str | None = None, limit: int = 20, archived: bool = False) -> InboxAnswer:
        """Return a page of the rooms, newest first. Raises ``Refused`` and ``Unanswered``."""
        answer = await self.request("inbox", {"before": before, "limit": limit, "archived": archived})
        return cast("InboxAnswer", answer)

    async def history(
        self, room: str, *, before: int | None = None, after: int | None = None, limit: int = 50
    ) -> HistoryAnswer:
        """Return a page of the messages of a room, the newest without a number. Raises ``Refused``, ``Unanswered``."""
        answer = await self.request("history", {"room": room, "before": before, "after": after, "limit": limit})
        return cast("HistoryAnswer", answer)

    async def mark_read(self, room: str, seq: int) -> Room:
        """Say that everything up to ``seq`` was read. Raises ``Refused`` and ``Unanswered``."""
        return cast("Room", (await self.request("read", {"room": room, "seq": seq}))["room"])

    async def fetch_file(self, path: str) -> bytes:
        """Return the bytes of what an attachment's ``url`` or ``thumbnail`` names.

        Raises ``Refused`` and ``Unanswered``.
        """
        answer = await self._http.fetch("GET", path, follow_redirects=False)
        if answer.next_request is not None:
            answer = await self._http.follow(answer.next_request.url)
        if not answer.is_success:
            raise Refused({"code": "not_found", "message": f"The server answered {answer.status_code}."})
        return answer.content

    # Inside

    async def _or_end(self, waited: Coroutine[Any, Any, Any] | asyncio.Future[Any]) -> Any:
        """Wait for something, or for the end of the client, which raises its reason."""
        running = self._running
        if running is None:
            raise Closed("Use the client within `async with`.")
        task = asyncio.ensure_future(waited)
        try:
            await asyncio.wait({task, running}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            if running.cancelled():
                raise Closed("The client is closed.")
            await running
            raise Closed("The client is closed.")
        finally:
            task.cancel()

    async def _run(self) -> None:
        # The first that fails ends the client, and tells all that wait why.
        parts = [asyncio.create_task(self._line.run()), asyncio.create_task(self._send_all())]
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in done:
                part.result()
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)

    def _hello(self, hello: dict[str, Any]) -> Coroutine[Any, Any, None]:
        if self._http.user not in (None, hello["user"]) or not self._store.belongs_to(hello["user"]):
            raise SignedOut("These headers are another person's than those before, or than whose store this is.")
        self._http.user = hello["user"]
        return self._greeted()

    async def _greeted(self) -> None:
        if self._follow:
            await self._patiently(self._reading.catch_up)
        self._to_send.set()
        self._ready.set()

    def _pinged(self) -> dict[str, Any]:
        return {"inbox": self._reading.inbox_state} if self._follow else {}

    def _frame(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "pong" and frame["inbox"] and self._follow:
            self._soon(self._patiently(self._reading.catch_up))
        if frame["type"] != "event":
            return
        if frame["kind"] == "message" and self._follow:
            room = frame["room"]
            if self._reading.event(room, frame["epoch"], frame["message"]):
                self._soon(self._patiently(lambda: self._reading.read_soon(room)))
        elif frame["kind"] == "resync" and self._follow:
            self._soon(self._patiently(self._reading.catch_up))
        for listener in list(self._listeners):
            listener(cast("ChatEvent", frame))

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _patiently(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Until it was done, or the connection ended: the next greeting does it then."""
        while self._line.is_open:
            try:
                return await work()
            except SignedOut:
                return None
            except Refused as problem:
                await asyncio.sleep(problem.retry_after or 1)
            except Unanswered:
                await asyncio.sleep(1)
        return None

    async def _send_all(self) -> None:
        """In their order, one at a time, each until it is stored or refused."""
        failures = 0
        while True:
            waiting = self._store.next()
            if waiting is None or not self._ready.is_set():
                self._to_send.clear()
                await self._to_send.wait()
                continue
            try:
                answer = await self.request("send", {name: getattr(waiting, name) for name in waiting.__slots__})
            except Refused as problem:
                if isinstance(problem, SignedOut) or self._passes(problem, failures):
                    failures += 1
                    longer = min(LONGEST_PAUSE_SECONDS, 0.5 * 2 ** min(failures, LONGEST_DOUBLING))
                    await asyncio.sleep(problem.retry_after + longer)
                    continue
                self._over(waiting, problem)
            except Unanswered:
                failures += 1
                await asyncio.sleep(min(LONGEST_PAUSE_SECONDS, 0.25 * 2 ** min(failures, LONGEST_DOUBLING)))
                continue
            else:
                self._over(waiting, answer["message"])
            failures = 0

    @staticmethod
    def _passes(problem: Refused, failures: int) -> bool:
        return problem.code in PASSING or (problem.code == "error" and failures < TRIES_AFTER_ERROR)

    def _over(self, waiting: Waiting, outcome: Message | ClientError) -> None:
        self._store.remove(waiting.client_id)
        future = self._stored.pop(waiting.client_id, None)
        if isinstance(outcome, ClientError):
            logger.warning("A message was refused and is not sent again: %s", outcome)
        if future is None or future.done():
            return
        if isinstance(outcome, ClientError):
            future.set_exception(outcome)
            with suppress(ClientError):
                future.exception()
        else:
            future.set_result(outcome)


def _fixed(headers: Mapping[str, str]) -> Authenticate:
    async def authenticate(refused: bool) -> Mapping[str, str] | None:
        return None if refused else headers

    return authenticate
