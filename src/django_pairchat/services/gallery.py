"""Pages of a room's photos and films, of its other files, and of its links: newest first, without deleted messages.

A page is collected in bounded steps by ``seq``, as a search in one room is, so that no page reads a long room at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..base_models import FILE_KIND
from ..core.error_handling import RETRY_BUSY_SECONDS
from ..core.references import RoomRef
from ..exceptions import BadRequest, Busy
from ..node import get_node
from ..querysets import MessageQuerySet
from ..utils.statement_timeout import StatementTimeout
from .message_search import Matches, SearchPage, find_in_room, search_slots

if TYPE_CHECKING:
    from ..base_models import AbstractMessage

GALLERY_SIZE: Final = 30
MAY_LINK: Final = r"([hH][tT][tT][pP][sS]?://|[mM][aA][iI][lL][tT][oO]:|[tT][eE][lL]:)"
"""The beginning of every link. A database has its own rules for case, so it is spelled out."""


def is_visual(message: AbstractMessage) -> bool:
    """Return whether the message is a photo that could be read, or a film."""
    info = message.attachment_info or {}
    kind = str(info.get("type", ""))
    return kind.startswith("video/") or (kind.startswith("image/") and info.get("width") is not None)


@dataclass
class _Photos(Matches):
    def among(self, messages: MessageQuerySet) -> MessageQuerySet:
        return messages.filter(kind=FILE_KIND, deleted_at=None)

    def fits(self, message: AbstractMessage) -> bool:
        return is_visual(message)


@dataclass
class _Files(_Photos):
    def fits(self, message: AbstractMessage) -> bool:
        return message.attachment_info is not None and not is_visual(message)


@dataclass
class _Links(Matches):
    def among(self, messages: MessageQuerySet) -> MessageQuerySet:
        return messages.mentioning(MAY_LINK)

    def fits(self, message: AbstractMessage) -> bool:
        # Not at the end of a word, as in "hotel:".
        return re.search(f"(?<![A-Za-z0-9]){MAY_LINK}", message.content) is not None


TABS: Final[dict[str, type[Matches]]] = {"photos": _Photos, "files": _Files, "links": _Links}


def gallery(user: Any, room: RoomRef, tab: str, *, before: str | None = None, limit: int = GALLERY_SIZE) -> SearchPage:
    """Return a page of a room's ``"photos"`` (and films), other ``"files"``, or messages with ``"links"``.

    It holds what the user can see. As a page of a search it may hold fewer messages than ``limit``, or none, and have a
    ``next``.

    Raises ``BadRequest`` for another ``tab`` or a cursor that no earlier page gave, ``NotFound`` for a room that is not
    the user's, and ``Busy`` as :func:`search` does.
    """
    if tab not in TABS:
        raise BadRequest(field="tab")
    matches = TABS[tab]("", limit)
    with search_slots().enter(user.pk, get_node().options.search_patience_seconds):
        try:
            return find_in_room(matches, user, room, before)
        except StatementTimeout:
            raise Busy(retry_after=RETRY_BUSY_SECONDS) from None
