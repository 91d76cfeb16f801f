"""The number of a user's unread rooms."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest
from django.utils.translation import ngettext

from ... import services

UNREAD_MEMO: Final = "_pairchat_unread_rooms"


def badge_text(count: int) -> str:
    """Return a count for a badge: empty for 0, and "99+" above 99."""
    return "" if count == 0 else "99+" if count > 99 else str(count)


def unread_rooms(request: HttpRequest) -> int:
    """Return the number of the current user's unread rooms, with one query per page for any number of tags."""
    count: int | None = getattr(request, UNREAD_MEMO, None)
    if count is None:
        count = services.unread_rooms(request.user)
        remember_unread_rooms(request, count)
    return count


def remember_unread_rooms(request: HttpRequest, count: int) -> None:
    setattr(request, UNREAD_MEMO, count)


def unread_label(count: int) -> str:
    """Return the badge's number as a text for screen readers."""
    return ngettext("{count} unread chat", "{count} unread chats", count).format(count=badge_text(count) or 0)
