"""The only code that writes: one function per act, the same for every transport and for the host's own Python.

What a host calls most has an async twin, with an ``a`` before its name.
"""

from asgiref.sync import sync_to_async

from .access import get_room
from .drafts import Sent
from .messages import delete, edit, react, report, send, send_once
from .posting import send_file_once
from .reading import Page, history, mark_read
from .restoring import renew_epochs
from .rooms import Inbox, change_settings, inbox, open_room, open_room_by_token, unread_rooms
from .searching import Found, search
from .snapshots import message_object, room_object, room_objects
from .topics import sign_topic
from .uploads import Upload, delete_orphans, store_upload

achange_settings = sync_to_async(change_settings)
adelete = sync_to_async(delete)
aedit = sync_to_async(edit)
aget_room = sync_to_async(get_room)
ahistory = sync_to_async(history)
ainbox = sync_to_async(inbox)
amark_read = sync_to_async(mark_read)
aopen_room = sync_to_async(open_room)
areact = sync_to_async(react)
areport = sync_to_async(report)
asearch = sync_to_async(search)
asend = sync_to_async(send)
aunread_rooms = sync_to_async(unread_rooms)

__all__ = [
    "Found",
    "Inbox",
    "Page",
    "Sent",
    "Upload",
    "achange_settings",
    "adelete",
    "aedit",
    "aget_room",
    "ahistory",
    "ainbox",
    "amark_read",
    "aopen_room",
    "areact",
    "areport",
    "asearch",
    "asend",
    "aunread_rooms",
    "change_settings",
    "delete",
    "delete_orphans",
    "edit",
    "get_room",
    "history",
    "inbox",
    "mark_read",
    "message_object",
    "open_room",
    "open_room_by_token",
    "react",
    "renew_epochs",
    "report",
    "room_object",
    "room_objects",
    "search",
    "send",
    "send_file_once",
    "send_once",
    "sign_topic",
    "store_upload",
    "unread_rooms",
]
