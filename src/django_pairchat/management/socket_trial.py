"""A socket opened to a running site, as a page opens it, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from ..conf import conf
from .outcome import Outcome

PROTOCOL: Final = "pairchat.v1"
PATIENCE_SECONDS: Final = 10
SIGNED_OUT: Final = 4401
SCHEMES: Final = {"http": "ws", "https": "wss"}
WHAT_TO_DO: Final = {
    403: "Either no socket is served at this path: look at WEBSOCKET_PATH, and at the path in --url. Or the origin is "
    "refused: the host must be in ALLOWED_HOSTS; behind a proxy that ends TLS, set SECURE_PROXY_SSL_HEADER or "
    "CSRF_TRUSTED_ORIGINS.",
    404: "It came as an ordinary request. Start an ASGI server that speaks WebSocket; let the proxy pass on the "
    "headers Upgrade and Connection.",
    500: "The application has no route to a socket at this path: end asgi.py with application = "
    "with_chat(application), or look at the router there. The log of the server says more.",
}


def try_socket(url: str, user_key: str | None) -> Outcome:
    """Open a socket to the site at this address and close it again.

    Without a user the site must answer ``bye`` with 4401, which it does if everything on the way to the chat works.
    With one it must say ``hello``. The session that this needs is stored for that time; the site has to use the same
    database, cache and ``SECRET_KEY`` as this project.
    """
    site = urlsplit(url)
    if site.scheme not in SCHEMES or not site.netloc:
        raise CommandError(f"--url {url} is no address of a site, such as https://example.com/.")
    if user_key is None:
        return _open(site.scheme, site.netloc, site.path, cookie=None)
    with _session_of(user_key) as cookie:
        return _open(site.scheme, site.netloc, site.path, cookie=cookie)


def _open(scheme: str, host: str, prefix: str, *, cookie: str | None) -> Outcome:
    try:
        from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
        from websockets.sync.client import connect
        from websockets.typing import Origin, Subprotocol
    except ImportError:
        raise CommandError('--url needs a client for sockets: pip install "django-pairchat[uvicorn]".') from None
    address = f"{SCHEMES[scheme]}://{host}{prefix.rstrip('/')}{conf.websocket_path}"
    try:
        with connect(
            address,
            origin=Origin(f"{scheme}://{host}"),
            subprotocols=[Subprotocol(PROTOCOL)],
            additional_headers={} if cookie is None else {"Cookie": cookie},
            open_timeout=PATIENCE_SECONDS,
            proxy=None,
        ) as socket:
            frame = json.loads(socket.recv(PATIENCE_SECONDS))
    except InvalidStatus as error:
        status = error.response.status_code
        advice = WHAT_TO_DO.get(status, "Look at the log of the server and of the proxy before it.")
        return Outcome(f"{address} answered the handshake with {status}. {advice}", works=False)
    except ConnectionClosed as error:
        code = error.rcvd.code if error.rcvd else "no code"
        return Outcome(f"{address} was closed with {code} before it said anything.", works=False)
    except (OSError, InvalidHandshake, TimeoutError, ValueError) as error:
        return Outcome(f"{address} cannot be opened: {type(error).__name__}: {error}", works=False)
    return _judge(address, frame, with_user=cookie is not None)


def _judge(address: str, frame: dict[str, Any], *, with_user: bool) -> Outcome:
    kind, code = frame.get("type"), frame.get("code")
    if kind == "hello":
        return Outcome(f"{address} said hello to the user {frame.get('user')}.")
    if kind == "bye" and code == SIGNED_OUT:
        if with_user:
            told = "does not know the session: it has another database, cache, SECRET_KEY or SESSION_COOKIE_NAME."
            return Outcome(f"{address} {told}", works=False)
        return Outcome(f"{address} is open, and asks to sign in. With --user KEY it says hello.")
    return Outcome(f"{address} answered {kind} {code or ''}: {frame.get('reason', '')}", works=False)


@contextmanager
def _session_of(user_key: str) -> Iterator[str]:
    """Store a session of this user and yield its cookie. It is deleted afterwards."""
    model = get_user_model()
    try:
        user: Any = model._default_manager.filter(pk=user_key).first()
    except (ValueError, ValidationError):
        user = None
    if user is None:
        raise CommandError(f"--user {user_key}: there is no user with this key.")
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = model._meta.pk.value_to_string(user)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.set_expiry(PATIENCE_SECONDS * 6)
    session.save()
    try:
        yield f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
    finally:
        session.delete()
