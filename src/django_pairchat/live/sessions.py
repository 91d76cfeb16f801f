"""Whose socket this is: Django's session, read at the handshake and again while the socket is open, many at once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Mapping
from importlib import import_module
from io import BytesIO
from typing import Any, Final
from weakref import WeakKeyDictionary

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ValidationError
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from .batcher import Batcher

HTTP_SCHEMES: Final = {"ws": "http", "wss": "https"}
DATABASE_SESSIONS: Final = "django.contrib.sessions.backends.db"
MODEL_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"
PROVEN_LIMIT: Final = 10_000


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
            return "HTTP_ORIGIN" in request.META and bool(self._origin_verified(request))  # type: ignore[attr-defined]  # private, and the only place of the rule
        except ValueError:
            return False


def is_trusted_origin(request: HttpRequest) -> bool:
    """Whether the page that opens this socket belongs to the site: same scheme and host, or a trusted origin."""
    return _OriginRule(lambda _: HttpResponse()).allows(request)


def session_key_of(request: HttpRequest) -> str | None:
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    # The parser of cookies takes "\\000" for a NUL, which PostgreSQL refuses to look for.
    return None if key is None or "\0" in key or not _is_encodable(key) else key


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def session_mark(session_key: str) -> str:
    """What other processes are told of a session: enough to find its sockets, nothing to sign in with."""
    return hashlib.sha256(session_key.encode()).hexdigest()


async def session_user(session_key: str | None) -> Any:
    """The signed-in user of a session, ``None`` for none. Those who ask at the same time share the queries."""
    return None if not session_key else await _of_this_loop().get(session_key)


_batchers: WeakKeyDictionary[asyncio.AbstractEventLoop, Batcher[str, Any]] = WeakKeyDictionary()


def _of_this_loop() -> Batcher[str, Any]:
    loop = asyncio.get_running_loop()
    if loop not in _batchers:
        _batchers[loop] = Batcher(session_users)
    return _batchers[loop]


def session_users(session_keys: Collection[str]) -> dict[str, Any]:
    """The user of each of these sessions that has one: two queries where sessions are in the database and users
    come from Django's own backend, Django's own functions one by one otherwise."""
    if (
        settings.SESSION_ENGINE == DATABASE_SESSIONS
        and settings.AUTHENTICATION_BACKENDS == [MODEL_BACKEND]
        and issubclass(get_user_model(), AbstractBaseUser)
    ):
        return _users_of_database_sessions(session_keys)
    users = {session_key: _user_by_django(session_key) for session_key in session_keys}
    return {session_key: user for session_key, user in users.items() if user is not None}


def _store(session_key: str | None = None) -> SessionBase:
    store: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    return store


class _SessionToRead(SessionBase):
    """What a session holds. A socket sets no cookie, so Django must not give the session another key meanwhile."""

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__()
        self._session_cache = data

    def cycle_key(self) -> None: ...

    def flush(self) -> None: ...


def _user_by_django(session_key: str) -> Any:
    request = HttpRequest()
    request.session = _SessionToRead(_store(session_key).load())
    user = get_user(request)
    return user if user.is_authenticated else None


_proven: dict[str, tuple[str, str, str]] = {}
"""Session data, user and the user's hash that were found to belong together, by session key: while none changes, the
session need not be decoded again."""


def _users_of_database_sessions(session_keys: Collection[str]) -> dict[str, Any]:
    from django.contrib.sessions.models import Session

    sessions = Session.objects.filter(session_key__in=session_keys, expire_date__gt=timezone.now())
    data_by_key = dict(sessions.values_list("session_key", "session_data"))
    user_keys = {key: user_key for key, data in data_by_key.items() if (user_key := _user_key_in(key, data))}
    model = get_user_model()
    users = {
        str(user.pk): user for user in model._default_manager.filter(pk__in=set(user_keys.values())) if user.is_active
    }
    return {
        key: users[user_key]
        for key, user_key in user_keys.items()
        if user_key in users and _belongs_to(key, data_by_key[key], users[user_key])
    }


def _user_key_in(session_key: str, data: str) -> str | None:
    proven = _proven.get(session_key)
    if proven is not None and proven[0] == data:
        return proven[1]
    session = _store().decode(data)
    if session.get(BACKEND_SESSION_KEY) != MODEL_BACKEND:
        return None
    try:
        return str(get_user_model()._meta.pk.to_python(session[SESSION_KEY]))
    except (KeyError, ValueError, ValidationError):
        return None


def _belongs_to(session_key: str, data: str, user: Any) -> bool:
    current_hash = user.get_session_auth_hash()
    proof = (data, str(user.pk), current_hash)
    if _proven.get(session_key) == proof:
        return True
    session_hash = _store().decode(data).get(HASH_SESSION_KEY, "")
    hashes = [current_hash, *user.get_session_auth_fallback_hash()]
    if not any(constant_time_compare(session_hash, known) for known in hashes):
        return False
    if len(_proven) >= PROVEN_LIMIT:
        _proven.clear()
    _proven[session_key] = proof
    return True
