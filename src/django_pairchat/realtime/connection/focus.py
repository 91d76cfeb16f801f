"""The ``focus`` request: which rooms are on a client's screen, and whether the user is looking at the open one."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils import translation

from ...core.impersonation import can_happen
from ...core.request_cost import charge_request
from ...core.serializers import room_object
from ...protocol import requests
from ...utils.thread_pool import thread_pool
from .. import presence
from ..hub import WatchedRoom, hub

if TYPE_CHECKING:
    from .connection import Connection


async def focus(connection: Connection, request: requests.Focus) -> dict[str, Any]:
    """Store the focus of this connection. Return the fields of the answer."""
    charge_request(connection.user, requests.Focus)
    is_active = request.active and not (can_happen() and await _is_impersonated(connection))
    room = None
    if request.room is not None or request.rooms:
        room = await _watch(connection, request.room, request.rooms or ())
    else:
        hub().watch(connection, ())
    was_active, connection.has_focus = connection.has_focus, is_active
    if connection.has_focus != was_active:
        presence.update(connection)
    presence.send_to(connection)
    return {"room": room}


async def _watch(connection: Connection, key: str | None, rows: Collection[str]) -> dict[str, Any] | None:
    """Put these rooms on the connection's screen. Return the room object of the open one."""
    look = partial(_look, connection.user, connection.language, key, rows)
    try:
        while True:
            changed = connection.changed_rooms = set()
            room, watched = await thread_pool().run(look, owner=connection.user_key)
            hub().watch(connection, watched)
            # A block that came between the two has found nothing to hide.
            if changed.isdisjoint(each.room for each in watched):
                return room
    finally:
        connection.changed_rooms = None


async def _is_impersonated(connection: Connection) -> bool:
    return await thread_pool().run(connection.is_impersonated, owner=connection.user_key)


def _look(
    user: Any, language: str, key: str | None, rows: Collection[str]
) -> tuple[dict[str, Any] | None, list[WatchedRoom]]:
    with translation.override(language):
        shown, watched = None, []
        if key is not None:
            room, focused = presence.focus_room(user, key)
            shown, watched = room_object(room, user), [focused] if focused else []
        return shown, [*watched, *presence.rows(user, [row for row in rows if row != key])]
