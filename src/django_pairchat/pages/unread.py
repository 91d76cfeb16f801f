"""How many rooms wait for somebody."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest
from django.utils.translation import ngettext

from .. import services

UNREAD_MEMO: Final = "_pairchat_unread_rooms"


def capped(count: int) -> str:
    """A count for a badge: nothing for 0, and "99+" for what no longer fits."""
    return "" if count == 0 else "99+" if count > 99 else str(count)


def unread_rooms(request: HttpRequest) -> int:
    """How many rooms wait for whoever asks: one query for a whole page, however many tags show it."""
    count: int | None = getattr(request, UNREAD_MEMO, None)
    if count is None:
        count = services.unread_rooms(request.user)
        remember_unread_rooms(request, count)
    return count


def remember_unread_rooms(request: HttpRequest, count: int) -> None:
    setattr(request, UNREAD_MEMO, count)


def unread_label(count: int) -> str:
    """The badge's number as a sentence."""
    return ngettext("{count} unread chat", "{count} unread chats", count).format(count=capped(count) or 0)
