"""What the templates show: rooms and messages of the services, made ready to print."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from . import services
from .base_models import SYSTEM, SYSTEM_KIND, TEXT_KIND, AbstractMessage, AbstractRoom, Side
from .conf import conf
from .forms import ComposerForm
from .services.access import all_messages
from .services.snapshots import last_visible_message
from .services.uploads import accepted_types
from .wire.requests import CONTENT_LIMIT

INBOX_SIZE: Final = 20
GROUP_GAP: Final = timedelta(minutes=5)
QUOTE_LENGTH: Final = 140
EXCERPT_BEFORE: Final = 40
EXCERPT_AFTER: Final = 100
UNREAD_MEMO: Final = "_pairchat_unread_rooms"
TONES: Final = 6
EMOJI: Final = ("👍", "❤️", "😂", "😮", "😢", "🙏")


def room_url(key: str, *, anchor: int | None = None, **query: Any) -> str:
    """The address of a room's page, at one of its messages if ``anchor`` names it."""
    address = reverse("pairchat:room", args=[key])
    if query:
        address += f"?{urlencode(query)}"
    return address if anchor is None else f"{address}#m-{anchor}"


def socket_address() -> str:
    """Where the page's socket connects: below the prefix that the project is mounted under, as all its pages are."""
    return get_script_prefix().rstrip("/") + conf.websocket_path


def login_url(next_url: str) -> str:
    """Django's own login page, which leads back to ``next_url``."""
    address = resolve_url(settings.LOGIN_URL)
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{urlencode({'next': next_url})}"


def is_image(attachment: Mapping[str, Any]) -> bool:
    return bool(attachment["url"] and attachment["width"] and str(attachment["type"]).startswith("image/"))


@dataclass(frozen=True)
class Person:
    """Somebody as the pages show them; without a key: an account that is gone."""

    key: str
    name: str
    avatar: str | None = None
    url: str | None = None

    @classmethod
    def from_wire(cls, peer: Mapping[str, Any]) -> Person:
        """The ``peer`` of a room object."""
        return cls(peer["user"] or "", peer["name"], peer["avatar"], peer["url"])

    @property
    def initial(self) -> str:
        return self.name[:1].upper() if self.key else ""

    @property
    def tone(self) -> str:
        """Which of the avatar colours; the browser client reckons the same."""
        return str(sum(map(ord, self.key)) % TONES)


def _local_day(moment: datetime) -> date:
    # A host with USE_TZ = False has the local time already.
    return (timezone.localtime(moment) if timezone.is_aware(moment) else moment).date()


@dataclass(frozen=True)
class Day:
    """The line above the first message of a day in the active time zone."""

    template = "pairchat/partials/day.html"
    at: datetime

    @property
    def word(self) -> str:
        """What the days nearest to now are called."""
        ago = _local_day(timezone.now()) - _local_day(self.at)
        return {0: _("Today"), 1: _("Yesterday")}.get(ago.days, "")


@dataclass(frozen=True)
class Divider:
    """The line above the first message that was unread when the page was rendered."""

    template = "pairchat/partials/divider.html"


@dataclass(frozen=True)
class Quote:
    """The message that another one answers. Without a sender: it cannot be shown any more."""

    seq: str
    href: str
    sender: str = ""
    content: str = ""


@dataclass
class Bubble:
    """One message. The default of every field is what an empty bubble shows, for the browser client to clone."""

    template = "pairchat/partials/message.html"
    seq: str = ""
    rev: str = ""
    client_id: str = ""
    kind: str = "text"
    url: str = ""
    sender: str = ""
    sender_name: str = ""
    peer: Person | None = None
    mine: bool = False
    content: str = ""
    created: str = ""
    created_at: datetime | None = None
    deleted: bool = False
    edited: bool = False
    status: str = ""
    reply: Quote | None = None
    attachment: Mapping[str, Any] | None = None
    reaction_mine: str = ""
    reaction_peer: str = ""
    first: bool = True
    last: bool = True

    @property
    def blank(self) -> bool:
        return not self.seq

    @property
    def image(self) -> Mapping[str, Any] | None:
        return self.attachment if self.attachment and is_image(self.attachment) else None

    @property
    def file(self) -> Mapping[str, Any] | None:
        return None if self.image else self.attachment

    @property
    def status_word(self) -> str:
        words = {"sent": pgettext("message status", "Sent"), "read": pgettext("message status", "Read")}
        return words.get(self.status, "")


