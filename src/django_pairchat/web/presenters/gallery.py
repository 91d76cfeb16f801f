"""The photos, files and links of a room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from ... import services
from ...base_models import AbstractMessage, AbstractRoom
from ..links import room_url, server
from .message import MessageItem
from .room import RoomPresenter, present_room

GALLERY_TABS: Final = ("photos", "files", "links")


@dataclass(frozen=True)
class GalleryTab:
    """One of the tabs, with the URL of its first page."""

    name: str
    label: str
    url: str
    current: bool


@dataclass(frozen=True)
class GalleryItem:
    """A message of the gallery, with the URL of its place in the room."""

    bubble: MessageItem
    url: str
    edited: str


def gallery_context(user: Any, room: AbstractRoom, tab: str, page: services.SearchPage) -> dict[str, Any]:
    """Return the context of ``gallery.html`` for one page of a tab."""
    presenter = present_room(room, user)
    return {
        "chat": presenter,
        "tab": tab,
        "tabs": list(_tabs(presenter.key, tab)),
        "items": [_item(presenter, message) for message in page.messages],
        "more_url": gallery_url(presenter.key, tab=tab, before=page.next) if page.next else "",
        **server(),
    }


def gallery_url(key: str, **query: str) -> str:
    return f"{reverse('pairchat:gallery', args=[key])}?{urlencode(query)}"


def _tabs(key: str, current: str) -> Iterator[GalleryTab]:
    labels = {"photos": _("Photos and videos"), "files": _("Files"), "links": _("Links")}
    for name in GALLERY_TABS:
        yield GalleryTab(name, labels[name], gallery_url(key, tab=name), name == current)


def _item(presenter: RoomPresenter, message: AbstractMessage) -> GalleryItem:
    return GalleryItem(
        presenter.bubble(message),
        room_url(presenter.key, anchor=message.seq, around=message.seq),
        services.message_object(message)["edited_at"] or "",
    )
