"""Not public API. Rooms and messages of the services, prepared for the templates."""

from ..links import api_url, chats_about_url, login_url, room_url, server, socket_path
from .gallery import GALLERY_TABS, gallery_context
from .inbox import INBOX_SIZE, present_inbox, present_rows
from .response import response_words
from .room import EMOJI, RoomPresenter, can_edit, may_wish_preview, offers_stars, present_room, room_context
from .search import hits
from .unread import badge_text, remember_unread_rooms, unread_label, unread_rooms

__all__ = [
    "EMOJI",
    "GALLERY_TABS",
    "INBOX_SIZE",
    "RoomPresenter",
    "api_url",
    "badge_text",
    "can_edit",
    "chats_about_url",
    "gallery_context",
    "hits",
    "login_url",
    "may_wish_preview",
    "offers_stars",
    "present_inbox",
    "present_room",
    "present_rows",
    "remember_unread_rooms",
    "response_words",
    "room_context",
    "room_url",
    "server",
    "socket_path",
    "unread_label",
    "unread_rooms",
]
