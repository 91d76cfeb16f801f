"""Catching up: the changes since a client's position, and the rooms in which it differs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q

from .. import get_room_model
from ..exceptions import ChatError
from ..protocol.requests import SYNC_CHANGES_LIMIT, Position
from ..querysets import parse_key
from .access import all_messages, all_rooms, side_of
from .answer_size import ANSWER_LIMIT_BYTES, message_bytes, newest_message_bytes, room_bytes
from .paging import PAGE_SIZE, page_of, visible_messages
from .serializers import message_object, room_objects, room_states

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom
    from ..model_parts.side import Side

WORTH_A_PAGE_BYTES: Final = ANSWER_LIMIT_BYTES // 8
"""If less than this is left in an answer, a room's newest page is its newest message only."""
CHANGES_AT_ONCE: Final = SYNC_CHANGES_LIMIT
"""The number of messages that may be read into memory for a reconnecting client before their size is checked."""


def rooms_at(user: Any, keys: Iterable[str], *, with_last_message: bool = True) -> dict[str, AbstractRoom]:
    """Return the named rooms that exist and are this user's, by key. Malformed keys are left out."""
    model = get_room_model()
    wanted: dict[Any, str] = {}
    for key in keys:
        try:
            wanted[parse_key(model, key, "rooms")] = key
        except ChatError:
            continue
    if not wanted:
        return {}
    rooms = all_rooms().for_user(user).with_people().filter(pk__in=wanted)
    if with_last_message:
        rooms = rooms.with_last_message()
    return {wanted[room.pk]: room for room in rooms}


class Allowance:
    """Bytes left in one answer, after every room and the newest message of every room have their share."""

    def __init__(self, rooms: Mapping[str, AbstractRoom]) -> None:
        self._kept = {key: newest_message_bytes(room) for key, room in rooms.items()}
        self._left = ANSWER_LIMIT_BYTES - sum(map(room_bytes, rooms.values())) - sum(self._kept.values())

    def of(self, key: str) -> int:
        """Return the bytes available for the messages of this room."""
        return self._left + self._kept[key]

    def take(self, key: str, messages: Iterable[AbstractMessage]) -> None:
        self._left += self._kept[key] - sum(map(message_bytes, messages))
        self._kept[key] = 0

    def take_if_they_fit(self, key: str, messages: Collection[AbstractMessage]) -> bool:
        fits = sum(map(message_bytes, messages)) <= self.of(key)
        if fits:
            self.take(key, messages)
        return fits


def catch_up(user: Any, positions: Mapping[str, Position]) -> list[dict[str, Any]]:
    """Return, for each room that the client holds, the room object and the messages changed since its position.

    ``limited`` or ``reset`` tell that the messages are the newest page instead. Rooms are read before their messages.
    The whole answer takes about 512 KiB at most. Beyond that, rooms are ``limited`` and their newest page is the newest
    message alone.
    """
    rooms = rooms_at(user, positions)
    objects = dict(zip(rooms, room_objects(list(rooms.values()), user), strict=True))
    allowance = Allowance(rooms)
    changed = _changed_since(user, rooms, positions, allowance)
    answer = []
    for key, room in rooms.items():
        reset = _is_void(room, positions[key])
        limited = not reset and key not in changed
        messages = _newest_page(key, side_of(room, user), allowance) if reset or limited else changed.pop(key)
        answer.append(
            {
                **objects[key],
                "changes": [message_object(message) for message in messages],
                "limited": limited,
                "reset": reset,
            }
        )
    return answer


def _is_void(room: AbstractRoom, position: Position) -> bool:
    return position.epoch != room.epoch or position.rev > room.rev


def _newest_page(key: str, side: Side, allowance: Allowance) -> list[AbstractMessage]:
    left = allowance.of(key)
    most = 1 if left < WORTH_A_PAGE_BYTES else PAGE_SIZE
    messages = page_of(side, limit=most, limit_bytes=left).messages
    allowance.take(key, messages)
    return messages


def _changed_since(
    user: Any, rooms: Mapping[str, AbstractRoom], positions: Mapping[str, Position], allowance: Allowance
) -> dict[str, list[AbstractMessage]]:
    """Return the changed messages by room, ascending by ``rev``. Rooms with few changes are served first.

    Rooms with an invalid position, with too many changes, or with more changes than fit into the answer are left out.
    """
    steps = {key: room.rev - positions[key].rev for key, room in rooms.items() if not _is_void(room, positions[key])}
    changed: dict[str, list[AbstractMessage]] = {key: [] for key, count in steps.items() if count == 0}
    for key in changed:
        allowance.take(key, [])
    sides = {key: side_of(rooms[key], user) for key, count in steps.items() if count > 0}
    for keys in _in_pieces(sorted(sides, key=steps.__getitem__), steps):
        near = [key for key in keys if steps[key] <= SYNC_CHANGES_LIMIT or _is_near(sides[key], positions[key])]
        loaded = _changes_of({key: sides[key] for key in near}, positions)
        changed |= {key: messages for key, messages in loaded.items() if allowance.take_if_they_fit(key, messages)}
        if loaded.keys() - changed.keys():
            # The remaining rooms have even more changes, which would be read for nothing.
            break
    return changed


def _is_near(side: Side, position: Position) -> bool:
    """Return whether few messages changed in many steps of ``rev``, as after many reactions to one message."""
    since = visible_messages(side).filter(rev__gt=position.rev).order_by("rev").values_list("rev", flat=True)
    return len(since[: SYNC_CHANGES_LIMIT + 1]) <= SYNC_CHANGES_LIMIT


def _in_pieces(keys: Iterable[str], steps: Mapping[str, int]) -> Iterator[list[str]]:
    """Yield groups of rooms for one query each, of limited size. A room with more steps than that is alone."""
    piece: list[str] = []
    count = 0
    for key in keys:
        if piece and count + steps[key] > CHANGES_AT_ONCE:
            yield piece
            piece, count = [], 0
        piece.append(key)
        count += steps[key]
    if piece:
        yield piece


def _changes_of(sides: Mapping[str, Side], positions: Mapping[str, Position]) -> dict[str, list[AbstractMessage]]:
    if not sides:
        return {}
    changed: dict[str, list[AbstractMessage]] = {key: [] for key in sides}
    keys = {side.room.pk: key for key, side in sides.items()}
    condition = Q()
    for key, side in sides.items():
        condition |= Q(room=side.room.pk, rev__gt=positions[key].rev, seq__gt=side.cleared)
    for message in all_messages().filter(condition).order_by("rev"):
        key = keys[message.room_id]
        message.room = sides[key].room
        changed[key].append(message)
    return changed


def differing(user: Any, positions: Mapping[str, Position]) -> list[str]:
    """Return the rooms in which the client's position or view differs from the database, in the order requested."""
    model = get_room_model()
    rooms = rooms_at(user, positions)
    states = dict(zip(rooms, room_states(list(rooms.values()), user), strict=True))

    def differs(key: str, position: Position) -> bool:
        if key in rooms:
            room = rooms[key]
            return (room.epoch, room.rev, states[key]) != (position.epoch, position.rev, position.state)
        try:
            parse_key(model, key, "rooms")
        except ChatError:
            return False
        return True

    return [key for key, position in positions.items() if differs(key, position)]
