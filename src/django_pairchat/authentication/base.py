"""The ways to prove who is asking. A host names them in ``PAIRCHAT["AUTHENTICATION"]``, and may write its own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any, ClassVar, Final

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import DataError
from django.http import HttpRequest

from ..core.access import is_active
from ..exceptions import Unauthenticated

logger = logging.getLogger("django_pairchat")

SCHEME_AND_TOKEN: Final = 2
UNREADABLE: Final = (DataError, OverflowError, RecursionError, TypeError, ValidationError, ValueError)
"""The errors of Python, Django and the databases about a user's key in a token that can be nobody's: with a NUL
character, a text in place of a number, a list. An answer that is no JSON, of a service that is asked about the token,
says nothing about the token, though its error is a ``ValueError``."""
HEADER_LIMIT_BYTES: Final = 8192
"""Most servers refuse longer headers anyway."""


class Authentication:
    """One way to prove who is asking, by headers of the request. There is one instance per process."""

    headers: ClassVar[tuple[str, ...]] = ("Authorization",)
    """The headers that hold the proof. A socket keeps them, to ask again while it is open."""

    def authenticate(self, request: HttpRequest) -> Any:
        """Return the user whom the headers prove, or ``None`` if they hold nothing of this kind.

        Called in a thread, and again with the same headers while a socket is open. The request holds nothing but
        these headers: no cookies, no body. Raises ``Unauthenticated`` for a proof that is wrong, expired or revoked:
        it is then refused, even if there is a session, too. So is a new one for which it raises what Django and the
        databases do of a key that can be nobody's, such as ``ValueError``; that is logged. An open socket stays, and
        ends with ``Unauthenticated``, ``ObjectDoesNotExist``, ``None`` or another user.
        """
        raise NotImplementedError

    def challenge(self) -> str | None:
        """Return the value of ``WWW-Authenticate`` for a refusal, such as ``Bearer``, or ``None``."""
        return None


class SessionAuthentication(Authentication):
    """Django's session, as a browser sends it in a cookie: with the CSRF token, and from an origin of the site."""

    headers: ClassVar[tuple[str, ...]] = ()

    def authenticate(self, request: HttpRequest) -> Any:
        """Return ``None``: a cookie is no header, and Django's own middleware reads it."""
        return None


class BearerAuthentication(Authentication):
    """``Authorization: Bearer <token>``, for a token that the host's code can read. Override :meth:`user_of`."""

    def user_of(self, token: str) -> Any:
        """Return the user of this token, or ``None`` if it is wrong, expired or revoked."""
        raise NotImplementedError

    def authenticate(self, request: HttpRequest) -> Any:
        """Return the user of the token. Raises ``Unauthenticated`` for a token without one."""
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = token.strip()
        user = self.user_of(token) if token else None
        if user is None:
            raise Unauthenticated
        return user

    def challenge(self) -> str | None:
        """Return ``Bearer``."""
        return "Bearer"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Whom a request has proved to come from, and with what, by the name of each header."""

    user: Any
    method: Authentication
    headers: Mapping[str, str]

    def are_still_valid(self) -> bool:
        """Return whether the same headers still prove the same person.

        Raises what the method and the database raise, but for ``Unauthenticated`` and ``ObjectDoesNotExist``: these
        headers were readable once, so any other error is a fault that may pass, and says nothing about them.
        """
        try:
            user = proved_user(self.method, self.headers)
        except Unauthenticated:
            return False
        return user is not None and user.pk == self.user.pk


def proved_user(method: Authentication, headers: Mapping[str, str]) -> Any:
    """Return whom these headers prove, or ``None`` if they hold nothing of this kind.

    Raises ``Unauthenticated`` for a proof that is wrong, expired or revoked, or of nobody who may sign in, and what the
    method and the database raise.
    """
    try:
        user = method.authenticate(request_with(headers))
        # Some classes give a user who is read from the database no sooner than here.
        may_sign_in = user is None or is_active(user)
    except ObjectDoesNotExist:
        raise Unauthenticated from None
    if not may_sign_in:
        raise Unauthenticated
    return user


def newly_proved_user(method: Authentication, headers: Mapping[str, str]) -> Any:
    """Return whom these headers prove, as :func:`proved_user` does, where nobody has read them before.

    Raises ``Unauthenticated`` for those that the method cannot read, too.
    """
    try:
        return proved_user(method, headers)
    except JSONDecodeError:
        raise
    except UNREADABLE:
        logger.warning("%s could not read a proof, which is refused.", type(method).__name__, exc_info=True)
        raise Unauthenticated from None


def request_with(headers: Mapping[str, str]) -> HttpRequest:
    """Return a request that holds nothing but these headers."""
    request = HttpRequest()
    request.method = "GET"
    for name, value in headers.items():
        request.META[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return request
