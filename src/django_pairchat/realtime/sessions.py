"""The user of a connection, by Django's session: read at the handshake and while it is open, many in one query."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Mapping
from functools import lru_cache
from importlib import import_module
from io import BytesIO
from typing import Any, Final
from weakref import WeakKeyDictionary

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.signed_cookies import SessionStore as CookieSessions
from django.core.exceptions import ValidationError
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from ..node import NodePart
from ..utils.data_loader import DataLoader

HTTP_SCHEMES: Final = {"ws": "http", "wss": "https"}
IN_COOKIES: Final = "in cookies"
DATABASE_SESSIONS: Final = "django.contrib.sessions.backends.db"
MODEL_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"
VERIFIED_LIMIT: Final = 10_000


def handshake_request(scope: Mapping[str, Any]) -> ASGIRequest:
    """Return the handshake as an HTTP request, for Django's functions that take one."""
    as_http = {"root_path": "", **scope, "type": "http", "method": "GET"}
    if "scheme" in scope:
        as_http["scheme"] = HTTP_SCHEMES.get(scope["scheme"], scope["scheme"])
    return ASGIRequest(as_http, BytesIO())


class _OriginRule(CsrfViewMiddleware):
    """Django's own rule for the Origin of an unsafe request."""

    def allows(self, request: HttpRequest) -> bool:
        try:
            return "HTTP_ORIGIN" in request.META and bool(self._origin_verified(request))  # type: ignore[attr-defined]  # private, and the only place of the rule
        except ValueError:
            return False


def is_trusted_origin(request: ASGIRequest) -> bool:
    """Return whether the page that opens this connection belongs to the site: same scheme and host, or trusted origin.

    If the server does not report the scheme of the connection, both schemes are accepted.
    """
    rule = _OriginRule(lambda _: HttpResponse())
    if rule.allows(request):
        return True
    return "scheme" not in request.scope and rule.allows(ASGIRequest({**request.scope, "scheme": "https"}, BytesIO()))


def session_key_of(request: HttpRequest) -> str | None:
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    # The cookie parser reads "\\000" as a NUL, which PostgreSQL rejects in a query.
    return None if key is None or "\0" in key or not _is_encodable(key) else key


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def are_in_cookies() -> bool:
    """Return whether sessions are stored in cookies only, where the server cannot end one."""
    return issubclass(_engine(settings.SESSION_ENGINE), CookieSessions)


@lru_cache(maxsize=8)
def _engine(path: str) -> type[SessionBase]:
    engine: type[SessionBase] = import_module(path).SessionStore
    return engine


def user_key_in(session_key: str | None) -> str | None:
    """Return the key of the user that a session names. It is not verified, and may be out of date."""
    user_key = _store(session_key).get(SESSION_KEY) if session_key else None
    return None if user_key is None else str(user_key)


def stored_session(session_key: str | None) -> dict[str, Any] | None:
    """Return what is stored in a session, ``None`` without one. Raises what the storage raises."""
    return _store(session_key).load() if session_key else None


def session_fingerprint(session_key: str) -> str:
    """Return what other processes get of a session: enough to find its connections, not enough to sign in.

    A session in a cookie has no stable key: its text changes whenever something is written into it. All of them have
    one fingerprint, so a logout ends all connections of a user.
    """
    if are_in_cookies():
        return IN_COOKIES
    return hashlib.sha256(session_key.encode()).hexdigest()


async def session_user(session_key: str | None) -> Any:
    """Return the signed-in user of a session, or ``None``. Simultaneous calls share their queries."""
    return None if not session_key else await _of_this_loop().get(session_key)


_batchers: NodePart[WeakKeyDictionary[asyncio.AbstractEventLoop, DataLoader[str, Any]]] = NodePart(WeakKeyDictionary)


def _of_this_loop() -> DataLoader[str, Any]:
    loop = asyncio.get_running_loop()
    batchers = _batchers()
    if loop not in batchers:
        batchers[loop] = DataLoader(session_users)
    return batchers[loop]


def session_users(session_keys: Collection[str]) -> dict[str, Any]:
    """Return the signed-in user of each of these sessions; a session without one is left out.

    That takes two queries if sessions are in the database and users come from Django's own backend. Otherwise Django's
    own functions are called for each session.
    """
    if (
        settings.SESSION_ENGINE == DATABASE_SESSIONS
        and settings.AUTHENTICATION_BACKENDS == [MODEL_BACKEND]
        and issubclass(get_user_model(), AbstractBaseUser)
    ):
        return _users_of_database_sessions(session_keys)
    users = {session_key: _user_by_django(session_key) for session_key in session_keys}
    return {session_key: user for session_key, user in users.items() if user is not None}


def _store(session_key: str | None = None) -> SessionBase:
    return _engine(settings.SESSION_ENGINE)(session_key)


class _SessionToRead(SessionBase):
    """Read-only data of a session. A WebSocket sets no cookie, so Django must not change the key or flush it."""

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


_verified_sessions: NodePart[dict[str, tuple[str, str, str]]] = NodePart(dict)
"""Verified session data, user key and user hash by session key. Unless one of them changes, the session is not decoded
again."""


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
    verified = _verified_sessions().get(session_key)
    if verified is not None and verified[0] == data:
        return verified[1]
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
    if _verified_sessions().get(session_key) == proof:
        return True
    session_hash = _store().decode(data).get(HASH_SESSION_KEY, "")
    hashes = [current_hash, *user.get_session_auth_fallback_hash()]
    if not any(constant_time_compare(session_hash, known) for known in hashes):
        return False
    verified = _verified_sessions()
    if len(verified) >= VERIFIED_LIMIT:
        verified.clear()
    verified[session_key] = proof
    return True
