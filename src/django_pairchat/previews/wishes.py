"""Which messages wait for a preview: noted when they are sent, so that sending itself waits for nothing."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from django.core.signals import setting_changed
from django.utils import timezone

from ..base_models import TEXT_KIND, AbstractMessage, AbstractRoom
from ..core.access import database
from ..policy import Policy, get_policy
from ..signals import message_edited, message_sent
from ..web.linkify import pieces
from .models import PreviewWish

SENT: Final = "pairchat_previews.sent"


def connect() -> None:
    message_edited.connect(_edited, dispatch_uid="pairchat_previews.edited")
    setting_changed.connect(_follow_policy, dispatch_uid="pairchat_previews.policy")
    _follow_policy()


def _follow_policy(**kwargs: Any) -> None:
    """Listen to sends only where the policy may allow a preview: for a receiver, each message is read back."""
    if _may_show():
        message_sent.connect(_sent, dispatch_uid=SENT)
    else:
        message_sent.disconnect(dispatch_uid=SENT)


def _may_show() -> bool:
    try:
        return type(get_policy()).shows_preview is not Policy.shows_preview
    except Exception:  # noqa: BLE001 - of the host's code; a system check reports it
        return True


def first_link(content: str) -> str:
    """Return the first address of a page in a text, ``""`` if there is none."""
    return next((piece.href for piece in pieces(content) if urlsplit(piece.href).scheme in ("http", "https")), "")


def wish(message: AbstractMessage, *, by_sender: bool = False) -> None:
    """Note that a worker shall look for a preview of the first link in this message, from now on."""
    PreviewWish.objects.using(database()).update_or_create(
        room_key=str(message.room_id),
        seq=message.seq,
        defaults={"due_at": timezone.now(), "attempts": 0, "by_sender": by_sender},
    )


def _sent(*, message: AbstractMessage, room: AbstractRoom, **kwargs: Any) -> None:
    url = first_link(message.content) if message.kind == TEXT_KIND else ""
    sender = room.sides[message.side - 1].user if message.side else None
    if url and sender is not None and get_policy().shows_preview(sender, url):
        wish(message)


def _edited(*, message: AbstractMessage, room: AbstractRoom, before: str, **kwargs: Any) -> None:
    # A preview that its sender has removed does not come back with the next edit.
    if first_link(message.content) != first_link(before):
        # What was asked for was the other page.
        PreviewWish.objects.using(database()).filter(room_key=str(message.room_id), seq=message.seq).delete()
        _sent(message=message, room=room)
