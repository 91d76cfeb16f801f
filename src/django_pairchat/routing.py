"""The socket's route, for hosts that compose their ASGI application themselves."""

from __future__ import annotations

from typing import Any, cast

from django.urls import path

from .conf import conf


async def chat_socket(scope: Any, receive: Any, send: Any) -> None:
    """The host's consumer, looked up at the first connection: an ``asgi.py`` may import this before ``setup()``."""
    await conf.consumer.as_asgi()(scope, receive, send)


websocket_urlpatterns = [path(conf.websocket_path.lstrip("/"), cast("Any", chat_socket))]
