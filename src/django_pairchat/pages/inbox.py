"""The list of rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from .. import services
from ..base_models import AbstractRoom
from ..services.snapshots import last_visible_message
from .addresses import api_url, login_url, socket_address
from .messages import local_day, preview
from .people import Person
from .room import RoomView
from .unread import capped

INBOX_SIZE: Final = 20


@dataclass
class Row:
    """One room in a list. The default of every field is what an empty row shows, for the browser client to clone."""

    key: str = ""
    url: str = ""
    peer: Person = field(default_factory=lambda: Person("", ""))
    topic: str = ""
    preview: str = ""
    mine: bool = False
    at: datetime | None = None
    at_utc: str = ""
    unread: str = ""
    marked_unread: bool = False
    muted: bool = False
    archived: bool = False
    current: bool = False
    epoch: str = ""
    rev: str = ""
    head: str = ""
    state: str = ""

    @property
    def is_today(self) -> bool:
        return self.at is not None and local_day(self.at) == local_day(timezone.now())

    @property
    def badge(self) -> str:
        """The number in the row's badge."""
        return capped(int(self.unread or 0))


def rows(found: Sequence[AbstractRoom], user: Any, *, current: str = "") -> list[Row]:
    """Rows for these rooms, as ``user`` sees them; ``current`` is the key of the room that is open beside the list."""
    return [
        _row(RoomView(room, user, wire), wire, current)
        for room, wire in zip(found, services.room_objects(found, user), strict=True)
    ]


def _row(view: RoomView, wire: Mapping[str, Any], current: str) -> Row:
    last = last_visible_message(view.side)
    return Row(
        key=view.key,
        url=view.url,
        peer=view.peer,
        topic=view.topic["title"] if view.topic else "",
        preview=_("No messages yet") if last is None else preview(last),
        mine=last is not None and last.side == view.side.number,
        at=view.room.last_message_at,
        at_utc=wire["last_message_at"],
        unread=str(wire["unread"]),
        marked_unread=wire["me"]["marked_unread"],
        muted=view.muted_until is not None,
        archived=wire["me"]["archived"],
        current=view.key == current,
        epoch=wire["epoch"],
        rev=str(wire["rev"]),
        head=str(wire["head"]),
        state=wire["state"],
    )


@dataclass
class InboxView:
    """A list of rooms, and what the browser client needs to keep it current."""

    user: Any
    rows: list[Row]
    state: str
    next: str
    archived: bool
    before: str
    limit: str
    current: str
    next_url: str

    @property
    def me(self) -> str:
        return str(self.user.pk)

    @property
    def ws(self) -> str:
        return socket_address()

    @property
    def api(self) -> str:
        return api_url()

    @property
    def login_url(self) -> str:
        return login_url(self.next_url)

    @property
    def blank(self) -> Row:
        return Row()

    @property
    def more_url(self) -> str:
        query = {"archived": "1"} if self.archived else {}
        return f"{reverse('pairchat:inbox')}?{urlencode({**query, 'before': self.next})}"


def inbox_view(
    user: Any,
    found: services.Inbox,
    *,
    limit: int,
    next_url: str,
    archived: bool = False,
    before: str = "",
    current: str = "",
) -> InboxView:
    """``before`` is the cursor of an older page, ``current`` the key of the room that is open beside the list."""
    return InboxView(
        user,
        rows(found.rooms, user, current=current),
        # The client reads an archived page anew in any case, and its state would cost two queries.
        state="" if archived else found.state,
        next=found.next or "",
        archived=archived,
        before=before,
        limit=str(limit),
        current=current,
        next_url=next_url,
    )
