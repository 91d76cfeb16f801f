"""Headers that are kept in the cache for a short time, under a secret that stands for them in their place."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any, Final

from django.core.cache import cache

from .. import namespace
from ..exceptions import Unauthenticated
from .base import Credentials, request_with
from .registry import credentials_of

SECRET_BYTES: Final = 32


def keep(kind: str, credentials: Credentials, origin: str, seconds: int) -> str:
    """Keep what has proved a person, and the origin that it is for. Returns the secret by which it is found again."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    kept = [str(credentials.user.pk), origin, dict(credentials.headers)]
    cache.set(_place(kind, secret), _hidden(json.dumps(kept).encode(), secret), seconds)
    return secret


def find(kind: str, secret: str, origin: str, *, once: bool = False) -> Credentials:
    """Return the credentials that were kept under this secret, and end them, if they count ``once``.

    Raises ``Unauthenticated`` for a secret that is unknown, used, too old, or for another origin, and if the headers
    prove this person no more.
    """
    place = _place(kind, secret)
    kept: Any = cache.get(place)
    # Of several at the same time, one deletes it.
    if kept is None or (once and not cache.delete(place)):
        raise Unauthenticated
    user_key, kept_origin, headers = json.loads(_hidden(kept, secret))
    credentials = credentials_of(request_with(headers)) if kept_origin == origin else None
    if credentials is None or str(credentials.user.pk) != user_key:
        raise Unauthenticated
    return credentials


def _hidden(data: bytes, secret: str) -> bytes:
    """Return the data so that only the secret, which is not kept, makes it readable, and readable data from that."""
    pad = hashlib.shake_256(secret.encode(errors="replace")).digest(len(data))
    return bytes(one ^ other for one, other in zip(data, pad, strict=True))


def _place(kind: str, secret: str) -> str:
    # The cache must hold neither what opens a socket nor what reads the rest.
    return namespace.cache_key(kind, hashlib.sha256(secret.encode(errors="replace")).hexdigest())
