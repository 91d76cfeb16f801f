"""A message to be, and a message that is."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ..base_models import SYSTEM, TEXT_KIND
from ..exceptions import ChatError
from .access import all_messages

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom


class Sent:
    """A message in the database: new, or the one that an earlier send with the same id stored.

    ``encoded`` is its message object, the same bytes for the answer and for the event.
    """

    __slots__ = ("_message", "duplicate", "encoded", "room", "seq")

    def __init__(
        self,
        room: AbstractRoom,
        seq: int,
        encoded: str,
        *,
        duplicate: bool,
        message: AbstractMessage | None = None,
    ) -> None:
        self.room = room
        self.seq = seq
        self.encoded = encoded
        self.duplicate = duplicate
        self._message = message

    def attach(self, message: AbstractMessage) -> None:
        """Remember the instance that stored it."""
        message.room = self.room
        self._message = message

    def with_room(self, room: AbstractRoom) -> Sent:
        """The same in a copy of its room."""
        sent = Sent(room, self.seq, self.encoded, duplicate=self.duplicate)
        if self._message is not None:
            sent.attach(self._message)
        return sent

    @property
    def message(self) -> AbstractMessage:
        """The model instance; read from the database where the message was stored without making one."""
        if self._message is None:
            self.attach(all_messages().get(room=self.room.pk, seq=self.seq))
        return cast("AbstractMessage", self._message)


class Address(NamedTuple):
    """What is unique of a message: the key of the room, the side that writes, and the client's id."""

    room: Any
    side: int
    client_id: uuid.UUID


@dataclass(slots=True)
class Draft:
    """``outcome`` is ``Sent``, a refusal, or ``None`` while it is pending.

    ``key`` is the room's key in its text form; ``sender`` is ``None`` for the system; ``upload`` is the token of a
    file. ``fields`` fills columns that the host's own model adds. ``charged`` says that a token of the sender's rate
    was spent on it, ``over_rate_seconds`` that there was none and when there will be, ``may_be_stored`` that the
    connection was cut while it was. ``room`` and ``number`` (the sender's side) are found on the way.
    """

    sender: Any
    content: str
    client_id: uuid.UUID
    key: str
    reply_to: int | None = None
    kind: str = TEXT_KIND
    data: Any = None
    moves_read: bool = True
    upload: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    policy_asked: bool = False
    charged: bool = False
    over_rate_seconds: float = 0.0
    room: AbstractRoom | None = None
    number: int = SYSTEM
    may_be_stored: bool = False
    outcome: Sent | ChatError | None = None

    @property
    def known_room(self) -> AbstractRoom:
        if self.room is None:
            raise ValueError("The room of this draft has not been found yet.")
        return self.room

    @property
    def sent(self) -> Sent:
        if not isinstance(self.outcome, Sent):
            raise ValueError("This draft has not been stored.")
        return self.outcome

    @property
    def is_stored(self) -> bool:
        """Whether it has become a message now, and not with an earlier send of the same."""
        return isinstance(self.outcome, Sent) and not self.outcome.duplicate

    @property
    def address(self) -> Address:
        return Address(self.known_room.pk, self.number, self.client_id)

    @property
    def payload(self) -> tuple[str, int | None, str, Any, str]:
        """What must be equal in a repetition."""
        return (self.content, self.reply_to, self.kind, self.data, self.fields.get("attachment", ""))


def pending(drafts: Iterable[Draft]) -> list[Draft]:
    return [draft for draft in drafts if draft.outcome is None]
