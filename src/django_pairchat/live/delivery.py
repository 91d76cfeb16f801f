"""From an announcement to the sockets: those of this process at once, those of the others through the relay."""

from __future__ import annotations

import atexit
import os
from collections.abc import Sequence
from typing import Any, Final

from ..services.announcements import Change
from ..services.rates import rates
from ..signals import changes_announced
from . import inbound, rights
from .background import background
from .hub import hub
from .limits import cache_workers
from .receivers import receivers
from .relay import relay
from .rooms import room_events
from .shutdown import end_threads
from .workers import workers
from .writer import writer

PARTS: Final = (background, hub, room_events, relay, workers, receivers, cache_workers, writer, rates)
"""What a process keeps in memory, and has to begin anew when it was forked."""


def deliver(sender: object, changes: Sequence[Change], **kwargs: Any) -> None:
    inbound.apply(changes)
    relay.publish(changes)


def connect() -> None:
    """Hear what the services announce, from now on and in every kind of process."""
    changes_announced.connect(deliver, dispatch_uid="django_pairchat.live")
    rights.connect()
    # Not every server says when it ends.
    atexit.register(end_threads)
    if hasattr(os, "register_at_fork"):
        for part in PARTS:
            os.register_at_fork(after_in_child=part.reset)
