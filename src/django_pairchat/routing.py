"""The socket's route, for hosts that compose their ASGI application themselves."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from django.urls import path

from .conf import conf


async def chat_socket(scope: Any, receive: Any, send: Any) -> None:
    """The host's consumer, looked up at the first connection: an ``asgi.py`` may import this before ``setup()``."""
    await _application(conf.consumer)(scope, receive, send)


@lru_cache(maxsize=8)
def _application(consumer: Any) -> Any:
    # One for all connections: each would keep its own for as long as it lasts.
    return consumer.as_asgi()


websocket_urlpatterns = [path(conf.websocket_path.lstrip("/"), cast("Any", chat_socket))]
