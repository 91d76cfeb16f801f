"""A room with its messages and the form to write."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, pgettext

from ... import get_quick_reply_model, get_star_model, services
from ...base_models import SYSTEM, TEXT_KIND, AbstractMessage, AbstractRoom
from ...core.access import all_messages
from ...core.paging import is_starred
from ...core.uploads import accepted_types, is_picture, limit_bytes
from ...exceptions import suspension_text
from ...forms import MessageForm, get_form_class
from ...model_parts.side import Side
from ...policy import get_policy, reviews
from ...protocol.content import shown_preview
from ...protocol.requests import CONTENT_LIMIT
from ..card_kinds import card_kinds
from ..linkify import pieces
from ..links import api_url, chats_about_url, login_url, room_url, socket_path
from .message import Day, Divider, MessageItem, Quote, in_one_album, in_one_group, local_day, preview, tiles
from .person import PersonItem
from .response import response_words

EMOJI_LANGUAGES: Final = frozenset({"ar", "de", "en", "es", "fr", "ja", "ko", "zh-hans"})
OPENINGS: Final = 3
EMOJI: Final = ("👍", "❤️", "😂", "😮", "😢", "🙏")


RECORDED: Final = (".m4a", ".weba", ".ogg")
"""The suffixes of what browsers record."""
PHOTOGRAPHED: Final = (".jpg", ".jpeg")
"""The suffixes of what a phone's camera gives to a page."""


