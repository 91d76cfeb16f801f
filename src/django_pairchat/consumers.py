"""The socket: one connection for all of a user's rooms."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, ClassVar, Final

from channels.consumer import AsyncConsumer
from django.contrib.auth import get_user_model
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from .conf import conf
from .exceptions import Busy, ChatError, sentence
from .live import limits, presence
from .live.hub import Watched, hub
from .live.joining import join_writes
from .live.outbox import Outbox, takes_everything
from .live.pace import Pace
from .live.receivers import receivers
from .live.relay import relay
from .live.rights import patrol
from .live.sends import Sends
from .live.sessions import handshake_request, is_trusted_origin, session_key_of, session_user
from .live.turns import Asked, Turns
from .live.workers import workers
from .live.writer import Outcome
from .services.access import is_active, without_waiting
from .services.acts import FEATURES, draft_of, perform
from .services.announcements import Receiver, receivers_held_back
from .services.drafts import Sent
from .services.failures import RETRY_BUSY_SECONDS, refusal_for
from .services.sending import charge, charge_at_once, decides_about_sends, vet
from .services.snapshots import room_object
from .wire import answers, requests
from .wire.codes import CloseCode, Code, Refusal

UNREADABLE_LIMIT: Final = 20
UNREADABLE_SECONDS: Final = 60.0
RECHECK_SECONDS: Final = 2.0
FAREWELL_SECONDS: Final = 2.0

REASONS = {
    CloseCode.BAD_FRAMES: _("Too many frames that cannot be read."),
    CloseCode.SESSION_OVER: _("Sign in to go on."),
    CloseCode.VERSION: _("This page is too new or too old. Reload it."),
    CloseCode.TOO_MANY_SOCKETS: _("The chat is open in too many places. This page pauses."),
    CloseCode.SLOW_READER: _("The connection is too slow."),
    CloseCode.INTERNAL: _("Something went wrong. Try again."),
    CloseCode.SHUTTING_DOWN: _("The server is restarting."),
}


class Closing(Exception):
    """The server ends the connection: with ``bye``, then this close code."""

    def __init__(self, code: CloseCode, retry_after: float | None = None) -> None:
        self.code = code
        self.retry_after = retry_after
        super().__init__(code)


class ChatConsumer(AsyncConsumer):
    """The library's consumer; a host subclasses it and names the subclass in ``PAIRCHAT["CONSUMER"]``.

    Hooks to override: :meth:`get_user`, :meth:`still_allowed`, :meth:`connected`, :meth:`disconnected`,
    :meth:`filter_frame`. A further request type is a subclass of ``django_pairchat.wire.requests.Request`` in
    :attr:`request_types` and a method ``async def handle_<type>(self, request)`` that returns the fields of its
    ``ok``, or ``None`` for no answer; it may raise any of ``django_pairchat.exceptions``.
    """

    request_types: ClassVar[Mapping[str, type[requests.Request]]] = requests.REQUESTS

    scope: Any
    user: Any
    user_key: str
    connection: str
    opened_at: float
    language: str
    session_key: str | None
    loop: asyncio.AbstractEventLoop

    # Hooks

    async def get_user(self) -> Any:
        """Whose socket this is, ``None`` to refuse it: the user that a middleware has put into the scope, else the
        session's. A host that knows its users otherwise overrides this, and ``still_allowed``."""
        if "user" in self.scope:
            user = self.scope["user"]
            return user if user.is_authenticated and user.is_active else None
        return await session_user(self.session_key)

    async def still_allowed(self) -> bool:
        """Asked before a request when the last answer is older than 2 s: whether this socket may go on."""
        if "user" in self.scope and "session" not in self.scope:
            users = get_user_model()._default_manager.filter(pk=self.user.pk)
            return is_active(await workers.run(users.first))
        user = await session_user(self.session_key)
        return user is not None and user.pk == self.user.pk

    async def connected(self) -> None:
        """After ``hello``."""

    async def disconnected(self) -> None:
        """After the end of a connection that got its ``hello``, whatever ended it."""

    def filter_frame(self, frame: str) -> str | None:
        """What this connection gets of an event: the frame, another one in its place, or ``None``."""
        return frame

    # The life of a connection

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self.loop = asyncio.get_running_loop()
        self.connection = secrets.token_hex(8)
        self.opened_at = time.time()
        self.watched: Watched | None = None
        self.active = False
        self._task = asyncio.current_task()
        self._ending: Closing | None = None
        join_writes(send)
        self._outbox = Outbox(send, self._cut, silent=takes_everything(self.loop))
        # A list, because an empty deque takes 600 bytes in each of many idle connections.
        self._unreadable: list[float] = []
        self._pace = Pace()
        self._sends = Sends()
        self._turns = Turns(self._answer, self._refuse)
        self._checking: asyncio.Task[None] | None = None
        # Said before the first wait, because what is said later takes each instance a table of attributes of its own.
        self.user, self.user_key, self._allowed_at = None, "", 0.0
        self.language, self.session_key = "", None
        if (await receive())["type"] == "websocket.connect":
            await self._run()

    async def _run(self) -> None:
        if not self._read_handshake():
            await self._send({"type": "websocket.close", "code": 1008})
            return
        try:
            await self._shake_hands()
            await self._converse()
        except Closing as closing:
            await self._say_bye(closing)
        except asyncio.CancelledError:
            # end() cancels the wait for the next frame; any other cancellation is the server's own.
            if self._ending is None or self._task is None:
                raise
            self._task.uncancel()
            await self._say_bye(self._ending)

    def _read_handshake(self) -> bool:
        """Note what is needed of the handshake, which is large; whether its origin may open a socket."""
        request = handshake_request(self.scope)
        self.language = translation.get_language_from_request(request)
        self.session_key = session_key_of(request)
        return is_trusted_origin(request)

    def end(self, code: CloseCode, retry_after: float | None = None) -> None:
        """End the connection with ``bye`` and this close code. Called in the connection's own event loop."""
        if self._ending is None and self._task is not None:
            self._ending = Closing(code, retry_after)
            self._task.cancel()

    def _cut(self) -> None:
        self.end(CloseCode.SLOW_READER, RETRY_BUSY_SECONDS)

    async def _shake_hands(self) -> None:
        offered = self.scope.get("subprotocols") or []
        spoken = answers.SUBPROTOCOL if answers.SUBPROTOCOL in offered else next(iter(offered), None)
        refused: Closing | None = None
        try:
            self.user = await self.get_user()
        except Exception as error:  # noqa: BLE001 - a browser sees a reason only after the upgrade
            refused = Closing(CloseCode.INTERNAL, refusal_for(error).retry_after or RETRY_BUSY_SECONDS)
        await self._send({"type": "websocket.accept", "subprotocol": spoken})
        if spoken not in (None, answers.SUBPROTOCOL):
            raise Closing(CloseCode.VERSION)
        if refused is not None:
            raise refused
        if self.user is None:
            raise Closing(CloseCode.SESSION_OVER)
        self.user_key = str(self.user.pk)
        self._allowed_at = time.monotonic()

    async def _converse(self) -> None:
        self._greet()
        hub.add(self)
        patrol().add(self)
        limits.admit(self)
        relay.listen()
        try:
            failure = await self._failure_of(self.connected)
            if failure is not None:
                raise Closing(CloseCode.INTERNAL, failure.retry_after or RETRY_BUSY_SECONDS)
            while (event := await self._receive())["type"] != "websocket.disconnect":
                await self._hear(event.get("text"))
        finally:
            hub.remove(self)
            patrol().remove(self)
            if self.active:
                self.active = False
                presence.note(self)
            limits.dismiss(self)
            self._turns.cancel()
            if self._checking is not None:
                self._checking.cancel()
            self._outbox.close()
            await self._failure_of(self.disconnected)

    def _greet(self) -> None:
        now = timezone.now()
        self._outbox.put(
            answers.hello(user=self.user_key, connection=self.connection, features=FEATURES, server_time=now)
        )

    async def _failure_of(self, hook: Callable[[], Awaitable[None]]) -> ChatError | None:
        """Call a hook of the host's; what it fails with is logged, and does not look like a lost connection."""
        try:
            await hook()
        except Exception as error:  # noqa: BLE001 - a hook may raise anything
            return refusal_for(error)
        return None

    async def _say_bye(self, closing: Closing) -> None:
        with translation.override(self.language):
            frame = answers.bye(closing.code, str(REASONS.get(closing.code, "")), closing.retry_after)
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._send({"type": "websocket.send", "text": frame})
                await self._send({"type": "websocket.close", "code": int(closing.code)})
        except (TimeoutError, OSError, RuntimeError):
            # The peer is gone or takes nothing more: the server drops the connection when this coroutine returns.
            return

    async def handle_focus(self, request: requests.Focus) -> dict[str, Any]:
        """Which room is on this connection's screen, and whether somebody looks at it."""
        room: dict[str, Any] | None = None
        watched: Watched | None = None
        if request.room is not None:
            room, watched = await workers.run(partial(self._focus, request.room))
        was_active, self.active, self.watched = self.active, request.active, watched
        if self.active != was_active:
            presence.note(self)
        presence.look(self)
        return {"room": room}

    def _focus(self, key: str) -> tuple[dict[str, Any], Watched | None]:
        with translation.override(self.language):
            room, watched = presence.watch(self.user, key)
            return room_object(room, self.user), watched

    # What is pushed

    def push(self, frame: str) -> None:
        """An event from the hub."""
        try:
            filtered = self.filter_frame(frame)
        except Exception as error:  # noqa: BLE001 - a hook that fails loses this frame, and nobody else's
            refusal_for(error)
            return
        if filtered is not None:
            self._outbox.put(filtered)

    # What is asked

    async def _hear(self, text: str | None) -> None:
        request_id: requests.RequestId | None = None
        try:
            values = requests.read_object(text)
            request_id = requests.request_id(values)
            request = requests.parse(values, self.request_types)
            if time.monotonic() - self._allowed_at > RECHECK_SECONDS:
                await self._check_rights()
            if isinstance(request, requests.Send):
                await self._queue_send(request_id, request)
            else:
                await self._queue(request_id, request)
        except Closing:
            raise
        except Exception as error:  # noqa: BLE001 - no input and no database error ends a connection
            self._count_unreadable(error)
            self._refuse(request_id, error)

    def check_soon(self) -> None:
        """Look at the right to be connected now, not only at the next request."""
        if self._checking is None or self._checking.done():
            self._checking = self.loop.create_task(self._check_or_end())

    async def _check_or_end(self) -> None:
        try:
            await self._check_rights()
        except Closing as closing:
            self.end(closing.code)
        except Exception as error:  # noqa: BLE001 - a database that is away says nothing about rights
            refusal_for(error)

    async def _check_rights(self) -> None:
        asked_at = time.monotonic()
        if not await self.still_allowed():
            raise Closing(CloseCode.SESSION_OVER)
        self._allowed_at = asked_at

    def _count_unreadable(self, error: Exception) -> None:
        if not isinstance(error, Refusal) or error.code not in (Code.BAD_FRAME, Code.TOO_LARGE):
            return
        now = time.monotonic()
        self._unreadable = [at for at in self._unreadable if now - at <= UNREADABLE_SECONDS] + [now]
        if len(self._unreadable) > UNREADABLE_LIMIT:
            raise Closing(CloseCode.BAD_FRAMES)

    async def _queue_send(self, request_id: requests.RequestId, request: requests.Send) -> None:
        """Hand a message to the writer; frames of one socket reach it in their order."""
        if not await self._sends.have_room():
            raise Busy(retry_after=RETRY_BUSY_SECONDS)
        draft = draft_of(self.user, request)
        if decides_about_sends(conf.policy):
            await workers.run(partial(vet, draft))
        if not charge_at_once(draft):
            await workers.run(partial(charge, draft))
        self._sends.put(draft, partial(self._answer_send, request_id))

    def _answer_send(self, request_id: requests.RequestId, outcome: Outcome) -> None:
        if isinstance(outcome, Sent):
            self._outbox.put(answers.sent(request_id, outcome.encoded, outcome.duplicate))
        else:
            self._refuse(request_id, outcome)

    async def _queue(self, request_id: requests.RequestId, request: requests.Request) -> None:
        """Other requests are worked off one after the other, without holding up the sends behind them."""
        if isinstance(request, requests.Ping):
            self._outbox.confirm()
        pause = self._pace.pause_seconds()
        if pause > 0:
            await asyncio.sleep(pause)
        # What a method here handles locks no room.
        room = None if self._handler_of(request) else getattr(request, "room", None)
        await self._turns.add(Asked(request_id, request, room))

    def _handler_of(self, request: requests.Request) -> Any:
        return getattr(self, f"handle_{request.type}", None)

    async def _answer(self, request_id: requests.RequestId, request: requests.Request) -> None:
        if self._outbox.is_far_behind:
            await self._outbox.confirmed()
        handler = self._handler_of(request)
        if handler is not None:
            result = await handler(request)
            told: list[Receiver] = []
        else:
            result, told = await self._perform_in_thread(request)
        if isinstance(request, requests.Ping):
            self._outbox.put(answers.pong(request_id, result))
        elif result is not None and not isinstance(request, requests.Typing):
            self._outbox.put(answers.ok(request_id, result))
        receivers.call(told)

    async def _perform_in_thread(self, request: requests.Request) -> tuple[dict[str, Any], list[Receiver]]:
        work = asyncio.ensure_future(workers.run(partial(self._perform, request)))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            # The page has gone while the thread goes on: what it commits is still told to the host.
            work.add_done_callback(_tell_receivers)
            raise

    def _perform(self, request: requests.Request) -> tuple[dict[str, Any], list[Receiver]]:
        with translation.override(self.language), without_waiting(), receivers_held_back() as told:
            return perform(self.user, request).result, told

    def _refuse(self, request_id: requests.RequestId | None, error: Exception) -> None:
        refusal = refusal_for(error)
        with translation.override(self.language):
            self._outbox.put(answers.error(request_id, refusal, sentence(refusal)))


def _tell_receivers(work: asyncio.Future[tuple[dict[str, Any], list[Receiver]]]) -> None:
    if not work.cancelled() and work.exception() is None:
        receivers.call(work.result()[1])
