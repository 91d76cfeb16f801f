"""Search in one's own messages: literal, newest first, never what is cleared or deleted."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import F, Q

from ..querysets import MessageQuerySet
from .access import all_messages, get_room, side_of
from .cursors import beyond, cursor_of

if TYPE_CHECKING:
    from ..base_models import AbstractMessage

PAGE_SIZE: Final = 20
READ_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Found:
    """``next`` is the cursor of the page after this one, ``None`` on the last."""

    messages: list[AbstractMessage]
    next: str | None


def _folded(text: str) -> str:
    """The text without the difference of upper and lower case, letter by letter: no database takes ß for ss."""
    return "".join(map(_folded_letter, unicodedata.normalize("NFC", text)))


def _folded_letter(letter: str) -> str:
    folded = letter.casefold()
    return folded if len(folded) == 1 else letter


def _spellings(query: str) -> set[str]:
    """The forms in which the databases may hold what a person means: Korean in jamo or in syllables, for one."""
    return {unicodedata.normalize(form, query) for form in ("NFC", "NFD")}


def _own_messages(user: Any, key: str | None) -> MessageQuerySet:
    messages = all_messages()
    if key is not None:
        side = side_of(get_room(user, key), user)
        return messages.filter(room=side.room.pk).visible_to(side)
    return messages.filter(
        Q(room__user1=user, seq__gt=F("room__user1_cleared")) | Q(room__user2=user, seq__gt=F("room__user2_cleared"))
    )


def search(
    user: Any, query: str, *, key: str | None = None, before: str | None = None, limit: int = PAGE_SIZE
) -> Found:
    """This user's messages that contain ``query``, in one room or in all. Upper and lower case are the same.

    Raises ``BadRequest`` for a cursor that no earlier page gave.
    """
    own = _own_messages(user, key).mentioning(_spellings(query))
    own = own.select_related("room__user1", "room__user2").order_by("-created_at", "-pk")
    wanted = _folded(query)
    found: list[AbstractMessage] = []
    cursor = before
    while len(found) <= limit:
        part = own if cursor is None else own.filter(beyond(cursor, own.model, "created_at"))
        messages = list(part[:READ_AT_ONCE])
        # MariaDB takes accented letters for plain ones; the answer is the same on every database.
        found.extend(message for message in messages if wanted in _folded(message.content))
        if len(messages) < READ_AT_ONCE:
            break
        cursor = cursor_of(messages[-1].created_at, messages[-1].pk)
    last = found[limit - 1] if len(found) > limit else None
    return Found(found[:limit], None if last is None else cursor_of(last.created_at, last.pk))
