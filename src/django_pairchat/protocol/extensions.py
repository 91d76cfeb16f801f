"""Requests that installed apps add to the protocol: a feature, its requests, and the functions that perform them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .requests import ADDED, REQUESTS, Open, Request

Handler = Callable[[Any, Any], dict[str, Any]]
"""Takes the user and the request, and returns the fields of the answer."""

HANDLERS: dict[type[Request], Handler] = {}
FEATURES: list[str] = []


def add_feature(name: str, handlers: Mapping[type[Request], Handler]) -> None:
    """Add a feature that ``hello`` names, and what performs each of its requests. An app does so in ``ready()``.

    Each is charged to its ``bucket`` and then performed in a thread; it may raise a ``ChatError``. Its HTTP twins are
    among the app's own URLs: ``web.api.endpoint()`` makes the view. Doing it again changes nothing. Raises
    ``ValueError`` for the type of another request.
    """
    for kind in handlers:
        if kind.type in (*REQUESTS, Open.type) or ADDED.get(kind.type, kind) is not kind:
            raise ValueError(f"There is a request {kind.type!r} already.")
    ADDED.update({kind.type: kind for kind in handlers})
    HANDLERS.update(handlers)
    if name not in FEATURES:
        FEATURES.append(name)
