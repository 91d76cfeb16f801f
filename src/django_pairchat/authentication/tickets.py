"""Tickets: what a browser on a page of another origin opens its socket with, because it can send no header there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.http import HttpRequest

from .base import Credentials
from .kept import find, keep

LIFETIME_SECONDS: Final = 30
SUBPROTOCOL_PREFIX: Final = "pairchat.ticket."
KIND: Final = "ticket"


def issue_ticket(request: HttpRequest, credentials: Credentials) -> str:
    """Return a ticket for one socket, within 30 s, from the origin of this request. It is kept in the cache."""
    return keep(KIND, credentials, _origin(request), LIFETIME_SECONDS)


def offered_ticket(subprotocols: Iterable[str]) -> str | None:
    """Return the ticket among the sub-protocols that a client offers, or ``None``."""
    found = (name.removeprefix(SUBPROTOCOL_PREFIX) for name in subprotocols if name.startswith(SUBPROTOCOL_PREFIX))
    return next(found, None)


def redeem_ticket(ticket: str, request: HttpRequest) -> Credentials:
    """Return the credentials for which a ticket was issued, and end it.

    Raises ``Unauthenticated`` for one that is unknown, used, too old, or from another origin, and if its headers prove
    nobody any more.
    """
    return find(KIND, ticket, _origin(request), once=True)


def _origin(request: HttpRequest) -> str:
    return request.headers.get("Origin", "")
