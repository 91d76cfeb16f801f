"""The typing indicator, which is sent to the peer and never stored."""

from __future__ import annotations

from typing import Any

from ..core.access import get_room, require_may_send, side_of
from ..core.events import FramePush, publish
from ..core.references import RoomRef
from ..protocol import frames


def send_typing(user: Any, room: RoomRef, on: bool) -> None:
    """Tell the peer that the user is typing, or has stopped.

    Raises ``CannotSend`` in a room where the user cannot write, ``NotFound`` for a room that is not the user's.
    """
    side = side_of(get_room(user, room), user)
    require_may_send(side)
    if not side.room.head:
        # The peer is not told about a room without messages.
        return
    frame = frames.typing_event(str(side.room.pk), str(user.pk), on)
    publish([FramePush((str(side.peer.user_id),), frame)])
