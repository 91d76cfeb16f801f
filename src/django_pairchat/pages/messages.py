"""The lines of a list of messages: bubbles, days, a divider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from .. import services
from ..base_models import SYSTEM_KIND, AbstractMessage
from .people import Person

GROUP_GAP: Final = timedelta(minutes=5)


def is_image(attachment: Mapping[str, Any]) -> bool:
    return bool(attachment["url"] and attachment["width"] and str(attachment["type"]).startswith("image/"))


def local_day(moment: datetime) -> date:
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
        ago = local_day(timezone.now()) - local_day(self.at)
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


def in_one_group(message: AbstractMessage, following: AbstractMessage) -> bool:
    return (
        message.side == following.side
        and SYSTEM_KIND not in (message.kind, following.kind)
        and local_day(message.created_at) == local_day(following.created_at)
        and following.created_at - message.created_at < GROUP_GAP
    )


def preview(message: AbstractMessage) -> str:
    """A message in one line of plain text."""
    if message.is_deleted:
        return _("Deleted message")
    if message.content or not message.attachment_info:
        return message.content
    return _("Photo") if is_image(services.message_object(message)["attachment"]) else _("File")
