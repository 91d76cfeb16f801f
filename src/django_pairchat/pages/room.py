"""One room: its messages, and the form to write."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import pgettext

from .. import services
from ..base_models import SYSTEM, TEXT_KIND, AbstractMessage, AbstractRoom, Side
from ..conf import conf
from ..forms import ComposerForm
from ..services.access import all_messages
from ..services.uploads import accepted_types
from ..wire.requests import CONTENT_LIMIT
from .addresses import api_url, login_url, room_url, socket_address
from .messages import Bubble, Day, Divider, Quote, in_one_group, local_day, preview
from .people import Person

QUOTE_LENGTH: Final = 140
EMOJI: Final = ("👍", "❤️", "😂", "😮", "😢", "🙏")


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
            bubble.last = not in_one_group(message, following)
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
            here = local_day(message.created_at)
            if here != day:
                yield Day(message.created_at)
                day = here
            if message.seq == first_unread:
                yield Divider()
            yield bubble


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
