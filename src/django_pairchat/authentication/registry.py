"""The host's list of ways to prove who is asking, in its order."""

from __future__ import annotations

from functools import lru_cache
from inspect import isclass
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils.module_loading import import_string

from ..conf import conf
from ..exceptions import Unauthenticated
from .base import HEADER_LIMIT_BYTES, Authentication, Credentials, SessionAuthentication, newly_proved_user

SCHEMES_OF_PROXIES: Final = frozenset({"basic", "digest", "negotiate", "ntlm"})
"""Schemes of a web server in front of the site, for which a browser sends ``Authorization`` with each request."""


def get_authentications() -> tuple[Authentication, ...]:
    """Return one instance of each class of ``PAIRCHAT["AUTHENTICATION"]``.

    Raises what importing them raises, and ``ImproperlyConfigured`` for what is none. The checks report it earlier.
    """
    return _instances(conf.authentication)


@lru_cache(maxsize=8)
def _instances(paths: tuple[str, ...]) -> tuple[Authentication, ...]:
    return tuple(make_authentication(path) for path in paths)


def make_authentication(path: str) -> Authentication:
    """Return an instance of the class under this dotted path.

    Raises what importing it raises, and ``ImproperlyConfigured`` for what is no way to sign in.
    """
    found: Any = import_string(path)
    if isclass(found) and issubclass(found, Authentication):
        return found()
    if isclass(found) and hasattr(found, "authenticate_header"):
        from .rest_framework import RestFrameworkAuthentication

        return RestFrameworkAuthentication(found)
    raise ImproperlyConfigured(
        f'PAIRCHAT["AUTHENTICATION"] names {path}, which is neither a subclass of django_pairchat.authentication.'
        "Authentication nor an authentication class of Django REST framework."
    )


def accepts_sessions() -> bool:
    """Return whether the session of a browser counts."""
    return any(isinstance(method, SessionAuthentication) for method in get_authentications())


def takes_headers() -> bool:
    """Return whether anything but the session is accepted."""
    return any(method.headers for method in get_authentications())


def challenge() -> str:
    """Return the value of ``WWW-Authenticate`` for a refusal: what each method asks for, ``""`` if none asks."""
    return ", ".join(dict.fromkeys(asked for method in get_authentications() if (asked := method.challenge())))


def credentials_of(request: HttpRequest) -> Credentials | None:
    """Return whom the request's headers prove, or ``None`` if they hold no proof at all.

    Raises ``Unauthenticated`` for one that is wrong, expired, revoked, unreadable, of a kind that the host does not
    accept, or of somebody who may not sign in, and what a method raises otherwise.
    """
    for method in get_authentications():
        headers = {name: value for name in method.headers if (value := request.headers.get(name)) is not None}
        if any(len(value) > HEADER_LIMIT_BYTES for value in headers.values()):
            raise Unauthenticated
        # It sees these headers only: some classes read a cookie too, which proves nothing about who has sent it.
        user = newly_proved_user(method, headers) if headers else None
        if user is not None:
            return Credentials(user, method, headers)
    if _has_unread_proof(request):
        # Some methods return nothing for a wrong proof. A session must not count in its place.
        raise Unauthenticated
    return None


def _has_unread_proof(request: HttpRequest) -> bool:
    names = {name for method in get_authentications() for name in method.headers}
    given = {name: value for name in names if (value := request.headers.get(name, ""))}
    scheme = given.pop("Authorization", "").partition(" ")[0].lower()
    return bool(given) or (bool(scheme) and scheme not in SCHEMES_OF_PROXIES)
