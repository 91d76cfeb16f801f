"""The entries of a list of messages: bubbles, days, and the divider."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from html import escape
from typing import Any, Final

from django.utils import timezone
from django.utils.dates import MONTHS_AP, WEEKDAYS_ABBR
from django.utils.formats import get_format, time_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from ... import services
from ...base_models import SYSTEM_KIND, AbstractMessage
from ...core.media import is_played
from .attributes import data_attributes
from .person import PersonItem

GROUP_GAP: Final = timedelta(minutes=5)
PREVIEW_LENGTH: Final = 140
PHOTO_HEIGHT: Final = 320
COUNT_IN_TWO_COLUMNS: Final = 4
MINUTES: Final = re.compile(r"[AaPgGhHif :.]*")
"""The formats of a time that depend on nothing but the hour, the minute and the language."""
WIDTHS: Final = {1: "full", 2: "half", 3: "third"}


def photo_size(width: int, height: int) -> tuple[int, int]:
    """Says how large a photo is shown: whole, and no higher than is read at a glance."""
    high = min(height, PHOTO_HEIGHT)
    return max(1, width * high // height), high


def is_image(attachment: Mapping[str, Any]) -> bool:
    return bool(attachment["url"] and attachment["width"] and str(attachment["type"]).startswith("image/"))


def local_day(moment: datetime) -> date:
    # With USE_TZ = False the time is local already.
    return _local(moment).date()


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def clock(moment: datetime) -> str:
    """Return the time of the day, as the active language writes it."""
    local, pattern = _local(moment), get_format("TIME_FORMAT")
    if not MINUTES.fullmatch(pattern):
        return time_format(local, "TIME_FORMAT")
    return _clock(local.hour, local.minute, pattern, get_language())


@lru_cache(maxsize=2_880)
def _clock(hour: int, minute: int, pattern: str, language: str | None) -> str:
    """Return one of the few texts of which a page has one for each message. Each depends on its arguments alone."""
    return time_format(time(hour, minute), "TIME_FORMAT")


def brief_time(moment: datetime, now: datetime | None = None) -> str:
    """Return a time as a list shows it: the clock today, the weekday for a week, else the day.

    The year is written if it is another one. The browser client writes the same, with the same words.
    """
    day, today = local_day(moment), local_day(now or timezone.now())
    ago = (today - day).days
    if ago == 0:
        return clock(moment)
    if 0 < ago < 7:
        return str(WEEKDAYS_ABBR[day.weekday()])
    pattern = short_dates()["day_month" if day.year == today.year else "day_month_year"]
    return pattern.format(day=day.day, month=MONTHS_AP[day.month], number=day.month, year=day.year)


def short_dates() -> dict[str, str]:
    """Return how a day is written in short, in the active language, by what is written of it."""
    return {
        # Translators: {number} is the number of the month, for languages that write that.
        # xgettext:no-python-brace-format  # noqa: ERA001 - for xgettext
        "day_month": pgettext("date in a list", "{month} {day}"),
        # xgettext:no-python-brace-format  # noqa: ERA001 - for xgettext
        "day_month_year": pgettext("date in a list", "{month} {day}, {year}"),
    }


@dataclass(frozen=True)
class Day:
    """The line above the first message of a day in the active time zone."""

    template = "pairchat/partials/day.html"
    at: datetime

    @property
    def word(self) -> str:
        """The word for today or yesterday, empty for other days."""
        ago = local_day(timezone.now()) - local_day(self.at)
        return {0: _("Today"), 1: _("Yesterday")}.get(ago.days, "")


@dataclass(frozen=True)
class Divider:
    """The line above the first message that was unread when the page was rendered."""

    template = "pairchat/partials/divider.html"
    is_start: bool = False


@dataclass(frozen=True)
class Quote:
    """The message that another one replies to. It has no sender if it cannot be shown any more."""

    seq: str
    href: str
    sender: str = ""
    content: str = ""
    rev: str = ""
    sender_key: str = ""
    kind: str = ""


@dataclass
class MessageItem:
    """One message. The defaults make an empty bubble, which the browser client clones."""

    template = "pairchat/partials/message.html"
    seq: str = ""
    rev: str = ""
    client_id: str = ""
    kind: str = "text"
    url: str = ""
    sender: str = ""
    sender_name: str = ""
    peer: PersonItem | None = None
    mine: bool = False
    content: str = ""
    created: str = ""
    created_at: datetime | None = None
    deleted: bool = False
    edited: bool = False
    starred: bool = False
    status: str = ""
    reply: Quote | None = None
    attachment: Mapping[str, Any] | None = None
    preview: Mapping[str, Any] | None = None
    album: str = ""
    tile: str = ""
    card: str = ""
    card_values: Mapping[str, Any] = field(default_factory=dict)
    reaction_mine: str = ""
    reaction_peer: str = ""
    first: bool = True
    last: bool = True
    latest: bool = False

    @property
    def blank(self) -> bool:
        return not self.seq

    @property
    def attributes(self) -> SafeString:
        """The attributes that tell styles and the browser client of the message, each with a space before it."""
        texts = {
            "seq": self.seq,
            "rev": self.rev,
            "client-id": self.client_id,
            "sender": self.sender,
            "kind": self.kind,
        }
        flags = {
            "mine": self.mine,
            "deleted": self.deleted,
            "edited": self.edited,
            "first": self.first,
            "last": self.last,
            "latest": self.latest,
        }
        optional = {"status": self.status, "album": self.album, "tile": self.tile, "created": self.created}
        place = SafeString(f' id="m-{escape(self.seq)}"' if self.seq else "")
        return place + data_attributes({**texts, **{name: text for name, text in optional.items() if text}}, flags)

    @property
    def shape(self) -> tuple[object, ...]:
        """All on which the HTML of the message depends, apart from the gaps that its template fills for each one."""
        has = bool(self.content), bool(self.reply), bool(self.attachment), bool(self.preview), bool(self.card)
        look = self.deleted, self.starred, self.edited, self.status
        return self.blank, self.mine, self.peer, self.sender_name, *has, *look

    @property
    def clock(self) -> str:
        """The time of the day, in the active time zone."""
        return "" if self.created_at is None else clock(self.created_at)

    @property
    def reactions(self) -> tuple[str, str]:
        return self.reaction_mine, self.reaction_peer

    @property
    def image(self) -> Mapping[str, Any] | None:
        return self.attachment if self.attachment and is_image(self.attachment) else None

    @property
    def image_size(self) -> tuple[int, int]:
        return photo_size(self.image["width"], self.image["height"]) if self.image else (0, 0)

    @property
    def file(self) -> Mapping[str, Any] | None:
        return None if self.image else self.attachment

    @property
    def audio(self) -> Mapping[str, Any] | None:
        return self._played("audio/")

    @property
    def video(self) -> Mapping[str, Any] | None:
        return self._played("video/")

    def _played(self, family: str) -> Mapping[str, Any] | None:
        file = self.attachment
        return file if file and file["url"] and is_played(file["type"]) and file["type"].startswith(family) else None

    @property
    def status_word(self) -> str:
        words = {
            "sent": pgettext("message status", "Sent"),
            "delivered": pgettext("message status", "Delivered"),
            "read": pgettext("message status", "Read"),
        }
        return words.get(self.status, "")


def _in_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def in_one_group(message: AbstractMessage, following: AbstractMessage) -> bool:
    """Return whether a message continues the group of the one before it, as the browser client also groups them."""
    return (
        message.side == following.side
        and SYSTEM_KIND not in (message.kind, following.kind)
        and local_day(message.created_at) == local_day(following.created_at)
        # A client gets no more of a time than its milliseconds.
        and _in_milliseconds(following.created_at) - _in_milliseconds(message.created_at) < GROUP_GAP
    )


def is_tile(message: AbstractMessage) -> bool:
    """Return whether a message can be part of an album: a photo, or the place of one that was deleted."""
    info = message.attachment_info
    is_photo = info is not None and info["width"] is not None and info["type"].startswith("image/")
    return message.album is not None and (message.is_deleted or is_photo)


def in_one_album(message: AbstractMessage, following: AbstractMessage) -> bool:
    """Return whether two neighbours are photos that were sent together. ``in_one_group()`` must be true of them."""
    return message.album == following.album and is_tile(message) and is_tile(following)


def tiles(count: int, *, captioned: bool) -> list[str]:
    """Return the place of each photo of an album, as the browser client also lays it out.

    A place is the width (``full``, ``half``, ``third``), and ``start`` at the beginning of a line, ``end`` at its end,
    ``top`` in the first line, ``bottom`` in the last. A first photo with a caption has a line of its own.
    """
    if count < 2:
        return [""] * count
    rest = count - captioned
    columns = 2 if rest <= COUNT_IN_TWO_COLUMNS else 3
    ahead = rest % columns
    lines = [*[1] * captioned, *([ahead] if ahead else []), *[columns] * (rest // columns)]
    return [_tile(at, number, lines) for number, length in enumerate(lines) for at in range(length)]


def _tile(at: int, line: int, lines: Sequence[int]) -> str:
    length = lines[line]
    across = {WIDTHS[length]: True, "start": at == 0, "end": at == length - 1}
    words = across | {"top": line == 0, "bottom": line == len(lines) - 1}
    return " ".join(word for word, applies in words.items() if applies)


def preview(message: AbstractMessage) -> str:
    """Return the beginning of a message as plain text, at most 140 characters."""
    if message.is_deleted:
        return _("Deleted message")
    if message.content or not message.attachment_info:
        return message.content[:PREVIEW_LENGTH]
    attachment = services.message_object(message)["attachment"]
    if is_image(attachment):
        return _("Photo")
    family = str(attachment["type"]).partition("/")[0]
    return {"audio": _("Audio"), "video": _("Video")}.get(family, _("File"))
