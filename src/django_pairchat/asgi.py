"""``with_chat()``, which adds the chat's socket to a Django project's ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from django.conf import settings

from .conf import conf

ASGIApplication = Callable[[Any, Any, Any], Awaitable[None]]


def with_chat(django_application: ASGIApplication) -> ASGIApplication:
    """Return an ASGI application that serves the chat's socket and passes HTTP to ``django_application``.

    It also serves static files while ``DEBUG`` is on.
    """
    http = _with_static_files(django_application)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await _websocket(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await http(scope, receive, send)

    return application


def _with_static_files(application: ASGIApplication) -> ASGIApplication:
    if not (settings.DEBUG and "django.contrib.staticfiles" in settings.INSTALLED_APPS):
        return application
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

    return cast("ASGIApplication", ASGIStaticFilesHandler(cast("Any", application)))


def _websocket(scope: Any, receive: Any, send: Any) -> Awaitable[None]:
    # The prefix that a project is mounted under, which its proxy may strip or leave.
    path = scope["path"].removeprefix(scope.get("root_path", "")).removeprefix(settings.FORCE_SCRIPT_NAME or "")
    if path != conf.websocket_path:
        return _reject(receive, send)
    # Its URL patterns read the settings, which an asgi.py may set only after importing this module.
    from .routing import chat_socket

    return chat_socket(scope, receive, send)


async def _reject(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1000})


async def _lifespan(receive: Any, send: Any) -> None:
    from .realtime import shutdown

    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            shutdown.on_startup()
        else:
            await shutdown.on_shutdown()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return
