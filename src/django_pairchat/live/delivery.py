"""From an announcement to the sockets: those of this process at once, those of the others through the relay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..services.announcements import Change
from ..signals import changes_announced
from . import inbound, rights
from .relay import relay


def deliver(sender: object, changes: Sequence[Change], **kwargs: Any) -> None:
    inbound.apply(changes)
    relay.publish(changes)


def connect() -> None:
    """Hear what the services announce, from now on and in every kind of process."""
    changes_announced.connect(deliver, dispatch_uid="django_pairchat.live")
    rights.connect()
