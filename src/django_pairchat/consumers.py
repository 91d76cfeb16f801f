"""The consumer: one WebSocket connection for all of a user's rooms."""

from __future__ import annotations

import json
from collections.abc import Coroutine, Mapping
from functools import cached_property
from typing import Any, ClassVar

from channels.consumer import AsyncConsumer
from channels.layers import get_channel_layer
from django.contrib.auth import get_user_model

from .conf import conf
from .core.access import is_active
from .protocol import requests
from .protocol.close_codes import CloseCode
from .realtime.connection.channel import receives_messages
from .realtime.connection.closing import NORMAL_CLOSURE, Closing, require_close_code, require_close_reason
from .realtime.connection.connection import Connection
from .realtime.sessions import session_user
from .realtime.tenants import in_tenant_of_host
from .utils.thread_pool import proof_pool, thread_pool

__all__ = ["ChatConsumer", "requests"]


class _NoChannel:
    """Stands for ``channel_name`` until a connection has one."""

    def __get__(self, consumer: object, owner: object) -> Any:
        if consumer is None:
            return self
        raise AttributeError(
            "This connection has no channel. It gets one before on_connect(), if CHANNEL_LAYERS names a layer that "
            "works (else see the log) and the consumer has a coroutine method that messages can be for: a public one "
            "that is neither a hook nor a handle_<type>."
        )


class ChatConsumer(AsyncConsumer):
    """The library's consumer; a host subclasses it and names the subclass in ``PAIRCHAT["CONSUMER"]``.

    Hooks to override: :meth:`get_user`, :meth:`is_still_allowed`, :meth:`on_connect`, :meth:`on_disconnect`,
    :meth:`filter_event`. A further request type is a subclass of ``requests.Request`` in
    :attr:`request_types` and a method ``async def handle_<type>(self, request)`` that returns the fields of its
    ``ok``, or ``None`` for no answer; it may raise any of ``django_pairchat.exceptions``.

    As in any consumer of Channels there are ``scope``, ``channel_layer``, ``channel_name``, :meth:`send`,
    :meth:`send_json` and :meth:`close`, and a message from the channel layer is dispatched to the coroutine method that
    its ``type`` names.
    """

    request_types: ClassVar[Mapping[str, type[requests.Request]]] = requests.REQUESTS

    scope: Any
    user: Any
    user_key: str
    connection_id: str
    language: str
    channel_name: Any = _NoChannel()

    # Hooks

    async def get_user(self) -> Any:
        """Return the user of this connection, or ``None`` to refuse it.

        By default that is the user whom the handshake has proved by a header or a ticket
        (``PAIRCHAT["AUTHENTICATION"]``), else the user that a middleware has put into the scope, else the user of the
        session. A host that authenticates in another way overrides this and ``is_still_allowed``.
        """
        if self._connection.credentials is not None:
            return self._connection.credentials.user
        if "user" in self.scope:
            user = self.scope["user"]
            return user if user.is_authenticated and user.is_active else None
        return await session_user(self._connection.session_key)

    async def is_still_allowed(self) -> bool:
        """Return whether this connection may continue.

        Called before a request if the last answer is older than 2 s, and by the periodic check of open connections.
        """
        if self._connection.credentials is not None:
            return await proof_pool().run(self._connection.credentials.are_still_valid)
        if "user" in self.scope and "session" not in self.scope:
            users = get_user_model()._default_manager.filter(pk=self.user.pk)
            return is_active(await thread_pool().run(users.first))
        user = await session_user(self._connection.session_key)
        return user is not None and user.pk == self.user.pk

    async def on_connect(self) -> None:
        """Run the host's code after ``hello``."""

    async def on_disconnect(self) -> None:
        """Run the host's code after the end of a connection that got its ``hello``, whatever ended it."""

    def filter_event(self, frame: str) -> str | None:
        """Return what this connection gets of an event: the frame, another one in its place, or ``None``."""
        return frame

    # What the host's code may call

    @cached_property
    def channel_layer(self) -> Any:  # type: ignore[override]  # it can be assigned, as there
        """The channel layer of ``channel_layer_alias``, or ``None`` if the project has none of that name."""
        return get_channel_layer(self.channel_layer_alias)

    async def send(
        self,
        text_data: str | Mapping[str, Any] | None = None,
        bytes_data: bytes | None = None,
        close: bool | int = False,
    ) -> None:
        """Send a frame of the host's own, after those that are queued for this client.

        Takes a text or bytes, or an ASGI message (``{"type": "websocket.send", "text": …}`` or ``websocket.close``).
        ``close`` is ``True``, or the code to close with afterwards. Raises ``RuntimeError`` before ``hello``.
        """
        if isinstance(text_data, Mapping):
            await self._send_message(text_data)
        elif text_data is not None:
            await self._connection.send(text_data)
        elif bytes_data is not None:
            await self._connection.send(bytes_data)
        else:
            raise ValueError("send() needs text_data, bytes_data or an ASGI message.")
        if close:
            await self.close(close)

    async def send_json(self, content: Any, close: bool | int = False) -> None:
        """Send ``content`` as JSON. See :meth:`send`."""
        await self.send(json.dumps(content), close=close)

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close the connection with ``bye`` and this code (1000 if none is given).

        The hook or handler that calls this, directly and not in a task of its own, runs to its end first. Raises
        ``ValueError`` for a code, or a reason of more than 123 bytes, that cannot be sent.
        """
        sent = NORMAL_CLOSURE if code is None or code is True else require_close_code(code)
        closing = Closing(sent, reason=require_close_reason(reason or ""))
        self._connection.finish(closing)

    def end(self, code: CloseCode, retry_after: float | None = None) -> None:
        """End the connection with ``bye`` and this close code. May be called from any thread."""
        self._connection.end(code, retry_after)

    # Called by the server

    def __call__(self, scope: Any, receive: Any, send: Any) -> Coroutine[Any, Any, None]:
        if conf.tenancy is None:
            return self._connect(scope, receive, send)
        return in_tenant_of_host(scope, receive, send, self._connect)

    def _connect(self, scope: Any, receive: Any, send: Any) -> Coroutine[Any, Any, None]:
        # Assign all attributes before the first await, so that CPython keeps the shared-key dict (memory per
        # connection).
        self.scope = scope
        self._connection = Connection(
            self,
            receive,
            send,
            has_channel=receives_messages(type(self), ChatConsumer),  # type: ignore[arg-type]  # a class is hashable
            filters_events=type(self).filter_event is not ChatConsumer.filter_event,
        )
        self.user, self.user_key, self.language = None, "", ""
        self.connection_id = self._connection.connection_id
        return self._connection.run()

    async def _send_message(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "websocket.close":
            await self.close(message.get("code"), message.get("reason"))
        elif message["type"] == "websocket.send":
            text = message.get("text")
            await self.send(text, message.get("bytes"))
        else:
            raise ValueError(f"A chat consumer sends websocket.send and websocket.close, not {message['type']}.")
