"""Whose socket this is: Django's session, read from the handshake and again while the socket is open."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

HTTP_SCHEMES = {"ws": "http", "wss": "https"}


def handshake_request(scope: Mapping[str, Any]) -> ASGIRequest:
    """The handshake as the HTTP request that it is, for everything in Django that takes one."""
    scheme = str(scope.get("scheme", "ws"))
    as_http = {
        "root_path": "",
        **scope,
        "type": "http",
        "method": "GET",
        "scheme": HTTP_SCHEMES.get(scheme, scheme),
    }
    return ASGIRequest(as_http, BytesIO())


class _OriginRule(CsrfViewMiddleware):
    """Django's own rule for the Origin of an unsafe request."""

    def allows(self, request: HttpRequest) -> bool:
        try:
            return "HTTP_ORIGIN" in request.META and self._origin_verified(request)
        except ValueError:
            return False


def is_trusted_origin(request: HttpRequest) -> bool:
    """Whether the page that opens this socket belongs to the site: same scheme and host, or a trusted origin."""
    return _OriginRule(lambda _: HttpResponse()).allows(request)


def session_user(request: HttpRequest) -> Any:
    """The signed-in user of the request's session, ``None`` for anybody else. Queries the database."""
    engine = import_module(settings.SESSION_ENGINE)
    request.session = engine.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    user = get_user(request)
    return user if user.is_authenticated else None
