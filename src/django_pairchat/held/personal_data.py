"""A person's held messages, in the export of the person's data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.access import database
from ..core.held import held_object
from ..services import add_personal_data
from .models import HeldMessage


def register() -> None:
    add_personal_data("held", _held)


def _held(user: Any) -> Mapping[str, Any]:
    rows = HeldMessage.objects.using(database()).filter(sender=user).order_by("pk")
    return {"messages": [{"room": row.room_key, **held_object(row)} for row in rows]}
