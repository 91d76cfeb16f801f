"""Rooms and their people, remembered for a moment by whoever asks for the same ones again and again."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

from .. import get_room_model
from ..exceptions import ChatError
from ..querysets import parse_key
from .access import all_rooms, is_active

if TYPE_CHECKING:
    from ..base_models import AbstractRoom

TRUSTED_SECONDS: Final = 2.0
"""How old may be what is known of the people: a deactivated one is refused after this time at the latest."""


class KnownRooms:
    """Finds rooms by the text of their keys, in one query for all that it does not remember.

    What two people cannot change about a room is remembered; positions and blocks are read under its lock.
    """

    def __init__(self) -> None:
        self._rooms: dict[str, tuple[AbstractRoom, bool]] = {}
        self._since = time.monotonic()

    def find(self, keys: Collection[str]) -> dict[str, AbstractRoom | ChatError]:
        """The room or the refusal for each key; a room that is not there is missing from the answer."""
        if time.monotonic() - self._since > TRUSTED_SECONDS:
            self._rooms.clear()
            self._since = time.monotonic()
        refusals: dict[str, AbstractRoom | ChatError] = {}
        wanted: dict[Any, str] = {}
        model = get_room_model()
        for key in keys:
            if key not in self._rooms:
                try:
                    wanted[parse_key(model, key, "room")] = key
                except ChatError as refusal:
                    refusals[key] = refusal
        if wanted:
            for room in all_rooms().with_people().with_version().filter(pk__in=wanted):
                self.add(wanted[room.pk], room)
        known = {key: self._rooms[key][0] for key in keys if key in self._rooms}
        return {**known, **refusals}

    def add(self, key: str, room: AbstractRoom) -> None:
        self._rooms[key] = (room, is_active(room.user1) and is_active(room.user2))

    def forget(self, key: str) -> None:
        self._rooms.pop(key, None)

    def forget_unless_of(self, key: str, user: Any) -> None:
        """To a stranger a room that is remembered must cost the same query as one that is not there."""
        if key in self._rooms and user is not None and self._rooms[key][0].side(user) is None:
            self.forget(key)

    def has_active_people(self, key: str) -> bool:
        return self._rooms[key][1]
