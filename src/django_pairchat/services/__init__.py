"""The only code that writes: one function per operation, the same for every transport and for the host's own code.

The functions that hosts call most have an asynchronous variant, whose name begins with ``a``.
"""

from asgiref.sync import sync_to_async

from ..core.access import get_room
from ..core.epochs import reset_epochs
from ..core.paging import Page
from ..core.references import MessageRef, RoomRef
from ..core.topics import sign_topic
from ..core.uploads import Upload, delete_orphans, store_upload
from ..sending.types import StoredMessage
from .answer_times import ResponseStats, response_stats
from .cards import send_card, update_card
from .empty_rooms import delete_empty_rooms
from .gallery import gallery
from .held import refuse_held, release_held, withdraw_held
from .message_history import find_date, history, mark_delivered, mark_read
from .message_search import SearchPage, search
from .messages import delete, edit, react, report, send, send_once
from .past_messages import AddedMessages, PastMessage, add_past_messages
from .personal_data import add_personal_data, anonymise, erase_messages, export_person
from .preferences import Preferences, RoomPage, change_preferences, preferences, rooms_set_apart
from .quick_replies import change_quick_reply, delete_quick_reply, save_quick_reply, saved_quick_replies
from .retention import Pruned, prune, set_legal_hold
from .room_list import Inbox, inbox, unread_rooms
from .rooms import change_settings, open_room, open_room_by_token
from .stars import StarPage, star, starred_messages
from .topics import touch_topic
from .uploads import PartlySent, send_with_file, send_with_files
from .wire_objects import message_object, room_object, room_objects

achange_settings = sync_to_async(change_settings)
adelete = sync_to_async(delete)
aedit = sync_to_async(edit)
afind_date = sync_to_async(find_date)
aget_room = sync_to_async(get_room)
ahistory = sync_to_async(history)
ainbox = sync_to_async(inbox)
amark_delivered = sync_to_async(mark_delivered)
amark_read = sync_to_async(mark_read)
aopen_room = sync_to_async(open_room)
areact = sync_to_async(react)
areport = sync_to_async(report)
asearch = sync_to_async(search)
asend = sync_to_async(send)
asend_card = sync_to_async(send_card)
astar = sync_to_async(star)
astarred_messages = sync_to_async(starred_messages)
atouch_topic = sync_to_async(touch_topic)
aunread_rooms = sync_to_async(unread_rooms)
aupdate_card = sync_to_async(update_card)

__all__ = [
    "AddedMessages",
    "Inbox",
    "MessageRef",
    "Page",
    "PartlySent",
    "PastMessage",
    "Preferences",
    "Pruned",
    "ResponseStats",
    "RoomPage",
    "RoomRef",
    "SearchPage",
    "StarPage",
    "StoredMessage",
    "Upload",
    "achange_settings",
    "add_past_messages",
    "add_personal_data",
    "adelete",
    "aedit",
    "afind_date",
    "aget_room",
    "ahistory",
    "ainbox",
    "amark_delivered",
    "amark_read",
    "anonymise",
    "aopen_room",
    "areact",
    "areport",
    "asearch",
    "asend",
    "asend_card",
    "astar",
    "astarred_messages",
    "atouch_topic",
    "aunread_rooms",
    "aupdate_card",
    "change_preferences",
    "change_quick_reply",
    "change_settings",
    "delete",
    "delete_empty_rooms",
    "delete_orphans",
    "delete_quick_reply",
    "edit",
    "erase_messages",
    "export_person",
    "find_date",
    "gallery",
    "get_room",
    "history",
    "inbox",
    "mark_delivered",
    "mark_read",
    "message_object",
    "open_room",
    "open_room_by_token",
    "preferences",
    "prune",
    "react",
    "refuse_held",
    "release_held",
    "report",
    "reset_epochs",
    "response_stats",
    "room_object",
    "room_objects",
    "rooms_set_apart",
    "save_quick_reply",
    "saved_quick_replies",
    "search",
    "send",
    "send_card",
    "send_once",
    "send_with_file",
    "send_with_files",
    "set_legal_hold",
    "sign_topic",
    "star",
    "starred_messages",
    "store_upload",
    "touch_topic",
    "unread_rooms",
    "update_card",
    "withdraw_held",
]
