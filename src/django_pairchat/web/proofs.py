"""Requests that prove by a header who sends them, and those that must not count as signed in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from math import ceil
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .. import authentication
from ..authentication import Credentials
from ..authentication.file_proofs import PARAMETER, read_file_proof
from ..core.error_handling import to_chat_error
from ..core.impersonation import is_impersonated
from ..protocol.errors import ChatError, ErrorCode

CREDENTIALS = "_pairchat_credentials"


def credentials_in(request: HttpRequest) -> Credentials | None:
    """Return what the request has proved by a header, or ``None`` if it goes by its session."""
    found: Credentials | None = getattr(request, CREDENTIALS, None)
    return found


def acts_as_another(request: HttpRequest) -> bool:
    """Return whether somebody else acts as the user of this request."""
    session = None if credentials_in(request) is not None else getattr(request, "session", None)
    return is_impersonated(request.user, session)


def header_or_address(request: HttpRequest) -> Credentials | None:
    """Return whom the request's headers prove, else whom the proof in its address does, else ``None``.

    Raises ``Unauthenticated`` for a proof that is not valid.
    """
    credentials = authentication.credentials_of(request)
    proof = request.GET.get(PARAMETER)
    if credentials is not None or proof is None:
        return credentials
    return read_file_proof(proof, request.path)


def headers_of_refusal(error: ChatError) -> dict[str, str]:
    """Return the headers of an answer that refuses: what to do about it, and that no cache may keep it."""
    headers = {"Cache-Control": "no-store"}
    if error.retry_after is not None:
        headers["Retry-After"] = str(ceil(error.retry_after))
    if error.code == ErrorCode.UNAUTHENTICATED and (challenge := authentication.challenge()):
        headers["WWW-Authenticate"] = challenge
    return headers


def proved_by_headers(
    view: Callable[..., Any],
    with_session: Callable[..., Any],
    refuse: Callable[[ChatError], HttpResponseBase],
    read: Callable[[HttpRequest], Credentials | None] = authentication.credentials_of,
) -> Callable[..., Any]:
    """Return a view that calls ``view`` for a request with a valid proof, and ``with_session`` for one without.

    A browser sends no such header by itself, so it needs no CSRF token. A wrong or expired one is refused: it never
    falls back to a session. ``read`` returns what the request proves, and raises ``Unauthenticated``.
    """

    @wraps(with_session)
    def wrapper(request: HttpRequest, **kwargs: Any) -> Any:
        if authentication.takes_headers():
            try:
                credentials = read(request)
            except Exception as error:  # noqa: BLE001 - the host's code may raise anything
                return refuse(to_chat_error(error))
            if credentials is not None:
                request.user = credentials.user
                setattr(request, CREDENTIALS, credentials)
                return view(request, **kwargs)
        if authentication.accepts_sessions():
            return with_session(request, **kwargs)
        # No cookie counts, so there is nothing that another site could make a browser do.
        request.user = AnonymousUser()
        return view(request, **kwargs)

    return wrapper
