"""For the tests of a host project: chat without threads, an open page to talk through, channel layers that fail.

Nothing here needs pytest. In a ``TestCase``::

    class ChatTests(TestCase):
        async def test_the_seller_gets_the_message(self):
            with inline():
                async with ChatCommunicator(buyer) as page, ChatCommunicator(seller) as other_page:
                    await page.send(room, "Is it still there?")
                    event = await other_page.event("message")

Tests whose transactions are committed (``TransactionTestCase``, ``django_db(transaction=True)``) run the chat as a
server does, without ``inline()``, and call :func:`stop_live_threads` at their end.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import random
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from typing import Any, ClassVar, Final, Self, TypeVar
from unittest.mock import patch
from uuid import uuid4

from asgiref.sync import SyncToAsync, sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.layers import BaseChannelLayer, InMemoryChannelLayer
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import Atomic, get_connection
from django.test import AsyncClient
from django.utils.module_loading import import_string

from .conf import conf
from .live.background import Background, background
from .live.delivery import PARTS
from .live.rooms import RoomEvents, show_now
from .live.workers import Workers
from .live.writer import Answer, Writer, writer
from .routing import chat_socket
from .services.announcements import RoomChange
from .services.drafts import Draft
from .services.failures import refusal_for
from .services.rates import Rates, rates
from .services.sending import send_one
from .wire.answers import SUBPROTOCOL

logger = logging.getLogger("django_pairchat")

T = TypeVar("T")

HOST: Final = "testserver"

# Chat without threads

_tasks: set[asyncio.Task[Any]] = set()


@contextmanager
def inline() -> Iterator[None]:
    """Everything the chat does on the database happens where synchronous code of the test happens.

    So a test inside a transaction that is rolled back sees what sockets write, and sockets see what the test wrote.
    Such a transaction is never committed: what waits for the commit happens when the blocks within the test have
    ended. Everybody's limits begin anew.
    """
    with ExitStack() as stack:
        stack.callback(rates.reset)
        rates.reset()
        for owner, name, replacement in (
            (Workers, "run", _run),
            (Workers, "submit", _submit),
            (Writer, "send", _send),
            (RoomEvents, "show", _show),
            (Rates, "_ask", Rates._ask_locally),
            (Atomic, "__exit__", _leave_block),
            (BaseDatabaseWrapper, "on_commit", _wait_for_commit),
        ):
            stack.enter_context(patch.object(owner, name, replacement))
        yield


async def _run(self: Workers, function: Callable[[], T]) -> T:
    return await sync_to_async(function)()


def _submit(self: Workers, function: Callable[[], object]) -> None:
    _soon(function)


def _send(self: Writer, draft: Draft, answer: Answer) -> None:
    _keep(_store(draft, answer))


async def _store(draft: Draft, answer: Answer) -> None:
    try:
        answer(await sync_to_async(send_one)(draft))
    except Exception as error:  # noqa: BLE001 - the writer answers every draft, whatever happened
        answer(refusal_for(error))


def _show(self: RoomEvents, changes: Iterable[RoomChange]) -> None:
    _soon(partial(show_now, {change.room: change.users for change in changes}))


_django_leaves_block = Atomic.__exit__
_django_waits_for_commit = BaseDatabaseWrapper.on_commit


def _leave_block(block: Atomic, *exception: Any) -> None:
    _django_leaves_block(block, *exception)
    _run_hooks(get_connection(block.using))


def _wait_for_commit(connection: BaseDatabaseWrapper, function: Callable[[], object], robust: bool = False) -> None:
    _django_waits_for_commit(connection, function, robust)
    _run_hooks(connection)


def _run_hooks(connection: Any) -> None:
    """As at a commit, when nothing is open but the transaction of the test case itself."""
    if all(block._from_testcase for block in connection.atomic_blocks) and not connection.needs_rollback:
        waiting, connection.run_on_commit = connection.run_on_commit, []
        for _savepoints, function, robust in waiting:
            _run_hook(function, robust)


def _run_hook(function: Callable[[], object], robust: bool) -> None:
    try:
        function()
    except Exception:
        if not robust:
            raise
        logger.exception("A function that waited for the commit failed.")


def _soon(function: Callable[[], object]) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        function()
    else:
        _keep(sync_to_async(function)())


def _keep(work: Coroutine[Any, Any, Any]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


def stop_live_threads() -> None:
    """End the chat's threads once their work is done, close their database connections, and forget what they knew.

    Called by synchronous code at the end of a test that ran them: a test database cannot be dropped while somebody
    is connected to it.
    """
    pools = [part for part in PARTS if isinstance(part, Workers)]
    # What ends may give the workers something more to do.
    ending: list[Writer | Workers | Background | Rates] = [writer, *pools, background, *pools, rates]
    for part in ending:
        part.stop()
    for each in PARTS:
        each.reset()
    _shared_memory.cache_clear()
    # The thread in which asynchronous tests run synchronous code outlives them, and so does its connection.
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


def _is_in_test_case() -> bool:
    opened: list[Any] = [block for each in connections.all(initialized_only=True) for block in each.atomic_blocks]
    return any(block._from_testcase for block in opened)


# An open page


class ChatCommunicator:
    """A socket as the browser of ``user`` opens it: with a session of its own, from a page of the site.

    ``user`` is ``None`` for somebody who is not signed in, ``origin`` is ``None`` for a client that sends none,
    ``application`` is for a host that composes its own. :attr:`client` loads pages in the same session.
    """

    timeout_seconds = 5.0
    """How long to wait for a frame before ``TimeoutError``."""

    def __init__(
        self,
        user: Any = None,
        *,
        application: Any = chat_socket,
        path: str | None = None,
        origin: str | None = f"http://{HOST}",
        headers: Iterable[tuple[bytes, bytes]] = (),
        subprotocols: Sequence[str] = (SUBPROTOCOL,),
    ) -> None:
        self.user = user
        self.client = AsyncClient()
        self.close_code: int | None = None
        self._frames: list[dict[str, Any]] = []
        self._ids = itertools.count(1)
        sent_origin = [] if origin is None else [(b"origin", origin.encode())]
        scope = {
            "type": "websocket",
            "path": path or conf.websocket_path,
            "query_string": b"",
            "headers": [(b"host", HOST.encode()), *sent_origin, *headers],
            "subprotocols": list(subprotocols),
        }
        self._server = ApplicationCommunicator(application, scope)

    async def connect(self) -> dict[str, Any]:
        """The server's first frame: ``hello``, or ``bye``.

        Raises ``ConnectionRefusedError`` where a browser would get HTTP 403, and ``RuntimeError`` in the transaction of
        a test case without :func:`inline`.
        """
        if Workers.run is not _run and await sync_to_async(_is_in_test_case)():
            raise RuntimeError(
                "This test runs in a transaction, in which no socket's thread can see what it writes: open the page "
                "within `with inline():`, or use a TransactionTestCase."
            )
        if self.user is not None:
            await self.client.aforce_login(self.user)
        cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in self.client.cookies.items())
        self._server.scope["headers"].append((b"cookie", cookies.encode()))
        await self._server.send_input({"type": "websocket.connect"})
        answer = await self._server.receive_output(self.timeout_seconds)
        if answer["type"] == "websocket.close":
            raise ConnectionRefusedError("The server refused the connection before the upgrade.")
        return await self._receive()

    async def disconnect(self, code: int = 1000) -> None:
        """Close the page. Raises what the application raised."""
        await self._server.send_input({"type": "websocket.disconnect", "code": code})
        await self._server.wait(self.timeout_seconds)
        await asyncio.gather(*(task for task in _tasks if task.get_loop() is asyncio.get_running_loop()))

    async def __aenter__(self) -> Self:
        first = await self.connect()
        if first["type"] != "hello":
            raise ConnectionRefusedError(f"The server said {first}.")
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        if kind is None:
            await self.disconnect()
        else:
            # What the test has to say matters more than what the application says to its end.
            self._server.stop(exceptions=False)
            await asyncio.sleep(0)

    async def request(self, type: str, **fields: Any) -> dict[str, Any]:
        """The answer to this request; what else comes meanwhile is kept for later."""
        request_id = next(self._ids)
        await self.send_text(json.dumps({"type": type, "id": request_id, **fields}))
        return await self._next(lambda frame: frame.get("id") == request_id)

    async def send(self, room: Any, content: str, **fields: Any) -> dict[str, Any]:
        """The answer to a new message in this room."""
        message = {"room": str(room.pk), "client_id": str(uuid4()), "content": content, **fields}
        return await self.request("send", **message)

    async def event(self, kind: str) -> dict[str, Any]:
        """The next event of this kind."""
        return await self._next(lambda frame: frame["type"] == "event" and frame["kind"] == kind)

    async def events(self) -> list[dict[str, Any]]:
        """The events that have come by the time that the server answers a ``ping``."""
        await self.request("ping")
        events = [frame for frame in self._frames if frame["type"] == "event"]
        self._frames = [frame for frame in self._frames if frame["type"] != "event"]
        return events

    async def bye(self) -> dict[str, Any]:
        """What the server says before it closes the connection; then :attr:`close_code` is set."""
        frame = await self._next(lambda frame: frame["type"] == "bye")
        try:
            await self._receive()
        except ConnectionAbortedError:
            return frame
        raise AssertionError("The server said bye and stayed.")

    async def send_text(self, text: str) -> None:
        """Send a frame as it is."""
        await self._server.send_input({"type": "websocket.receive", "text": text})

    async def _next(self, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for frame in self._frames:
            if is_wanted(frame):
                self._frames.remove(frame)
                return frame
        while not is_wanted(frame := await self._receive()):
            self._frames.append(frame)
        return frame

    async def _receive(self) -> dict[str, Any]:
        event: dict[str, Any] = {}
        if self.close_code is None:
            event = await self._server.receive_output(self.timeout_seconds)
            self.close_code = event.get("code")
        if self.close_code is not None:
            raise ConnectionAbortedError(f"The server closed the connection with {self.close_code}.")
        frame: dict[str, Any] = json.loads(event["text"])
        return frame


# Channel layers that fail, for ``"BACKEND"`` in ``CHANNEL_LAYERS``


@cache
def _shared_memory() -> InMemoryChannelLayer:
    return InMemoryChannelLayer()


class LayerAround(BaseChannelLayer):
    """Passes everything on to another layer: ``CONFIG`` names its ``backend`` and its ``config``.

    Without a name that is a memory which all these layers of a process share, as if it were several processes.
    """

    extensions: ClassVar = ["groups", "flush"]

    def __init__(self, *, backend: str | None = None, config: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.layer: Any = import_string(backend)(**(config or {})) if backend else _shared_memory()

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        await self.layer.send(channel, message)

    async def receive(self, channel: str) -> dict[str, Any]:
        message: dict[str, Any] = await self.layer.receive(channel)
        return message

    async def new_channel(self, prefix: str = "specific.") -> str:
        channel: str = await self.layer.new_channel(prefix)
        return channel

    async def group_add(self, group: str, channel: str) -> None:
        await self.layer.group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        await self.layer.group_discard(group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self.layer.group_send(group, message)

    async def flush(self) -> None:
        await self.layer.flush()


class LossyChannelLayer(LayerAround):
    """Drops, duplicates and delays messages, so that later ones overtake them; the same ones for the same ``seed``.

    ``drop``, ``duplicate`` and ``delay`` are shares between 0 and 1.
    """

    def __init__(
        self,
        *,
        drop: float = 0.3,
        duplicate: float = 0.1,
        delay: float = 0.3,
        delay_seconds: float = 0.5,
        seed: int = 0,
        backend: str | None = None,
        config: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(backend=backend, config=config)
        self.drop = drop
        self.duplicate = duplicate
        self.delay = delay
        self.delay_seconds = delay_seconds
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._under_way: set[asyncio.Task[None]] = set()

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        await self._carry(partial(super().send, channel, message))

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._carry(partial(super().group_send, group, message))

    async def _carry(self, deliver: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._chance.random() < self.drop:
            return
        copies = 2 if self._chance.random() < self.duplicate else 1
        for _ in range(copies):
            if self._chance.random() < self.delay:
                task = asyncio.get_running_loop().create_task(self._deliver_late(deliver))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
            else:
                await deliver()

    async def _deliver_late(self, deliver: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await asyncio.sleep(self.delay_seconds)
        await deliver()


class StrictChannelLayer(LayerAround):
    """Refuses what some layer would refuse or change on the way: names, types that JSON does not know, lone surrogates.

    Raises ``TypeError`` or ``ValueError``.
    """

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        self.require_valid_channel_name(channel)
        _require_plain(message)
        await super().send(channel, message)

    async def group_add(self, group: str, channel: str) -> None:
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        await super().group_add(group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.require_valid_group_name(group)
        _require_plain(message)
        await super().group_send(group, message)


def _require_plain(message: Any) -> None:
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise TypeError("A message is a dictionary with a type.")
    encoded = json.dumps(message, ensure_ascii=False, allow_nan=False)
    encoded.encode()
    if json.loads(encoded) != message:
        raise ValueError("The message would arrive as another one.")


class BrokenChannelLayer(BaseChannelLayer):
    """Raises ``ConnectionError`` whatever is asked of it."""

    extensions: ClassVar = ["groups", "flush"]

    async def _fail(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionError("This channel layer is broken.")

    send = receive = new_channel = group_add = group_discard = group_send = flush = _fail