@dataclass
class RoomPresenter:
    """One room as one user sees it, with the bubbles of its messages."""

    room: AbstractRoom
    user: Any
    wire: dict[str, Any]
    peer: PersonItem = field(init=False)
    side: Side = field(init=False)

    def __post_init__(self) -> None:
        self.peer = PersonItem.from_wire(self.wire["peer"])
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
    def response_words(self) -> str:
        """How fast the other person usually answers, if that is known and may be shown."""
        return response_words(self.side.peer.user)

    @property
    def topic(self) -> Mapping[str, Any] | None:
        topic: Mapping[str, Any] | None = self.wire["topic"]
        return topic

    @property
    def held(self) -> Sequence[Mapping[str, Any]]:
        """This person's messages that wait for a decision, or were refused."""
        held: Sequence[Mapping[str, Any]] = self.wire.get("held", ())
        return held

    @property
    def about_url(self) -> str:
        """The list of the chats about the same thing, empty where there is no thing that others can be about."""
        return chats_about_url(self.key) if self.room.topic_type_id is not None else ""

    @property
    def muted_until(self) -> datetime | None:
        """The time until which this side has muted the room, ``None`` if it is not muted now."""
        until = self.side.muted_until
        return until if until and until > timezone.now() else None

    @property
    def closed_text(self) -> str:
        """Why this person can write nowhere, empty if that is not so."""
        until = self.wire["me"].get("suspended_until")
        return "" if until is None else suspension_text(datetime.fromisoformat(until))

    @property
    def muted_always(self) -> bool:
        return self.muted_until is not None and self.muted_until.year >= 9000

    @property
    def positions(self) -> dict[str, str]:
        """The room's positions as strings, because templates localise numbers."""
        return {
            "epoch": self.wire["epoch"],
            "rev": str(self.wire["rev"]),
            "state": self.wire["state"],
            "head": str(self.wire["head"]),
            "read": str(self.wire["me"]["read"]),
            "cleared": str(self.wire["me"]["cleared"]),
            "peer_read": _number(self.wire["peer"]["read"]),
            "peer_delivered": _number(self.wire["peer"]["delivered"]),
        }

    def name_of(self, message: AbstractMessage) -> str:
        if message.side == SYSTEM:
            return ""
        return pgettext("chat", "Me") if message.side == self.side.number else self.peer.name

    def bubble(self, message: AbstractMessage, quoted: Mapping[int, AbstractMessage] | None = None) -> MessageItem:
        wire = services.message_object(message)
        mine = message.side == self.side.number
        return MessageItem(
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
            starred=is_starred(message),
            # A card changes by itself, and not by a person who has second thoughts.
            edited=message.edited_at is not None and not message.is_deleted and message.kind == TEXT_KIND,
            status=self._status(message) if mine else "",
            reply=None if message.reply_to is None else self._quote(message.reply_to, quoted or {}),
            attachment=wire["attachment"],
            preview=shown_preview(message.content, message.data),
            album=wire["album"] or "",
            card=message.kind if is_card(message) else "",
            card_values=card_values(message, mine=mine),
            reaction_mine=message.reactions.get(str(self.side.number), ""),
            reaction_peer=message.reactions.get(str(self.side.peer.number), ""),
        )

    def blank_bubble(self) -> MessageItem:
        """Return the empty bubble that the browser client clones for a new message."""
        return MessageItem(peer=self.peer)

    def _status(self, message: AbstractMessage) -> str:
        if message.is_deleted:
            return ""
        for status in ("read", "delivered"):
            reached = self.wire["peer"][status]
            if reached is not None and message.seq <= reached:
                return status
        return "sent"

    def _quote(self, seq: int, quoted: Mapping[int, AbstractMessage]) -> Quote:
        href = room_url(self.key, anchor=seq, around=seq)
        original = quoted.get(seq)
        if original is None:
            return Quote(str(seq), href)
        return Quote(
            str(seq),
            href,
            self.name_of(original),
            preview(original),
            rev=str(original.rev),
            sender_key=services.message_object(original)["sender"] or "",
            kind=original.kind,
        )

    def quote(self, seq: int) -> Quote:
        """Return the message that the composer replies to."""
        return self._quote(seq, self._messages({seq}))

    def bubbles(self, messages: Sequence[AbstractMessage]) -> list[MessageItem]:
        """Return the bubbles of consecutive messages, grouped by sender."""
        here = {message.seq: message for message in messages}
        wanted = {message.reply_to for message in messages if message.reply_to is not None}
        quoted = here | self._messages(wanted - here.keys())
        bubbles = [self.bubble(message, quoted) for message in messages]
        for (message, bubble), (following, next_bubble) in pairwise(zip(messages, bubbles, strict=True)):
            bubble.last = not in_one_group(message, following)
            next_bubble.first = bubble.last
        _lay_out_albums(messages, bubbles)
        for bubble in reversed(bubbles):
            if bubble.status:
                bubble.latest = True
                break
        return bubbles

    def _messages(self, seqs: Collection[int]) -> dict[int, AbstractMessage]:
        if not seqs:
            return {}
        visible = all_messages().filter(room=self.room.pk, seq__in=seqs).visible_to(self.side)
        for message in visible:
            message.room = self.room
        return {message.seq: message for message in visible}

    def items(
        self, messages: Sequence[AbstractMessage], *, starts_at_divider: bool = False
    ) -> Iterator[Day | Divider | MessageItem]:
        """Yield the entries of the message list, top to bottom."""
        day = None
        first_unread = self.side.read_or_cleared + 1
        for bubble, message in zip(self.bubbles(messages), messages, strict=True):
            here = local_day(message.created_at)
            if here != day:
                yield Day(message.created_at)
                day = here
            if message.seq == first_unread:
                yield Divider(starts_at_divider)
            yield bubble


def is_card(message: AbstractMessage) -> bool:
    """Return whether pages show this message by the template of its kind."""
    return not message.is_deleted and isinstance(message.data, dict) and message.kind in card_kinds()


def card_values(message: AbstractMessage, *, mine: bool) -> dict[str, Any]:
    """Return what the template of a card is filled from."""
    room, seq = str(message.room_id), message.seq
    return {"data": message.data, "content": message.content, "mine": mine, "room": room, "seq": seq}


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _lay_out_albums(messages: Sequence[AbstractMessage], bubbles: Sequence[MessageItem]) -> None:
    """Give each photo that was sent together with its neighbours its place in their album."""
    start = 0
    for end, bubble in enumerate(bubbles, start=1):
        if end < len(bubbles) and not bubble.last and in_one_album(messages[end - 1], messages[end]):
            continue
        first = bubbles[start]
        captioned = bool(first.content or first.reply)
        for each, place in zip(bubbles[start:end], tiles(end - start, captioned=captioned), strict=True):
            each.tile = place
        start = end


def present_room(room: AbstractRoom, user: Any) -> RoomPresenter:
    return RoomPresenter(room, user, services.room_object(room, user))


