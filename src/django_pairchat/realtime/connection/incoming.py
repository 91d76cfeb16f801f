"""Incoming frames of one connection: read, queued, performed and answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.utils import translation

from ...core.access import without_waiting
from ...core.error_handling import RETRY_BUSY_SECONDS, to_chat_error
from ...core.events import SignalCall, collect_signals
from ...dispatch import WITHOUT_TRACE, dispatch
from ...exceptions import Busy, error_text
from ...node import get_node
from ...protocol import frames, requests
from ...protocol.close_codes import CloseCode
from ...protocol.errors import ChatError, ErrorCode
from ...protocol.json_reading import read_object
from ...protocol.plain_send import read_plain_send
from ...sending.admit import admit, admit_at_once
from ...sending.types import Answer, PendingMessage, SentMessage
from ...utils import instruments
from ...utils.thread_pool import search_pool, thread_pool
from ..signal_dispatch import signal_dispatcher
from .closing import Closing
from .focus import focus
from .inflight import InflightSends
from .request_queue import QueuedRequest, RequestQueue
from .throttle import RequestThrottle

if TYPE_CHECKING:
    from .connection import Connection

UNREADABLE_LIMIT: Final = 20

T = TypeVar("T")
Outcome = tuple[T, list[SignalCall]]
"""A result, and the calls of the host's receivers that are to follow it."""


