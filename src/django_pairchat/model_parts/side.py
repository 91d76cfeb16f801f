"""One person's half of a room."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from ..base_models import AbstractRoom

T = TypeVar("T")


class SideColumn(Generic[T]):
    """An attribute of a side that is a column of its room."""

    def __set_name__(self, owner: type[Side], name: str) -> None:
        self.names = ("", f"user1_{name}", f"user2_{name}")

    def __get__(self, side: Side, owner: type[Side]) -> T:
        value: T = getattr(side.room, self.names[side.number])
        return value

    def __set__(self, side: Side, value: T) -> None:
        setattr(side.room, self.names[side.number], value)


class Side:
    """One person's half of a room: ``side.read`` is ``room.user1_read`` or ``room.user2_read``, read and written."""

    __slots__ = ("number", "room")

    read = SideColumn[int]()
    read_shown = SideColumn[int]()
    delivered = SideColumn[int]()
    cleared = SideColumn[int]()
    muted_until = SideColumn[datetime | None]()
    archived = SideColumn[bool]()
    pinned = SideColumn[bool]()
    marked_unread = SideColumn[bool]()
    has_unread = SideColumn[bool]()
    blocked = SideColumn[bool]()

    def __init__(self, room: AbstractRoom, number: int) -> None:
        self.room = room
        self.number = number

    def column_name(self, name: str) -> str:
        """Return the name of the room's column for this side: ``column_name("read")`` is ``user1_read``."""
        return f"user{self.number}_{name}"

    @property
    def read_or_cleared(self) -> int:
        """The ``seq`` up to which nothing is new to this side."""
        return max(self.read, self.cleared)

    @property
    def delivered_shown(self) -> int:
        """The ``seq`` up to which the peer may know that the messages have arrived. What was read has arrived."""
        return max(self.delivered, self.read_shown)

    @property
    def user(self) -> Any:
        return self.room.user1 if self.number == 1 else self.room.user2

    @property
    def user_id(self) -> Any:
        return self.room.user1_id if self.number == 1 else self.room.user2_id

    @property
    def peer(self) -> Side:
        return Side(self.room, 3 - self.number)

    @property
    def unread(self) -> int:
        """The number of messages that this side has not read. It is exact, because ``seq`` has no gaps."""
        return self.room.head - self.read_or_cleared

    def advance_read(self, seq: int) -> None:
        self.read = read = max(self.read, min(seq, self.room.head))
        if not self.room.is_blocked:
            self.read_shown = read
        self.marked_unread = False

    def refresh_unread(self) -> None:
        self.has_unread = self.marked_unread or self.unread > 0
