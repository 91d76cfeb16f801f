"""Data types of the send pipeline. All are immutable: each stage returns new values."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..base_models import TEXT_KIND
from ..core.access import all_messages
from ..exceptions import ChatError

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom
    from ..review import Hold

NO_FIELDS: Final[Mapping[str, Any]] = MappingProxyType({})


class PendingMessage(NamedTuple):
    """An admitted message on its way to the database.

    - ``sender`` is ``None`` for the system. ``key`` is the room's key in its text form.
    - ``upload`` is the token of a file. ``fields`` fills further columns: of the file, or of the host's own model.
    - ``error`` is what admission found wrong. It is answered only to a member of the room, and only if this message was
      not stored before.
    - ``wait_seconds`` is the time until the sender's rate has a token for this message: 0 if one was spent on it,
      ``None`` if it costs none.
    - ``room`` is set if the caller has found it already.
    - ``notice`` is what the policy's review has to say to the sender. With ``verdict`` the message is to be held, as
      soon as it has its file.
    """

    sender: Any
    content: str
    client_id: uuid.UUID
    key: str
    reply_to: int | None = None
    kind: str = TEXT_KIND
    data: Any = None
    marks_read: bool = True
    upload: str | None = None
    fields: Mapping[str, Any] = NO_FIELDS
    error: ChatError | None = None
    wait_seconds: float | None = None
    room: AbstractRoom | None = None
    notice: str = ""
    verdict: Hold | None = None


class StoredMessage(NamedTuple):
    """A message in the database: a new one, or the one that an earlier send with the same client id stored.

    ``row`` has the inserted columns, ``instance`` is the model instance. At least one of them is set.
    """

    room: AbstractRoom
    seq: int
    pending: PendingMessage
    duplicate: bool = False
    row: Mapping[str, Any] | None = None
    instance: AbstractMessage | None = None

    @property
    def message(self) -> AbstractMessage:
        """The model instance, read from the database if the message was stored without one."""
        if self.instance is not None:
            return self.instance
        message: AbstractMessage = all_messages().get(room=self.room.pk, seq=self.seq)
        message.room = self.room
        return message


class Locked(NamedTuple):
    """Another transaction has locked the room. The message can be stored later.

    ``may_be_stored`` is set if the connection was lost during the commit of an earlier attempt.
    """

    may_be_stored: bool = False


LOCKED: Final = Locked()


class Failed(NamedTuple):
    """The database or the host's code failed, so nothing was stored.

    ``may_be_stored`` is set if the database connection was lost during the commit: then nobody knows.
    """

    error: Exception
    may_be_stored: bool = False


class SentMessage(NamedTuple):
    """The answer to a send. ``encoded`` is the message object as JSON, the same text as in the event.

    ``notice`` is for the sender only.
    """

    encoded: str
    duplicate: bool
    notice: str = ""


StoreResult = StoredMessage | ChatError | Locked | Failed
Answer = SentMessage | Exception


def is_new(result: object) -> bool:
    """Return whether this send has stored a new message, and is no repetition of an earlier one."""
    return isinstance(result, StoredMessage) and not result.duplicate
