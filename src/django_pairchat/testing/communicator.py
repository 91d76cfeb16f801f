"""A test client for the chat's socket."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final, Self
from uuid import uuid4

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import AsyncClient

from ..conf import conf
from ..node import Node, get_node
from ..protocol.frames import SUBPROTOCOL
from ..routing import chat_socket
from ..utils.db_connections import release_connections
from .threads import finish_tasks, is_in_test_case, is_running_inline

HOST: Final = "testserver"


class ChatCommunicator:
    """A socket as the browser of ``user`` opens it: with a session of its own, from a page of the site.

    ``user`` is ``None`` for a visitor who is not signed in. ``origin`` is ``None`` for a client that sends no
    ``Origin``. ``application`` is the ASGI application of a host that composes its own. :attr:`client` loads pages in
    the same session.
    """

    timeout_seconds = 5.0
    """Seconds to wait for a frame before ``TimeoutError``."""

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
            "scheme": "ws",
            "path": path or conf.websocket_path,
            "query_string": b"",
            "headers": [(b"host", HOST.encode()), *sent_origin, *headers],
            "subprotocols": list(subprotocols),
        }
        self._server = ApplicationCommunicator(partial(_serve, get_node(), application), scope)

    async def connect(self) -> dict[str, Any]:
        """Open the socket and return the server's first frame: ``hello``, or ``bye``.

        Raises ``ConnectionRefusedError`` where a browser would get HTTP 403, and ``RuntimeError`` in the transaction of
        a test case without :func:`run_inline`.
        """
        if not is_running_inline() and await sync_to_async(is_in_test_case)():
            raise RuntimeError(
                "This test runs in a transaction, in which no socket's thread can see what it writes: open the page "
                "within `with run_inline():`, or use a TransactionTestCase."
            )
        if self.user is not None:
            await self.client.aforce_login(self.user)
            # A small pool would be exhausted if connections were returned only at the end of the test.
            await sync_to_async(release_connections)()
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
        await finish_tasks()

    async def __aenter__(self) -> Self:
        first = await self.connect()
        if first["type"] != "hello":
            raise ConnectionRefusedError(f"The server sent {first}.")
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        if kind is None:
            await self.disconnect()
        else:
            # The exception of the test matters more than one that the application raises at its end.
            self._server.stop(exceptions=False)
            await asyncio.sleep(0)

    async def request(self, type: str, **fields: Any) -> dict[str, Any]:
        """Send a request and return its answer. Other frames that arrive before it are kept for later."""
        request_id = next(self._ids)
        await self.send_text(json.dumps({"type": type, "id": request_id, **fields}))
        return await self._next(lambda frame: frame.get("id") == request_id)

    async def send(self, room: Any, content: str, **fields: Any) -> dict[str, Any]:
        """Send a new message to this room and return the answer."""
        message = {"room": str(room.pk), "client_id": str(uuid4()), "content": content, **fields}
        return await self.request("send", **message)

    async def event(self, kind: str) -> dict[str, Any]:
        """Return the next event of this kind."""
        return await self._next(lambda frame: frame["type"] == "event" and frame["kind"] == kind)

    async def events(self) -> list[dict[str, Any]]:
        """Return the events that arrived before the server's answer to a ``ping``."""
        await self.request("ping")
        events = [frame for frame in self._frames if frame["type"] == "event"]
        self._frames = [frame for frame in self._frames if frame["type"] != "event"]
        return events

    async def bye(self) -> dict[str, Any]:
        """Return the ``bye`` that the server sends before it closes the connection. Sets :attr:`close_code`."""
        frame = await self._next(lambda frame: frame["type"] == "bye")
        try:
            await self._receive()
        except ConnectionAbortedError:
            return frame
        raise AssertionError("The server sent bye, but did not close the connection.")

    async def send_text(self, text: str) -> None:
        """Send a text frame unchanged."""
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


async def _serve(node: Node, application: Any, scope: Any, receive: Any, send: Any) -> None:
    """Run the application in the node of the code that opened the page: it begins with an empty context."""
    with node.active():
        await application(scope, receive, send)
