"""The socket's route, for hosts that compose their ASGI application themselves."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import Any, cast

from django.conf import settings
from django.urls import path
from django.utils.module_loading import import_string

from .conf import conf


async def chat_socket(scope: Any, receive: Any, send: Any) -> None:
    """Serve a connection with the host's consumer.

    It is looked up at the first connection, because an ``asgi.py`` may import this module before ``setup()``.
    """
    try:
        await _application(get_consumer())(scope, receive, send)
    except Exception as error:  # noqa: BLE001 - a consumer that cannot be imported or created has sent nothing yet
        await _turn_away(scope, send, error)


def get_consumer() -> Any:
    """Return the consumer class behind the socket route, which ``PAIRCHAT["CONSUMER"]`` names.

    Raises ``ImportError`` if there is none.
    """
    return import_string(conf.consumer)


@lru_cache(maxsize=8)
def _application(consumer: Any) -> Any:
    # One for all connections, because otherwise each connection would keep its own in memory.
    return consumer.as_asgi()


async def _turn_away(scope: Any, send: Any, error: Exception) -> None:
    """Log the error, and tell the page to reconnect later. A browser can only read that after the upgrade."""
    from .realtime.connection.closing import closing_for
    from .realtime.connection.handshake import spoken_protocol

    closing = closing_for(error)
    # The client may have disconnected, for which servers raise different exceptions.
    with suppress(OSError, RuntimeError):
        await send({"type": "websocket.accept", "subprotocol": spoken_protocol(scope)})
        await send({"type": "websocket.send", "text": closing.bye(settings.LANGUAGE_CODE)})
        await send({"type": "websocket.close", "code": closing.code})


websocket_urlpatterns = [path(conf.websocket_path.lstrip("/"), cast("Any", chat_socket))]