class IncomingFrames:
    """Turns the frames of one client into requests, and their results into answers."""

    __slots__ = ("_connection", "_inflight", "_requests", "_searches", "_throttle", "_unreadable")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._unreadable: tuple[float, ...] = ()
        self._throttle = RequestThrottle()
        self._inflight = InflightSends(self._answer_send)
        self._requests = RequestQueue(self._answer, self._send_error)
        self._searches: RequestQueue | None = None

    async def handle(self, text: str | None) -> None:
        """Read one frame and queue its request. Raises ``Closing``, and answers any other error."""
        request_id: requests.RequestId | None = None
        try:
            kinds = self._connection.consumer.request_types
            plain = None if text is None or kinds.get("send") is not requests.Send else read_plain_send(text)
            request: requests.Request
            if plain is None:
                values = read_object(text)
                request_id = requests.request_id(values)
                request = requests.parse(values, kinds)
            else:
                request_id, request = plain
            if self._connection.is_check_due:
                await self._connection.check_rights()
            if isinstance(request, requests.Send):
                await self._queue_send(request_id, request)
            else:
                await self._queue(request_id, request)
        except Closing:
            raise
        except Exception as error:  # noqa: BLE001 - no input and no database error ends a connection
            self._count_unreadable(error)
            self._send_error(request_id, error)

    def cancel(self) -> None:
        """Cancel what is queued, except sends."""
        self._requests.cancel()
        if self._searches is not None:
            self._searches.cancel()

    def _count_unreadable(self, error: Exception) -> None:
        if not isinstance(error, ChatError) or error.code not in (ErrorCode.BAD_FRAME, ErrorCode.TOO_LARGE):
            return
        now = time.monotonic()
        self._unreadable = (*(at for at in self._unreadable if now - at <= get_node().options.unreadable_seconds), now)
        if len(self._unreadable) > UNREADABLE_LIMIT:
            raise Closing(CloseCode.BAD_FRAMES)

    async def _queue_send(self, request_id: requests.RequestId, request: requests.Send) -> None:
        """Hand a message to the group committer. Messages of one connection reach it in their order."""
        if self._inflight.is_full and not await self._inflight.wait_for_capacity():
            raise Busy(retry_after=RETRY_BUSY_SECONDS)
        admitted = admit_at_once(self._connection.user, request, self._connection.user_key)
        if admitted is None:
            admitted = await self._admit_in_thread(request)
        self._inflight.add(admitted, request_id)

    async def _admit_in_thread(self, request: requests.Send) -> PendingMessage:
        """Admit a message that takes a query, or asks the storage or the cache. Nothing is locked here.

        Raises the ``ChatError`` of a message that is refused.
        """
        # Apart from the same user's other requests, so that no send waits for them.
        owner = ("sends", self._connection.user_key)
        work = thread_pool().run(partial(_admit, self._connection, request), owner=owner)
        admitted, signal_calls = await _until_done(work)
        signal_dispatcher().call(signal_calls)
        if isinstance(admitted, ChatError):
            raise admitted
        return admitted

    def _answer_send(self, request_id: requests.RequestId, answer: Answer) -> None:
        if isinstance(answer, SentMessage):
            self._connection.outgoing.send(frames.sent(request_id, answer.encoded, answer.duplicate, answer.notice))
        else:
            self._send_error(request_id, answer)

    async def _queue(self, request_id: requests.RequestId, request: requests.Request) -> None:
        """Queue a request that is not a send. These run in order, and do not delay the sends that come after them."""
        if isinstance(request, requests.Ping):
            self._connection.outgoing.acknowledge()
        pause = self._throttle.pause_seconds()
        if pause > 0:
            await asyncio.sleep(pause)
        # The consumer's own handlers lock no room.
        room = None if self._hosts_handler(request) else getattr(request, "room", None)
        await self._queue_for(request).add(QueuedRequest(request_id, request, room), self._awaits_ping)

    def _queue_for(self, request: requests.Request) -> RequestQueue:
        """Return the queue of this request. Searches may be slow, so they have a queue of their own."""
        if not isinstance(request, requests.Search):
            return self._requests
        if self._searches is None:
            self._searches = RequestQueue(self._answer, self._send_error)
        return self._searches

    def _awaits_ping(self) -> bool:
        return self._connection.outgoing.awaits_ping

    def _hosts_handler(self, request: requests.Request) -> Any:
        return getattr(self._connection.consumer, f"handle_{request.type}", None)

    async def _answer(self, request_id: requests.RequestId, request: requests.Request) -> None:
        outgoing = self._connection.outgoing
        if outgoing.is_behind:
            await outgoing.caught_up()
        result, signal_calls = await self._perform(request)
        if isinstance(request, requests.Ping):
            outgoing.send(frames.pong(request_id, result or {}))
        elif result is not None and not isinstance(request, requests.Typing):
            outgoing.send(frames.ok(request_id, result))
        signal_dispatcher().call(signal_calls)

    async def _perform(self, request: requests.Request) -> Outcome[dict[str, Any] | None]:
        handler = self._hosts_handler(request)
        if handler is not None:
            return await self._connection.hooks.call(handler, request), []
        if isinstance(request, requests.Focus):
            return await focus(self._connection, request), []
        return await self._perform_in_thread(request)

    async def _perform_in_thread(self, request: requests.Request) -> Outcome[dict[str, Any]]:
        threads = search_pool() if isinstance(request, requests.Search) else thread_pool()
        perform = partial(_dispatch, self._connection, request)
        return await _until_done(threads.run(perform, owner=self._connection.user_key))

    def _send_error(self, request_id: requests.RequestId | None, error: Exception) -> None:
        chat_error = to_chat_error(error)
        instruments.refused(chat_error.code)
        with translation.override(self._connection.language):
            self._connection.outgoing.send(frames.error(request_id, chat_error, error_text(chat_error)))


def _admit(connection: Connection, request: requests.Send) -> Outcome[PendingMessage | ChatError]:
    with translation.override(connection.language), collect_signals() as signal_calls:
        return admit(connection.user, request), signal_calls


def _dispatch(connection: Connection, request: requests.Request) -> Outcome[dict[str, Any]]:
    impersonated = type(request) in WITHOUT_TRACE and connection.is_impersonated()
    with translation.override(connection.language), without_waiting(), collect_signals() as signal_calls:
        return dispatch(connection.user, request, impersonated=impersonated).result, signal_calls


async def _until_done(work: Coroutine[Any, Any, Outcome[T]]) -> Outcome[T]:
    """Return the outcome. If the client goes, the thread still works: the host's receivers get what it commits."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_send_signals)
        raise


def _send_signals(work: asyncio.Future[Outcome[Any]]) -> None:
    if not work.cancelled() and work.exception() is None:
        signal_dispatcher().call(work.result()[1])
