"""One socket: connects, greets, asks and answers, notices silence, comes back."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from ..protocol.close_codes import CloseCode, may_reconnect
from .errors import ClientError, Closed, Refused, SignedOut, Unanswered
from .transport import Credentials

logger = logging.getLogger("django_pairchat.client")

SUBPROTOCOL: Final = Subprotocol("pairchat.v1")
GREETING_SECONDS: Final = 10
ANSWER_SECONDS: Final = 20
SILENCE_SECONDS: Final = 10
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 30
LONGEST_DOUBLING: Final = 8
"""Failures in a row after which a pause does not get longer."""
HEALTHY_SECONDS: Final = 10
FRAME_LIMIT_BYTES: Final = 4 * 2**20
"""Answers have about half a mebibyte, and more where the objects of fifty rooms are large."""


class Line:
    """Keeps a socket open until it is stopped, signed out, or not wanted any more."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        *,
        on_hello: Callable[[dict[str, Any]], Coroutine[Any, Any, None]],
        on_frame: Callable[[dict[str, Any]], None],
        pinged: Callable[[], dict[str, Any]],
    ) -> None:
        """Take the address, the headers' source, and who is told of what."""
        self._url = url
        self._credentials = credentials
        self._on_hello = on_hello
        self._on_frame = on_frame
        self._pinged = pinged
        self._socket: ClientConnection | None = None
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._last_id = 0
        self._failures = 0

    @property
    def is_open(self) -> bool:
        """True from the greeting of the server to the end of the socket."""
        return self._socket is not None

    async def run(self) -> None:
        """Connect, again and again. Raises ``SignedOut`` or ``Closed`` when that is of no more use."""
        refusals = 0
        while True:
            headers: dict[str, str] | None = None
            began = asyncio.get_running_loop().time()
            greeted = False
            bye: dict[str, Any] = {}
            try:
                headers = await self._credentials.get()
                greeted, bye = await self._one(headers)
            except InvalidStatus as problem:
                # A proxy, or the rule of origins, before the socket was there.
                logger.warning("The socket was refused with %s.", problem.response.status_code)
            except (OSError, TimeoutError, WebSocketException, httpx.HTTPError, Unanswered) as problem:
                logger.info("No connection: %r", problem)
            if asyncio.get_running_loop().time() - began > HEALTHY_SECONDS:
                self._failures = 0
            refusals = 0 if greeted else refusals
            if bye.get("code") == CloseCode.SESSION_OVER:
                refusals += 1
                if refusals > 1:
                    raise SignedOut(bye.get("reason", ""))
                with suppress(httpx.HTTPError, Unanswered):
                    await self._credentials.get(headers)
            elif "code" in bye and not bye.get("reconnect", may_reconnect(bye["code"])):
                raise Closed(bye.get("reason") or f"The server closed the connection with {bye['code']}.")
            await asyncio.sleep(bye.get("retry_after", 0) + self._pause())

    def _pause(self) -> float:
        ceiling = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(self._failures, LONGEST_DOUBLING))
        self._failures += 1
        return random.uniform(0, ceiling)  # noqa: S311 - so that not all come back at once

    async def _one(self, headers: dict[str, str]) -> tuple[bool, dict[str, Any]]:
        """Return whether this connection was greeted, and the server's last word."""
        bye: dict[str, Any] = {}
        # The beat below is the protocol's own; it also tells what was missed.
        options: dict[str, Any] = {
            "ping_interval": None,
            "max_size": FRAME_LIMIT_BYTES,
            "open_timeout": GREETING_SECONDS,
        }
        async with connect(self._url, subprotocols=[SUBPROTOCOL], additional_headers=headers, **options) as socket:
            first = json.loads(await asyncio.wait_for(socket.recv(), GREETING_SECONDS))
            if first["type"] != "hello":
                return False, first
            # Raises for a greeting of somebody else.
            catching_up = self._on_hello(first)
            self._socket = socket
            loop = asyncio.get_running_loop()
            greeting = loop.create_task(catching_up)
            beat = loop.create_task(self._beat(socket, first["heartbeat"]))
            try:
                # Reading goes on while what was missed is asked for.
                async for text in socket:
                    frame = json.loads(text)
                    if frame["type"] == "bye":
                        bye = frame
                    else:
                        self._received(frame)
            except ConnectionClosed as problem:
                logger.info("The connection ended: %s", problem)
            finally:
                self._socket = None
                for task in (greeting, beat):
                    task.cancel()
                await asyncio.gather(greeting, beat, return_exceptions=True)
                for answer in self._answers.values():
                    if not answer.done():
                        answer.set_exception(Unanswered("The connection ended before the answer came."))
                self._answers.clear()
        if not bye and socket.close_code is not None:
            bye = {"code": socket.close_code}
        return True, bye

    def _received(self, frame: dict[str, Any]) -> None:
        answer = self._answers.pop(frame["id"], None) if isinstance(frame.get("id"), int) else None
        if answer is None:
            self._on_frame(frame)
        elif not answer.done():
            if frame["type"] == "error":
                answer.set_exception(Refused(frame))
            else:
                answer.set_result(frame)

    async def _beat(self, socket: ClientConnection, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                pong = await asyncio.wait_for(self.request("ping", self._pinged()), SILENCE_SECONDS)
            except (TimeoutError, ClientError):
                # Without a word, since the other side gives none.
                socket.transport.abort()
                return
            self._on_frame(pong)

    async def request(self, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a request. Raises ``Refused`` and ``Unanswered``."""
        socket = self._socket
        if socket is None:
            raise Unanswered("There is no connection at the moment.")
        self._last_id += 1
        number = self._last_id
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            await socket.send(json.dumps({**fields, "type": kind, "id": number}))
            return await asyncio.wait_for(answer, ANSWER_SECONDS)
        except TimeoutError as problem:
            raise Unanswered("No answer came in time.") from problem
        except WebSocketException as problem:
            raise Unanswered("The connection ended before the answer came.") from problem
        finally:
            self._answers.pop(number, None)

    async def tell(self, kind: str, fields: dict[str, Any]) -> None:
        """Send what gets no answer, if there is a connection."""
        if self._socket is not None:
            self._last_id += 1
            with suppress(WebSocketException):
                await self._socket.send(json.dumps({**fields, "type": kind, "id": self._last_id}))
