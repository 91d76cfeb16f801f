"""Assets that an optional app of the chat adds to every page for people who are signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest

Render = Callable[[HttpRequest, str], str]

_renderers: Final[list[Render]] = []


def add_extra_assets(render: Render) -> None:
    """Let every page contain what ``render(request, nonce)`` returns: safe HTML, or nothing."""
    if render not in _renderers:
        _renderers.append(render)


def extra_assets(request: HttpRequest, nonce: str) -> list[str]:
    return [render(request, nonce) for render in _renderers]
