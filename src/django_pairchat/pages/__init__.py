"""What the templates show: rooms and messages of the services, made ready to print."""

from .addresses import api_url, login_url, room_url, socket_address
from .inbox import INBOX_SIZE, inbox_view
from .room import EMOJI, RoomView, may_edit, room_context, room_view
from .search import hits
from .unread import capped, remember_unread_rooms, unread_label, unread_rooms

__all__ = [
    "EMOJI",
    "INBOX_SIZE",
    "RoomView",
    "api_url",
    "capped",
    "hits",
    "inbox_view",
    "login_url",
    "may_edit",
    "remember_unread_rooms",
    "room_context",
    "room_url",
    "room_view",
    "socket_address",
    "unread_label",
    "unread_rooms",
]
