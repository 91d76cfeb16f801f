"""The life of one connection: handshake, ``hello``, frames in both directions, ``bye``."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from ...authentication import Credentials, takes_headers
from ...core.error_handling import RETRY_BUSY_SECONDS, to_chat_error
from ...core.impersonation import can_happen, is_impersonated
from ...dispatch import features
from ...exceptions import Unauthenticated
from ...node import get_node
from ...protocol import frames
from ...protocol.close_codes import CloseCode
from ...protocol.errors import ChatError
from ...utils import instruments
from ...utils.event_loop_thread import call_in_loop
from ...utils.thread_pool import proof_pool
from .. import connection_limit, presence, revocation
from ..hub import WatchedRoom, hub
from ..relay import relay
from ..servers import coalesce_writes, frame_writer, has_no_backpressure, is_servers_own_send
from ..sessions import stored_session
from ..shutdown import follow_server
from .channel import Channel
from .closing import Closing, closing_for
from .handshake import read_credentials, read_handshake, report_refused_origin, spoken_protocol
from .hooks import HookCalls
from .incoming import IncomingFrames
from .outgoing import OutgoingQueue

if TYPE_CHECKING:
    from ...consumers import ChatConsumer


class Connection:
    """One WebSocket connection, from its handshake to its end. The host's decisions are those of its ``consumer``."""

    __slots__ = (
        "_accepted",
        "_allowed_until",
        "_channel",
        "_checking",
        "_ending",
        "_filters_events",
        "_greeted",
        "_has_channel",
        "_impersonated",
        "_incoming",
        "_receive",
        "_send",
        "_task",
        "changed_rooms",
        "connection_id",
        "consumer",
        "credentials",
        "has_focus",
        "hooks",
        "loop",
        "opened_at",
        "outgoing",
        "session_key",
        "user_key",
        "watched_rooms",
    )

    def __init__(
        self, consumer: ChatConsumer, receive: Any, send: Any, *, has_channel: bool, filters_events: bool
    ) -> None:
        self.consumer = consumer
        self._receive = receive
        self._send = send
        self.loop = asyncio.get_running_loop()
        self.connection_id = secrets.token_hex(8)
        self.opened_at = time.time()
        self.user_key = ""
        self.session_key: str | None = None
        self.credentials: Credentials | None = None
        self.watched_rooms: Sequence[WatchedRoom] = ()
        self.changed_rooms: set[str] | None = None
        self.has_focus = False
        self._task = asyncio.current_task()
        self._ending: Closing | None = None
        self._accepted = False
        self._greeted = False
        self._allowed_until = 0.0
        self._checking: asyncio.Task[None] | None = None
        self._impersonated: bool | None = None
        self._has_channel = has_channel
        self._filters_events = filters_events
        self._channel: Channel | None = None
        coalesce_writes(send)
        follow_server(send)
        self.hooks = HookCalls(self.finish)
        self.outgoing = OutgoingQueue(
            send,
            self._end_slow_reader,
            self._sending_failed,
            no_backpressure=has_no_backpressure(self.loop),
            needs_no_task=is_servers_own_send(send),
            write=frame_writer(send),
        )
        self._incoming = IncomingFrames(self)

    @property
    def user(self) -> Any:
        return self.consumer.user

    @property
    def language(self) -> str:
        return self.consumer.language

    async def run(self) -> None:
        """Serve the connection until its end. Raises nothing once the handshake has been read."""
        if (await self._receive())["type"] != "websocket.connect":
            return
        handshake = read_handshake(self.consumer.scope)
        refused = await self._read_credentials() if takes_headers() else None
        if refused is None and self.credentials is None:
            if not handshake.is_trusted:
                report_refused_origin(self.consumer.scope)
                await self._send({"type": "websocket.close", "code": 1008})
                return
            self.session_key = handshake.session_key
        self.consumer.language = handshake.language
        try:
            await self._handle(refused)
        finally:
            # Nothing ends the connection any more: that would cut its last hook.
            self._task = None
            try:
                if self._channel is not None:
                    await self._channel.close()
            finally:
                # After ``bye``, which must not wait for a hook.
                if self._greeted:
                    await self._failure_of(self.consumer.on_disconnect)

    async def _read_credentials(self) -> Closing | None:
        """Read what the handshake proves besides a session. Return how to close the connection if that is wrong."""
        try:
            self.credentials = await proof_pool().run(partial(read_credentials, self.consumer.scope))
        except Unauthenticated:
            return Closing(CloseCode.SESSION_OVER)
        except Exception as error:  # noqa: BLE001 - the host's code and the database may raise anything
            return closing_for(error)
        return None

    async def _handle(self, refused: Closing | None) -> None:
        try:
            await self._handshake(refused)
            await self._serve()
        except Closing as closing:
            await self._send_bye(closing)
        except asyncio.CancelledError:
            # finish() cancels the wait for the next frame; any other cancellation is the server's own.
            if self._ending is None or self._task is None:
                raise
            self._task.uncancel()
            await self._send_bye(self._ending)
        except Exception as error:  # noqa: BLE001 - the host's code, or a layer around receive() or send(), may raise anything
            if isinstance(error, OSError) and not isinstance(error, TimeoutError):
                # The peer is gone: the server drops the connection when this coroutine returns.
                return
            await self._send_bye(closing_for(error))
        finally:
            self.outgoing.close()

    # Beginning

    async def _handshake(self, refused: Closing | None) -> None:
        if refused is None:
            try:
                self.consumer.user = await self.hooks.call(self.consumer.get_user)
            except Exception as error:  # noqa: BLE001 - a browser sees a reason only after the upgrade
                refused = closing_for(error)
        spoken = await self._accept()
        if spoken not in (None, frames.SUBPROTOCOL):
            raise Closing(CloseCode.VERSION)
        if refused is not None:
            raise refused
        if self._ending is not None:
            raise self._ending
        if self.user is None:
            raise Closing(CloseCode.SESSION_OVER)
        self.user_key = self.consumer.user_key = str(self.user.pk)
        self._allow(time.monotonic())

    async def _accept(self) -> str | None:
        spoken = spoken_protocol(self.consumer.scope)
        self._accepted = True
        await self._send({"type": "websocket.accept", "subprotocol": spoken})
        return spoken

    async def _serve(self) -> None:
        self._send_hello()
        instruments.socket_opened()
        try:
            hub().add(self)
            if revocation.was_ended(self):
                raise Closing(CloseCode.SESSION_OVER)
            revocation.periodic_check().add(self)
            connection_limit.register(self)
            relay().listen()
            await self._connect_host()
            self._require_open()
            while (event := await self._receive())["type"] != "websocket.disconnect":
                await self._incoming.handle(event.get("text"))
                self._require_open()
        finally:
            instruments.socket_closed()
            hub().remove(self)
            revocation.periodic_check().remove(self)
            if self.has_focus:
                self.has_focus = False
                presence.update(self)
            connection_limit.unregister(self)
            self._incoming.cancel()
            if self._checking is not None:
                self._checking.cancel()

    def _send_hello(self) -> None:
        self._greeted = True
        self.outgoing.send(
            frames.hello(
                user=self.user_key,
                connection=self.connection_id,
                features=features(),
                server_time=timezone.now(),
            )
        )

    async def _connect_host(self) -> None:
        if self._has_channel:
            self._channel = Channel(self)
            await self._channel.open()
        failure = await self._failure_of(self.consumer.on_connect)
        if failure is not None:
            raise Closing(CloseCode.INTERNAL, failure.retry_after or RETRY_BUSY_SECONDS)
        if self._channel is not None:
            self._channel.start()

    async def _failure_of(self, hook: Callable[[], Awaitable[None]]) -> ChatError | None:
        """Call a hook of the host. Log and return its error, which must not look like a lost connection."""
        try:
            await self.hooks.call(hook)
        except Exception as error:  # noqa: BLE001 - a hook may raise anything
            return to_chat_error(error)
        return None

    def _require_open(self) -> None:
        # A hook has closed the connection, or has swallowed the cancellation that ends the wait.
        if self._ending is not None:
            raise self._ending

    # Events

    def push(self, frame: str) -> None:
        """Send an event from the hub."""
        # Most consumers filter nothing, and this runs twice for each message.
        if not self._filters_events:
            self.outgoing.send(frame)
            return
        try:
            filtered = self.consumer.filter_event(frame)
            if filtered is not None and not isinstance(filtered, str):
                raise TypeError(f"filter_event() returned {type(filtered).__name__} instead of str or None.")
        except Exception as error:  # noqa: BLE001 - a hook that fails loses this frame of this connection only
            to_chat_error(error)
            return
        if filtered is not None:
            self.outgoing.send(filtered)

    async def send(self, frame: str | bytes) -> None:
        """Send a frame of the host's. Waits as long as the client's network makes the server wait."""
        if not self._greeted:
            raise RuntimeError("Nothing can be sent before hello. Send from on_connect() on.")
        self.outgoing.send(frame)
        await self.outgoing.wait_until_sent()

    # Rights

    @property
    def is_check_due(self) -> bool:
        """True if the last check of the rights is too old for another request."""
        return time.monotonic() > self._allowed_until

    def _allow(self, since: float) -> None:
        self._allowed_until = since + get_node().options.recheck_seconds

    def check_soon(self) -> None:
        """Check now whether this connection is still allowed, instead of at the next request."""
        if self._checking is None or self._checking.done():
            self._checking = self.loop.create_task(self._check_or_end())

    async def _check_or_end(self) -> None:
        try:
            await self.check_rights()
        except Closing as closing:
            self.finish(closing)
        except Exception as error:  # noqa: BLE001 - an unavailable database says nothing about rights
            to_chat_error(error)

    async def check_rights(self) -> None:
        """Ask whether this connection may continue. Raises ``Closing`` if not, and what the hook raises."""
        asked_at = time.monotonic()
        if revocation.was_ended(self) or not await self.hooks.call(self.consumer.is_still_allowed):
            raise Closing(CloseCode.SESSION_OVER)
        self._allow(asked_at)

    def is_impersonated(self) -> bool:
        """Return whether somebody else acts as this connection's user. May read the session, so it needs a thread.

        Asked once: an app that changes it makes another session key, or another user.
        """
        if self._impersonated is None:
            self._impersonated = can_happen() and is_impersonated(self.user, self._session())
        return self._impersonated

    def _session(self) -> Mapping[str, Any] | None:
        if self.credentials is not None:
            return None
        session: Mapping[str, Any] | None = self.consumer.scope.get("session")
        return stored_session(self.session_key) if session is None else session

    # The end

    def end(self, code: CloseCode, retry_after: float | None = None) -> None:
        """End the connection with ``bye`` and this close code. May be called from any thread."""
        self.finish(Closing(code, retry_after))

    def finish(self, closing: Closing) -> None:
        """End the connection. May be called from any thread. A hook that calls this runs to its own end first."""
        if asyncio._get_running_loop() is not self.loop:
            call_in_loop(self.loop, self.finish, closing)
        elif self.hooks.is_within:
            self.hooks.end_after(closing)
        elif self._ending is None and self._task is not None:
            self._ending = closing
            # The connection's own task looks there next: its cancellation would hit the farewell.
            if self._task is not asyncio.current_task():
                self._task.cancel()

    def _end_slow_reader(self) -> None:
        self.end(CloseCode.SLOW_READER, RETRY_BUSY_SECONDS)

    def _sending_failed(self, error: Exception) -> None:
        if self._ending is None:
            self.finish(closing_for(error))

    async def _send_bye(self, closing: Closing) -> None:
        self._ending = closing
        # In its own task, because a layer around send() that swallows cancellation must not block this one.
        closing_task = self.loop.create_task(self._send_bye_and_close(closing))
        try:
            await asyncio.wait([closing_task], timeout=get_node().options.bye_seconds)
        finally:
            closing_task.cancel()

    async def _send_bye_and_close(self, closing: Closing) -> None:
        """Send ``bye`` after the frames that are still queued, if those can be sent within 1 s.

        If the client is gone or reads nothing more, the server drops the connection.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(get_node().options.bye_seconds / 2):
                await self.outgoing.wait_until_sent()
        self.outgoing.close()
        with suppress(Exception):
            if not self._accepted:
                await self._accept()
            await self._send({"type": "websocket.send", "text": closing.bye(self.language)})
        reason = {"reason": closing.reason} if closing.reason else {}
        with suppress(Exception):
            await self._send({"type": "websocket.close", "code": closing.code, **reason})
