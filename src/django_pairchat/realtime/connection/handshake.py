"""The handshake of a connection: its origin, session, language and sub-protocol."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from django.utils import translation

from ... import authentication
from ...authentication import Credentials
from ...authentication.tickets import offered_ticket, redeem_ticket
from ...node import NodePart
from ...protocol import frames
from ..sessions import handshake_request, is_trusted_origin, session_key_of

logger = logging.getLogger("django_pairchat")

QUIET_SECONDS: Final = 60.0


class _Reported:
    """When a refused origin may be reported again, on the monotonic clock."""

    again_at = 0.0


_reported = NodePart(_Reported)


class Handshake(NamedTuple):
    """The few values to keep: the request itself is large."""

    is_trusted: bool
    language: str
    session_key: str | None


def read_handshake(scope: Mapping[str, Any]) -> Handshake:
    """Return what a connection needs to know, and whether its origin may open a connection."""
    request = handshake_request(scope)
    session_key = session_key_of(request) if authentication.accepts_sessions() else None
    return Handshake(is_trusted_origin(request), translation.get_language_from_request(request), session_key)


def read_credentials(scope: Mapping[str, Any]) -> Credentials | None:
    """Return whom the handshake proves by a ticket or a header, or ``None``. Asks the cache and the database.

    Raises ``Unauthenticated`` for a proof that is wrong, expired or revoked.
    """
    request = handshake_request(scope)
    ticket = offered_ticket(scope.get("subprotocols") or ())
    return authentication.credentials_of(request) if ticket is None else redeem_ticket(ticket, request)


def report_refused_origin(scope: Mapping[str, Any]) -> None:
    """Say in the log which origin was refused, and which one would not be. Once a minute: anybody can cause it."""
    now = time.monotonic()
    if now < _reported().again_at:
        return
    _reported().again_at = now + QUIET_SECONDS
    request = handshake_request(scope)
    logger.warning(
        "A WebSocket from the origin %r was refused. It must come from %s://%s, or from one of CSRF_TRUSTED_ORIGINS.",
        request.headers.get("Origin", ""),
        request.scheme,
        request.META.get("HTTP_HOST", ""),
    )


def spoken_protocol(scope: Mapping[str, Any]) -> str | None:
    """Return the sub-protocol to accept: ours if it was offered, else the first of the offered ones, else ``None``.

    A foreign one is accepted before it is refused, because a browser shows a close code only after the upgrade.
    """
    offered = scope.get("subprotocols") or []
    return frames.SUBPROTOCOL if frames.SUBPROTOCOL in offered else next(iter(offered), None)
