"""Room events, debounced: a changed room is read once for many changes, and sent to each side as that side sees it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from django.utils import translation

from .. import get_room_model
from ..core.access import all_rooms
from ..core.events import RoomChanged
from ..core.serializers import room_objects
from ..node import NodePart
from ..protocol import frames
from ..querysets import parse_key
from ..utils.event_loop_thread import event_loop_thread
from ..utils.thread_pool import thread_pool
from . import presence
from .hub import Connection, Delivery, hub

logger = logging.getLogger("django_pairchat")

PAUSE_SECONDS: Final = 0.5
"""At most one event per room in this time, the first at once. A busy room is read twice a second, not per message."""


class RoomUpdates:
    """Rooms that changed since their last event. Used from any thread; its timers run on the background loop."""

    def __init__(self) -> None:
        self._changed: dict[str, set[str]] = {}
        self._shown_at: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    def schedule(self, changes: Iterable[RoomChanged]) -> None:
        wanted = [change for change in changes if any(hub().of_user(user) for user in change.users)]
        if wanted:
            event_loop_thread().call(self._note, wanted)

    def _note(self, changes: Iterable[RoomChanged]) -> None:
        for change in changes:
            self._changed.setdefault(change.room, set()).update(change.users)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while self._changed:
            due = self._take_due()
            if due:
                try:
                    await thread_pool().run(partial(send_now, due))
                except Exception as error:  # noqa: BLE001 - a lost event is repaired by the next ping
                    logger.warning("Room events were dropped: %s", type(error).__name__)
            else:
                await asyncio.sleep(PAUSE_SECONDS / 10)
        self._task = None

    def _take_due(self) -> dict[str, set[str]]:
        now = time.monotonic()
        self._shown_at = {room: shown for room, shown in self._shown_at.items() if now - shown < PAUSE_SECONDS}
        due = {room: users for room, users in self._changed.items() if room not in self._shown_at}
        for room in due:
            del self._changed[room]
            self._shown_at[room] = now
        return due


def send_now(changed: Mapping[str, Collection[str]]) -> None:
    """Read these rooms in one query, and push each to those of its two users who are connected to this process."""
    model = get_room_model()
    keys = [parse_key(model, room, "room") for room in changed]
    rooms = all_rooms().with_people().with_last_message().filter(pk__in=keys)
    by_user: dict[str, tuple[Any, list[Any]]] = {}
    for room in rooms:
        for side in room.sides:
            user_key = str(side.user_id)
            if side.user is not None and user_key in changed[str(room.pk)] and hub().of_user(user_key):
                by_user.setdefault(user_key, (side.user, []))[1].append(room)
    for user_key, (user, theirs) in by_user.items():
        hub().hand_over(_deliveries(user_key, user, theirs))
    # After all pushes, because it calls the host's policy, which may be slow or raise.
    for user, theirs in by_user.values():
        for room in theirs:
            presence.room_changed(room, user)


def _deliveries(user_key: str, user: Any, rooms: Sequence[Any]) -> Iterator[Delivery]:
    """Yield the events of these rooms for each connection of this user, in its language."""
    by_language: defaultdict[str, list[Connection]] = defaultdict(list)
    for connection in hub().of_user(user_key):
        by_language[connection.language].append(connection)
    for language, connections in by_language.items():
        with translation.override(language):
            events = [frames.room_event(shown) for shown in room_objects(rooms, user)]
        yield from ((connection, event) for connection in connections for event in events)


room_updates = NodePart(RoomUpdates)