@dataclass
class RoomView:
    """One room as one user sees it, with the bubbles of its messages."""

    room: AbstractRoom
    user: Any
    wire: dict[str, Any]
    peer: Person = field(init=False)
    side: Side = field(init=False)

    def __post_init__(self) -> None:
        self.peer = Person.from_wire(self.wire["peer"])
        side = self.room.side(self.user)
        if side is None:
            raise ValueError("This user is not in the room.")
        self.side = side

    @property
    def key(self) -> str:
        return str(self.room.pk)

    @property
    def me(self) -> str:
        return str(self.user.pk)

    @property
    def url(self) -> str:
        return room_url(self.key)

    @property
    def topic(self) -> Mapping[str, Any] | None:
        topic: Mapping[str, Any] | None = self.wire["topic"]
        return topic

    @property
    def muted_until(self) -> datetime | None:
        """When this side's silence ends; ``None`` when nothing is muted now."""
        until = self.side.muted_until
        return until if until and until > timezone.now() else None

    @property
    def muted_always(self) -> bool:
        return self.muted_until is not None and self.muted_until.year >= 9000

    @property
    def positions(self) -> dict[str, str]:
        """The room's positions as text, because templates localise numbers."""
        return {
            "epoch": self.wire["epoch"],
            "rev": str(self.wire["rev"]),
            "state": self.wire["state"],
            "head": str(self.wire["head"]),
            "read": str(self.wire["me"]["read"]),
            "cleared": str(self.wire["me"]["cleared"]),
            "peer_read": "" if self.wire["peer"]["read"] is None else str(self.wire["peer"]["read"]),
        }

    def name_of(self, message: AbstractMessage) -> str:
        if message.side == SYSTEM:
            return ""
        return pgettext("chat", "Me") if message.side == self.side.number else self.peer.name

    def bubble(self, message: AbstractMessage, quoted: Mapping[int, AbstractMessage] | None = None) -> Bubble:
        wire = services.message_object(message)
        mine = message.side == self.side.number
        return Bubble(
            seq=str(message.seq),
            rev=str(message.rev),
            client_id=wire["client_id"],
            kind=message.kind,
            url=reverse("pairchat:message", args=[self.key, message.seq]),
            sender=wire["sender"] or "",
            sender_name=self.name_of(message),
            peer=None if mine or message.side == SYSTEM else self.peer,
            mine=mine,
            content=message.content,
            created=wire["created_at"],
            created_at=message.created_at,
            deleted=message.is_deleted,
            edited=message.edited_at is not None and not message.is_deleted,
            status=self._status(message) if mine else "",
            reply=None if message.reply_to is None else self._quote(message.reply_to, quoted or {}),
            attachment=wire["attachment"],
            reaction_mine=message.reactions.get(str(self.side.number), ""),
            reaction_peer=message.reactions.get(str(self.side.peer.number), ""),
        )

    def blank_bubble(self) -> Bubble:
        """What the browser client clones for a new message."""
        return Bubble(peer=self.peer)

    def _status(self, message: AbstractMessage) -> str:
        if message.is_deleted:
            return ""
        read = self.wire["peer"]["read"]
        return "read" if read is not None and message.seq <= read else "sent"

    def _quote(self, seq: int, quoted: Mapping[int, AbstractMessage]) -> Quote:
        href = room_url(self.key, anchor=seq, around=seq)
        original = quoted.get(seq)
        if original is None:
            return Quote(str(seq), href)
        return Quote(str(seq), href, self.name_of(original), preview(original)[:QUOTE_LENGTH])

    def quote(self, seq: int) -> Quote:
        """The message that the composer is about to answer."""
        return self._quote(seq, self._messages({seq}))

    def bubbles(self, messages: Sequence[AbstractMessage]) -> list[Bubble]:
        """Bubbles of neighbouring messages, grouped by sender."""
        here = {message.seq: message for message in messages}
        wanted = {message.reply_to for message in messages if message.reply_to is not None}
        quoted = here | self._messages(wanted - here.keys())
        bubbles = [self.bubble(message, quoted) for message in messages]
        for (message, bubble), (following, next_bubble) in pairwise(zip(messages, bubbles, strict=True)):
            bubble.last = not _in_one_group(message, following)
            next_bubble.first = bubble.last
        return bubbles

    def _messages(self, seqs: Collection[int]) -> dict[int, AbstractMessage]:
        if not seqs:
            return {}
        found = all_messages().filter(room=self.room.pk, seq__in=seqs).visible_to(self.side)
        for message in found:
            message.room = self.room
        return {message.seq: message for message in found}

    def items(self, messages: Sequence[AbstractMessage]) -> Iterator[Day | Divider | Bubble]:
        """The lines of the message list, top to bottom."""
        day = None
        first_unread = max(self.side.read, self.side.cleared) + 1
        for bubble, message in zip(self.bubbles(messages), messages, strict=True):
            local_day = _local_day(message.created_at)
            if local_day != day:
                yield Day(message.created_at)
                day = local_day
            if message.seq == first_unread:
                yield Divider()
            yield bubble


