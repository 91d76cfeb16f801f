"""Cache of rooms and their two users, for 2 s."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

from .. import get_room_model
from ..core.access import all_rooms, is_active
from ..exceptions import ChatError
from ..querysets import parse_key

if TYPE_CHECKING:
    from ..base_models import AbstractRoom

TRUSTED_SECONDS: Final = 2.0
"""Maximum age of a cached user: a deactivated one is refused after this time at the latest."""


class RoomCache:
    """Finds rooms by the text of their keys, in one query for all that are not cached.

    Only what the two users cannot change about a room is used from here. Positions and blocks are read under its lock.
    """

    def __init__(self) -> None:
        self._rooms: dict[str, tuple[AbstractRoom, bool]] = {}
        self._since = time.monotonic()

    def get_many(self, keys: Collection[str]) -> dict[str, AbstractRoom | ChatError]:
        """Return the room or the error for each key. A room that does not exist is missing from the result."""
        if time.monotonic() - self._since > TRUSTED_SECONDS:
            self._rooms.clear()
            self._since = time.monotonic()
        errors: dict[str, AbstractRoom | ChatError] = {}
        wanted: dict[Any, str] = {}
        model = get_room_model()
        for key in keys:
            if key not in self._rooms:
                try:
                    wanted[parse_key(model, key, "room")] = key
                except ChatError as error:
                    errors[key] = error
        if wanted:
            for room in all_rooms().with_people(preferences=False).with_row_version().filter(pk__in=wanted):
                self.add(wanted[room.pk], room)
        known = {key: self._rooms[key][0] for key in keys if key in self._rooms}
        return {**known, **errors}

    def add(self, key: str, room: AbstractRoom) -> None:
        self._rooms[key] = (room, is_active(room.user1) and is_active(room.user2))

    def evict(self, key: str) -> None:
        self._rooms.pop(key, None)

    def evict_for_non_member(self, key: str, user: Any) -> None:
        """Evict a room if this user is not in it.

        This avoids a timing side channel: a non-member must not tell a cached room from a missing one.
        """
        if key in self._rooms and user is not None and self._rooms[key][0].side_number(user) is None:
            self.evict(key)

    def participants_active(self, key: str) -> bool:
        return self._rooms[key][1]
