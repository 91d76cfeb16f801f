"""A client of the socket, over the framework's own communicator."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from django_pairchat.asgi import with_chat

WAIT_SECONDS = 15
HOST = "chat.example"
ORIGIN = f"http://{HOST}"


async def _no_http(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("Only the socket is under test.")


class Closed(Exception):
    """The server closed the connection; ``bye`` is the frame before."""

    def __init__(self, code: int, bye: dict[str, Any] | None) -> None:
        self.code = code
        self.bye = bye
        super().__init__(f"{code} after {bye}")


class Socket:
    """One connection. Events that arrive while an answer is waited for are kept in ``events``."""

    def __init__(
        self,
        cookie: str | None = None,
        *,
        application: Callable[..., Any] | None = None,
        path: str = "/ws/pairchat/",
        origin: str | None = ORIGIN,
        subprotocols: list[str] | None = None,
        language: str = "en",
        root_path: str = "",
    ) -> None:
        headers = [(b"host", HOST.encode()), (b"accept-language", language.encode())]
        if origin is not None:
            headers.append((b"origin", origin.encode("latin-1")))
        if cookie is not None:
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()))
        self.line = WebsocketCommunicator(application or with_chat(_no_http), path, headers, subprotocols)
        self.line.scope |= {"root_path": root_path, "scheme": "ws"}
        self.events: list[dict[str, Any]] = []
        self.subprotocol: str | None = None
        self._ids = itertools.count(1)
        self._bye: dict[str, Any] | None = None

    async def handshake(self) -> dict[str, Any]:
        """Send the handshake; what the server does with it, as the message that it sends."""
        await self.line.send_input({"type": "websocket.connect"})
        message: dict[str, Any] = await self.line.receive_output(WAIT_SECONDS)
        self.subprotocol = message.get("subprotocol")
        return message

    async def open(self) -> dict[str, Any]:
        """Connect; the ``hello``."""
        message = await self.handshake()
        assert message["type"] == "websocket.accept", message
        return await self.frame()

    async def frame(self) -> dict[str, Any]:
        """The next frame. Raises ``Closed``."""
        message = await self.line.receive_output(WAIT_SECONDS)
        if message["type"] == "websocket.close":
            raise Closed(message["code"], self._bye)
        assert message["type"] == "websocket.send", message
        frame: dict[str, Any] = json.loads(message["text"])
        if frame["type"] == "bye":
            self._bye = frame
            return await self.frame()
        return frame

    async def send_text(self, text: str | None = None, data: bytes | None = None) -> None:
        """Send a frame as it is."""
        await self.line.send_input({"type": "websocket.receive", "text": text, "bytes": data})

    async def send_request(self, kind: str, **fields: Any) -> int:
        """Send a request without waiting; its id."""
        number = next(self._ids)
        await self.send_text(json.dumps({"type": kind, "id": number, **fields}))
        return number

    async def answer(self, number: int | str | None) -> dict[str, Any]:
        """The answer to the request with this id; events before it are kept."""
        while True:
            frame = await self.frame()
            if frame["type"] != "event":
                assert frame["id"] == number, frame
                return frame
            self.events.append(frame)

    async def request(self, kind: str, **fields: Any) -> dict[str, Any]:
        return await self.answer(await self.send_request(kind, **fields))

    async def event(self, kind: str) -> dict[str, Any]:
        """The next event of this kind, of those kept or of those to come."""
        while True:
            kept = next((event for event in self.events if event["kind"] == kind), None)
            if kept is not None:
                self.events.remove(kept)
                return kept
            frame = await self.frame()
            assert frame["type"] == "event", frame
            self.events.append(frame)

    async def is_alive(self) -> bool:
        return (await self.request("ping"))["type"] == "pong"

    async def kinds_until_pong(self) -> list[str]:
        """The kinds of all events that come before the answer to a ping, those kept included."""
        await self.request("ping")
        kinds = [event["kind"] for event in self.events]
        self.events.clear()
        return kinds

    async def end(self) -> Closed:
        """Read on until the server closes."""
        while True:
            try:
                self.events.append(await self.frame())
            except Closed as closed:
                return closed

    async def disconnect(self) -> None:
        await self.line.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.line.wait(WAIT_SECONDS)


def session_of(user: Any) -> str:
    """The key of a new session of this user."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


class Sockets:
    """Opens sockets for people, and takes them all away at the end of a test."""

    def __init__(self) -> None:
        self._open: list[Socket] = []

    async def __call__(self, user: Any, **options: Any) -> Socket:
        """A connected socket of this user; its ``hello`` has been read."""
        socket = await self.new(user, **options)
        await socket.open()
        return socket

    async def new(self, user: Any, **options: Any) -> Socket:
        """A socket that has not knocked yet; of nobody for ``None``."""
        cookie = None if user is None else await sync_to_async(session_of)(user)
        return self.with_cookie(cookie, **options)

    def with_cookie(self, cookie: str | None, **options: Any) -> Socket:
        socket = Socket(cookie, **options)
        self._open.append(socket)
        return socket

    async def disconnect(self) -> None:
        for socket in self._open:
            if socket.line.future.done():
                continue
            try:
                await socket.disconnect()
            except (asyncio.CancelledError, TimeoutError):
                socket.line.future.cancel()
