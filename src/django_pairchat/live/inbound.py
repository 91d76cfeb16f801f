"""What an announcement means for the sockets of this process, wherever it was made."""

from __future__ import annotations

from collections.abc import Sequence

from ..services.announcements import Change, PresenceChange, Push, RightsChange, RoomChange, SocketOneTooMany
from . import presence, rights
from .hub import hub
from .rooms import room_events


def apply(changes: Sequence[Change]) -> None:
    hub.deliver(change for change in changes if isinstance(change, Push))
    room_events.show([change for change in changes if isinstance(change, RoomChange)])
    presence.show([change for change in changes if isinstance(change, PresenceChange)])
    rights.apply([change for change in changes if isinstance(change, RightsChange | SocketOneTooMany)])
