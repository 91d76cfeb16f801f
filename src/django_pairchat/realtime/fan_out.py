"""Apply events, from this process or another one, to the connections of this process."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.events import (
    AccessRevoked,
    ConnectionEvicted,
    Event,
    FramePush,
    PresenceChanged,
    RestrictionChanged,
    RoomChanged,
)
from ..core.restrictions import restrictions
from ..protocol import frames
from . import presence, revocation
from .hub import hub
from .room_updates import room_updates


def apply(changes: Sequence[Event]) -> None:
    pushes: list[FramePush] = []
    changed: list[RoomChanged] = []
    present: list[PresenceChanged] = []
    revoked: list[AccessRevoked | ConnectionEvicted] = []
    for change in changes:
        match change:
            case FramePush():
                pushes.append(change)
            case RoomChanged():
                changed.append(change)
            case PresenceChanged():
                present.append(change)
            case RestrictionChanged(user):
                # First, so that what the person's clients ask next is answered as it is now.
                restrictions().forget()
                pushes.append(FramePush((user,), frames.resync_event()))
            case _:
                revoked.append(change)
    hub().deliver(pushes)
    room_updates().schedule(changed)
    presence.broadcast(present)
    revocation.apply(revoked)
