"""The texts of the browser client, in the active language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.utils.dates import MONTHS_AP, WEEKDAYS_ABBR
from django.utils.translation import get_language, ngettext, pgettext, to_locale
from django.utils.translation import gettext as _

from ..exceptions import ERROR_TEXTS, FILE_ERROR_TEXTS
from .presenters.message import short_dates

# One number for each plural kind of Intl.PluralRules. A kind that a language does not have is never used.
KINDS: Final = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def _by_kind(translate: Callable[[int], str]) -> dict[str, str]:
    return {kind: translate(number) for kind, number in KINDS.items()}


def language_tag() -> str:
    """Return the active language as a tag for the browser's ``Intl``: ``ko``, ``zh-Hans``, ``pt-BR``."""
    return to_locale(get_language() or "en").replace("_", "-")


def javascript_catalog() -> dict[str, Any]:
    """Return all texts by key. A text that depends on a number is an object by plural kind."""
    return {
        "lang": language_tag(),
        "me": pgettext("chat", "Me"),
        "deleted_account": _("Deleted account"),
        "deleted_message": _("Deleted message"),
        "earlier_message": _("Earlier message"),
        "photo": _("Photo"),
        "file": _("File"),
        "audio": _("Audio"),
        "video": _("Video"),
        "no_messages": _("No messages yet"),
        "edited": _("edited"),
        "status_sending": pgettext("message status", "Sending"),
        "status_slow": pgettext("message status", "Still sending"),
        "status_failed": pgettext("message status", "Not sent"),
        "status_sent": pgettext("message status", "Sent"),
        "status_delivered": pgettext("message status", "Delivered"),
        "status_read": pgettext("message status", "Read"),
        "reconnecting": _("Reconnecting…"),
        "offline": _("Offline — your messages will be sent later"),
        "signed-out": _("You are signed out. Sign in again to continue."),
        "paused": _("Chat is open in too many places. This page is paused until you come back to it."),
        "stopped": _("Disconnected. Reload the page to continue."),
        "new_message": _("New message from {name}"),
        "new_messages": _by_kind(lambda count: ngettext("{count} new message", "{count} new messages", count)),
        "pill": _by_kind(lambda count: ngettext("{count} new message", "{count} new messages", count)),
        "latest": _("Jump to latest"),
        "unread_rooms": _by_kind(lambda count: ngettext("{count} unread chat", "{count} unread chats", count)),
        **short_dates(),
        "weekdays": [str(name) for name in WEEKDAYS_ABBR.values()],
        "months": [str(name) for name in MONTHS_AP.values()],
        "today": _("Today"),
        "yesterday": _("Yesterday"),
        "online": pgettext("person", "Online"),
        "last_active": pgettext("person", "Last seen {time}"),
        "typing": _("{name} is typing…"),
        "message_label": _("{sender}: {content}, {time}, {status}"),
        "copied": _("Copied"),
        "closed": _("You cannot write in this chat."),
        "suspended": _("The moderators of this site have suspended your writing until {time}."),
        "send_failed": _("Your message was not sent."),
        "bad_emoji": _("Enter a single emoji."),
        "not_found_message": _("This message is no longer available."),
        "characters_left": _by_kind(lambda count: ngettext("{count} character left", "{count} characters left", count)),
        **{f"file_{code}": str(text) for code, text in FILE_ERROR_TEXTS.items()},
        "file_waiting": pgettext("file", "Waiting"),
        "file_uploading": pgettext("file", "Uploading"),
        "file_broken": _("Connection lost."),
        "file_not_sent": _("This file was not sent."),
        "rate_limited": _("You are sending too quickly. Your message will be sent in {seconds} seconds."),
        **{f"error_{code}": str(text) for code, text in ERROR_TEXTS.items()},
    }
