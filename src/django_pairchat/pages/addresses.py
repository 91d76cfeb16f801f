"""Where the pages of the chat, its socket and its HTTP twins are."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.shortcuts import resolve_url
from django.urls import get_script_prefix, reverse
from django.utils.http import urlencode

from ..conf import conf


def room_url(key: str, *, anchor: int | None = None, **query: Any) -> str:
    """The address of a room's page, at one of its messages if ``anchor`` names it."""
    address = reverse("pairchat:room", args=[key])
    if query:
        address += f"?{urlencode(query)}"
    return address if anchor is None else f"{address}#m-{anchor}"


def socket_address() -> str:
    """Where the page's socket connects: below the prefix that the project is mounted under, as all its pages are."""
    return get_script_prefix().rstrip("/") + conf.websocket_path


def api_url() -> str:
    """Under which address the browser client finds the HTTP twins."""
    return reverse("pairchat:api_inbox").removesuffix("inbox/")


def login_url(next_url: str) -> str:
    """Django's own login page, which leads back to ``next_url``."""
    address = resolve_url(settings.LOGIN_URL)
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{urlencode({'next': next_url})}"
