"""Typing: told to the peer, never stored."""

from __future__ import annotations

from typing import Any

from ..wire import answers
from .access import get_room, require_may_send, side_of
from .announcements import Push, tell_live


def announce_typing(user: Any, key: str, on: bool) -> None:
    """Tell the peer that this user is writing, or has stopped. Raises ``CannotSend`` where one cannot write."""
    side = side_of(get_room(user, key), user)
    require_may_send(side)
    if not side.room.head:
        # Nobody knows yet that he is invited.
        return
    frame = answers.typing_event(str(side.room.pk), str(user.pk), on)
    tell_live([Push((str(side.peer.user_id),), frame)])