def can_edit(presenter: RoomPresenter, message: AbstractMessage) -> bool:
    """Return whether to offer an edit. The service decides again."""
    window = get_policy().edit_window
    return (
        bool(presenter.wire["can_send"])
        and message.side == presenter.side.number
        and message.kind == TEXT_KIND
        and not message.is_deleted
        and (window is None or timezone.now() - message.created_at <= window)
    )


def emoji_names() -> str:
    """Return the static file with the names of emoji in the active language, in English for one that has none."""
    language = (get_language() or "en").lower()
    known = language if language in EMOJI_LANGUAGES else language.partition("-")[0]
    return f"pairchat/pairchat-emoji-{known if known in EMOJI_LANGUAGES else 'en'}.js"


def offers_stars() -> bool:
    """Return whether the host has a model of stars."""
    return get_star_model() is not None


def may_wish_preview(presenter: RoomPresenter, message: AbstractMessage) -> bool:
    """Return whether to offer a preview of the first link in this message."""
    return (
        get_policy().previews_on_request
        and bool(presenter.wire["can_send"])
        and message.kind == TEXT_KIND
        and message.side == presenter.side.number
        and shown_preview(message.content, message.data) is None
        and any(piece.href.lower().startswith("http") for piece in pieces(message.content))
    )


@dataclass(frozen=True)
class Attachments:
    """The kinds of files that can be sent, as the ``accept`` attribute of a file field, and their size limits in bytes.

    ``media_suffixes`` are those with a limit of their own. ``records`` tells whether a voice message can be sent,
    ``takes_photos`` whether what a camera makes can be.
    """

    accept: str
    limit_bytes: str
    media_suffixes: str
    media_limit_bytes: str
    records: bool
    takes_photos: bool


def attachments() -> Attachments | None:
    """Return the limits of files, ``None`` if the host's policy accepts no files."""
    suffixes = accepted_types()
    if not suffixes:
        return None
    played = [suffix for suffix, kind in suffixes.items() if kind.startswith(("audio/", "video/"))]
    limits = (str(limit_bytes(kind)) for kind in ("", "audio/"))
    records = any(suffix in suffixes for suffix in RECORDED)
    takes_photos = any(is_picture(suffixes.get(suffix, "")) for suffix in PHOTOGRAPHED)
    return Attachments(",".join(suffixes), next(limits), ",".join(played), next(limits), records, takes_photos)


def _openings(presenter: RoomPresenter, page: services.Page) -> list[str]:
    """Return what the policy suggests to write first, nothing once somebody has."""
    if page.messages or page.has_before or not presenter.wire["can_send"]:
        return []
    return list(get_policy().openings(presenter.user, presenter.room))[:OPENINGS]


def room_context(
    user: Any,
    page: services.Page,
    *,
    next_url: str,
    reply_to: int | None = None,
    text: str = "",
    form: MessageForm | None = None,
    at_unread: bool = False,
) -> dict[str, Any]:
    """Return the context of ``partials/room.html`` for one page of a room's history.

    ``text`` stands in the form to write.

    With ``at_unread`` a browser without scripts shows the page from the first unread message on.
    """
    presenter = present_room(page.room, user)
    window = get_policy().edit_window
    first, last = (page.messages[0].seq, page.messages[-1].seq) if page.messages else (0, 0)
    return {
        "chat": presenter,
        "items": list(presenter.items(page.messages, starts_at_divider=at_unread)),
        "older_url": room_url(presenter.key, before=first) if page.has_before and first else "",
        "newer_url": room_url(presenter.key, after=last) if page.has_after and last else "",
        "unread_seen": last > presenter.side.read_or_cleared,
        "read_up_to": str(last if page.has_after else max(last, presenter.room.head)),
        "form": form or get_form_class(MessageForm)(initial={"reply_to": reply_to, "content": text}),
        "replying": None if reply_to is None else presenter.quote(reply_to),
        "blank": presenter.blank_bubble(),
        "openings": _openings(presenter, page),
        "reviewed": reviews(get_policy()),
        "emoji_choices": EMOJI,
        "offers_stars": offers_stars(),
        "offers_quick_replies": get_quick_reply_model() is not None,
        "emoji_names": emoji_names(),
        "edit_seconds": "" if window is None else str(int(window.total_seconds())),
        "content_limit": str(CONTENT_LIMIT),
        "attachments": attachments(),
        "card_kinds": card_kinds(),
        "ws": socket_path(),
        "api": api_url(),
        "login_url": login_url(next_url),
    }