def _in_one_group(message: AbstractMessage, following: AbstractMessage) -> bool:
    return (
        message.side == following.side
        and SYSTEM_KIND not in (message.kind, following.kind)
        and _local_day(message.created_at) == _local_day(following.created_at)
        and following.created_at - message.created_at < GROUP_GAP
    )


def preview(message: AbstractMessage) -> str:
    """A message in one line of plain text."""
    if message.is_deleted:
        return _("Deleted message")
    if message.content or not message.attachment_info:
        return message.content
    return _("Photo") if is_image(services.message_object(message)["attachment"]) else _("File")


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
        return self.at is not None and _local_day(self.at) == _local_day(timezone.now())

    @property
    def badge(self) -> str:
        """The number in the row's badge."""
        return capped(int(self.unread or 0))


def capped(count: int) -> str:
    """A count for a badge: nothing for 0, and "99+" for what no longer fits."""
    return "" if count == 0 else "99+" if count > 99 else str(count)


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


def api_url() -> str:
    """Under which address the browser client finds the HTTP twins."""
    return reverse("pairchat:api_inbox").removesuffix("inbox/")


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


def room_view(room: AbstractRoom, user: Any) -> RoomView:
    return RoomView(room, user, services.room_object(room, user))


def may_edit(view: RoomView, message: AbstractMessage) -> bool:
    """Whether it makes sense to offer an edit; the service decides again."""
    window = conf.policy.edit_window
    return (
        bool(view.wire["can_send"])
        and message.side == view.side.number
        and message.kind == TEXT_KIND
        and not message.is_deleted
        and (window is None or timezone.now() - message.created_at <= window)
    )


@dataclass(frozen=True)
class Attachments:
    """What kinds of files can be sent, as ``accept`` of a file field says it, and how large each may be."""

    accept: str
    limit_bytes: str


def attachments() -> Attachments | None:
    """``None`` where the host's policy takes no files."""
    suffixes = accepted_types()
    return Attachments(",".join(suffixes), str(conf.policy.attachment_limit_bytes)) if suffixes else None


def room_context(
    user: Any, page: services.Page, *, next_url: str, reply_to: int | None = None, form: ComposerForm | None = None
) -> dict[str, Any]:
    """What ``partials/room.html`` shows of one page of a room's history."""
    view = room_view(page.room, user)
    window = conf.policy.edit_window
    first, last = (page.messages[0].seq, page.messages[-1].seq) if page.messages else (0, 0)
    return {
        "view": view,
        "items": list(view.items(page.messages)),
        "older_url": room_url(view.key, before=first) if page.has_before and first else "",
        "newer_url": room_url(view.key, after=last) if page.has_after and last else "",
        "form": form or ComposerForm.fresh(reply_to=reply_to),
        "replying": None if reply_to is None else view.quote(reply_to),
        "blank": view.blank_bubble(),
        "emoji_choices": EMOJI,
        "edit_seconds": "" if window is None else str(int(window.total_seconds())),
        "content_limit": str(CONTENT_LIMIT),
        "attachments": attachments(),
        "ws": socket_address(),
        "api": api_url(),
        "login_url": login_url(next_url),
    }


@dataclass(frozen=True)
class Hit:
    """One message that a search has found."""

    url: str
    peer: Person
    mine: bool
    excerpt: str
    created: str
    created_at: datetime


def hits(found: Sequence[AbstractMessage], user: Any, query: str) -> list[Hit]:
    """What a search has found, each with its place in its room."""
    rooms = {message.room_id: message.room for message in found}
    views = {
        room.pk: RoomView(room, user, wire)
        for room, wire in zip(rooms.values(), services.room_objects(list(rooms.values()), user), strict=True)
    }
    return [_hit(views[message.room_id], message, query) for message in found]


def _hit(view: RoomView, message: AbstractMessage, query: str) -> Hit:
    return Hit(
        room_url(view.key, anchor=message.seq, around=message.seq),
        view.peer,
        message.side == view.side.number,
        excerpt(message.content, query),
        services.message_object(message)["created_at"],
        message.created_at,
    )


def excerpt(text: str, query: str) -> str:
    """The stretch of ``text`` around the first place where ``query`` stands in it."""
    place = max(text.casefold().find(query.casefold()), 0)
    start = max(place - EXCERPT_BEFORE, 0)
    end = place + len(query) + EXCERPT_AFTER
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def unread_rooms(request: HttpRequest) -> int:
    """How many rooms wait for whoever asks: one query for a whole page, however many tags show it."""
    count: int | None = getattr(request, UNREAD_MEMO, None)
    if count is None:
        count = services.unread_rooms(request.user)
        remember_unread_rooms(request, count)
    return count


def remember_unread_rooms(request: HttpRequest, count: int) -> None:
    setattr(request, UNREAD_MEMO, count)


def unread_label(count: int) -> str:
    """The badge's number as a sentence."""
    return ngettext("{count} unread chat", "{count} unread chats", count).format(count=capped(count) or 0)
