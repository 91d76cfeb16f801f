"""URLs of the chat's pages, of its socket and of its HTTP API."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.shortcuts import resolve_url
from django.urls import get_script_prefix, reverse
from django.utils.http import urlencode

from ..conf import conf


def chats_about_url(key: str) -> str:
    """Return the URL of the list of chats about the same thing as this room."""
    return f"{reverse('pairchat:inbox')}?{urlencode({'about': key})}"


def room_url(key: str, *, anchor: int | None = None, **query: Any) -> str:
    """Return the URL of a room's page, at the message whose ``seq`` is ``anchor``, if given."""
    url = reverse("pairchat:room", args=[key])
    if query:
        url += f"?{urlencode(query)}"
    return url if anchor is None else f"{url}#m-{anchor}"


def socket_path() -> str:
    """Return the path of the socket, below the prefix that the project is mounted under."""
    return get_script_prefix().rstrip("/") + conf.websocket_path


def api_url() -> str:
    """Return the URL under which the browser client finds the HTTP API."""
    return reverse("pairchat:api_inbox").removesuffix("inbox/")


def server() -> dict[str, str]:
    """Return the paths that an element of the browser client needs to reach the server."""
    return {"ws": socket_path(), "api": api_url()}


def login_url(next_url: str) -> str:
    """Return the URL of Django's login page, which redirects to ``next_url`` afterwards."""
    url = resolve_url(settings.LOGIN_URL)
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}{urlencode({'next': next_url})}"
