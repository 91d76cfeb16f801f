"""The list of rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ... import services
from ...core.access import get_room
from ...core.serializers import last_visible_message
from ...core.shown_topics import shown_topics
from ..links import api_url, login_url, socket_path
from .attributes import data_attributes
from .message import brief_time, preview
from .person import PersonItem
from .room import RoomPresenter, offers_stars
from .unread import badge_text

if TYPE_CHECKING:
    from ...base_models import AbstractRoom

INBOX_SIZE: Final = 20


@dataclass
class RoomRow:
    """One room in a list. The defaults make an empty row, which the browser client clones."""

    key: str = ""
    url: str = ""
    peer: PersonItem = field(default_factory=lambda: PersonItem("", ""))
    topic: str = ""
    topic_image: str = ""
    topic_state: Mapping[str, str] | None = None
    preview: str = ""
    mine: bool = False
    at: datetime | None = None
    at_utc: str = ""
    unread: str = ""
    marked_unread: bool = False
    muted: bool = False
    archived: bool = False
    pinned: bool = False
    arriving: bool = False
    """Set where the browser client has to tell that the messages have arrived."""
    current: bool = False
    epoch: str = ""
    rev: str = ""
    head: str = ""
    state: str = ""

    @property
    def attributes(self) -> SafeString:
        """The attributes that tell styles and the browser client of the room, each with a space before it."""
        texts = {
            "room": self.key,
            "state": self.state,
            "epoch": self.epoch,
            "rev": self.rev,
            "head": self.head,
            "unread": self.unread,
        }
        flags = {
            "muted": self.muted,
            "archived": self.archived,
            "pinned": self.pinned,
            "arriving": self.arriving,
            "marked-unread": self.marked_unread,
            "current": self.current,
        }
        return data_attributes(texts, flags)

    @property
    def shape(self) -> tuple[object, ...]:
        """All on which the HTML of the row depends, apart from the gaps that its template fills for each row."""
        shown = bool(self.url), bool(self.topic), bool(self.topic_image), bool(self.topic_state), self.at is not None
        return *shown, self.pinned, self.muted, self.mine, self.badge, self.marked_unread, self.current

    @property
    def time(self) -> str:
        """The time of the last message in short."""
        return "" if self.at is None else brief_time(self.at)

    @property
    def badge(self) -> str:
        """The number in the row's badge."""
        return badge_text(int(self.unread or 0))


def _rows(page: services.Inbox, current: str) -> list[RoomRow]:
    return [
        _row(RoomPresenter(room, page.user, wire), wire, current)
        for room, wire in zip(page.rooms, page.objects, strict=True)
    ]


def present_rows(user: Any, rooms: Sequence[AbstractRoom]) -> list[RoomRow]:
    """Return the rows of rooms that come from ``with_people().with_last_message()``."""
    objects = services.room_objects(rooms, user)
    return [_row(RoomPresenter(room, user, wire), wire, "") for room, wire in zip(rooms, objects, strict=True)]


def _row(presenter: RoomPresenter, wire: Mapping[str, Any], current: str) -> RoomRow:
    last = last_visible_message(presenter.side)
    topic = presenter.topic or {"title": "", "image": None, "state": None}
    return RoomRow(
        key=presenter.key,
        url=presenter.url,
        peer=presenter.peer,
        topic=topic["title"],
        topic_image=topic["image"] or "",
        topic_state=topic["state"],
        preview=_("No messages yet") if last is None else preview(last),
        mine=last is not None and last.side == presenter.side.number,
        at=presenter.room.last_message_at,
        at_utc=wire["last_message_at"],
        unread=str(wire["unread"]),
        marked_unread=wire["me"]["marked_unread"],
        muted=presenter.muted_until is not None,
        archived=wire["me"]["archived"],
        pinned=wire["me"]["pinned"],
        arriving=presenter.side.unread > 0 and presenter.side.delivered_shown < presenter.room.head,
        current=presenter.key == current,
        epoch=wire["epoch"],
        rev=str(wire["rev"]),
        head=str(wire["head"]),
        state=wire["state"],
    )


@dataclass
class InboxPresenter:
    """A list of rooms, and the values that the browser client needs to keep it up to date."""

    user: Any
    rows: list[RoomRow]
    state: str
    next: str
    archived: bool
    unread: bool
    about: str
    """The key of a room, where only those about the same thing are listed."""
    before: str
    limit: str
    current: str
    next_url: str
    title_of_empty: str = ""
    """The topic of a list without rows."""

    @property
    def me(self) -> str:
        return str(self.user.pk)

    @property
    def ws(self) -> str:
        return socket_path()

    @property
    def api(self) -> str:
        return api_url()

    @property
    def login_url(self) -> str:
        return login_url(self.next_url)

    @property
    def blank(self) -> RoomRow:
        return RoomRow()

    @property
    def offers_stars(self) -> bool:
        return offers_stars()

    @property
    def more_url(self) -> str:
        return self._url(before=self.next)

    @property
    def all_url(self) -> str:
        """The same list with what has been read."""
        return self._url(unread=False)

    @property
    def unread_url(self) -> str:
        return self._url(unread=True)

    @property
    def topic(self) -> str:
        """The title of the thing that all listed rooms are about."""
        return next((row.topic for row in self.rows), self.title_of_empty) if self.about else ""

    @property
    def archive_url(self) -> str:
        """The archived chats, about the same thing if these are about one."""
        return self._url(archived=True, unread=False)

    def _url(self, *, unread: bool | None = None, archived: bool = False, before: str = "") -> str:
        shown = self.unread if unread is None else unread
        in_archive = self.archived or archived
        query = {"archived": "1" if in_archive else "", "unread": "1" if shown else "", "about": self.about}
        given = urlencode({name: value for name, value in {**query, "before": before}.items() if value})
        return reverse("pairchat:inbox") + (given and f"?{given}")


def present_inbox(
    user: Any,
    page: services.Inbox,
    *,
    limit: int,
    next_url: str,
    archived: bool = False,
    unread: bool = False,
    about: str = "",
    before: str = "",
    current: str = "",
) -> InboxPresenter:
    """Return the presenter of one page of the inbox.

    ``about`` is the key of a room, if only those about the same thing are listed. ``before`` is the cursor of an older
    page. ``current`` is the key of the room that is open beside the list.
    """
    return InboxPresenter(
        user,
        _rows(page, current),
        # The client always reloads such a page, and its state would cost two queries.
        state="" if archived or unread or about else page.state,
        next=page.next or "",
        archived=archived,
        unread=unread,
        about=about,
        before=before,
        limit=str(limit),
        current=current,
        next_url=next_url,
        title_of_empty=_title_about(user, about) if about and not page.rooms else "",
    )


def _title_about(user: Any, about: str) -> str:
    room = get_room(user, about)
    topic = shown_topics([room], user).get(room.pk)
    return topic.title if topic else ""
