"""Rooms of deleted accounts: the other person keeps the history, and the second deletion removes the room."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.deletion import Collector


def leave_rooms(collector: Collector, field: Any, rooms: Any, using: str) -> None:
    """Handle ``on_delete`` of a room's people: the other person keeps the history.

    The room is deleted with the second account, unless it is on legal hold.
    """
    other = "user2_id" if field.name == "user1" else "user1_id"
    leaving = {
        user.pk for model, users in collector.data.items() if issubclass(model, get_user_model()) for user in users
    }
    # Read once: the other account may be deleted between two queries, and its rooms would be in neither result.
    # Both people are loaded, although Django itself would need neither.
    affected = list(rooms.only("pk", "user1", "user2", "legal_hold"))
    abandoned = [
        room
        for room in affected
        if not room.legal_hold and (getattr(room, other) is None or getattr(room, other) in leaving)
    ]
    abandoned_set = set(abandoned)
    kept = [room for room in affected if room not in abandoned_set]
    # nullable=False sets the order of deletion: MariaDB checks immediately whether a room refers to a missing user.
    collector.collect(abandoned, source=field.remote_field.model, source_attr=field.name, nullable=False)
    if kept:
        collector.add_field_update(field, None, kept)
        collector.add_field_update(field.model._meta.get_field("pair_key"), None, kept)
