"""Entries of the log: who read or did what."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from ..core.access import database
from ..policy import get_policy
from .models import NAME_LENGTH, LogEntry


class Action(StrEnum):
    """The kinds of entries."""

    READ = "read"
    READ_CONTEXT = "read_context"
    READ_CONVERSATION = "read_conversation"
    READ_FILE = "read_file"
    DECIDED = "decided"
    KEPT = "kept"
    RELEASED = "released"
    SUSPENDED = "suspended"
    LIFTED = "lifted"
    EXPIRED = "expired"


def name_of(user: Any) -> str:
    """Return the name that the policy has for a person, empty for nobody."""
    return "" if user is None else get_policy().profile(user).name[:NAME_LENGTH]


def write_log(actor: Any, action: Action, case_number: int | None = None, **details: Any) -> None:
    """Add one entry. ``actor`` is ``None`` for a command."""
    LogEntry.objects.using(database()).create(
        actor_key="" if actor is None else str(actor.pk),
        actor_name=name_of(actor),
        action=str(action),
        case_number=case_number,
        details=details,
    )
