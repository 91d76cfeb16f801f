"""The sentences of the browser client, in the language that is active now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.utils.translation import get_language, ngettext, pgettext, to_locale
from django.utils.translation import gettext as _

from .exceptions import FILE_SENTENCES, SENTENCES

# One number of each kind that Intl.PluralRules tells apart; a language that has no such kind never asks for it.
KINDS: Final = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def _by_kind(sentence: Callable[[int], str]) -> dict[str, str]:
    return {kind: sentence(number) for kind, number in KINDS.items()}


def language_tag() -> str:
    """The active language as the browser's ``Intl`` calls it: ``ko``, ``zh-Hans``, ``pt-BR``."""
    return to_locale(get_language() or "en").replace("_", "-")


def catalogue() -> dict[str, Any]:
    """Every sentence by its key; what may differ by number is an object by plural kind."""
    return {
        "lang": language_tag(),
        "me": pgettext("chat", "Me"),
        "deleted_account": _("Deleted account"),
        "deleted_message": _("Deleted message"),
        "earlier_message": _("Earlier message"),
        "photo": _("Photo"),
        "file": _("File"),
        "no_messages": _("No messages yet"),
        "edited": _("edited"),
        "status_sending": pgettext("message status", "Sending"),
        "status_slow": pgettext("message status", "Still sending"),
        "status_failed": pgettext("message status", "Not sent"),
        "status_sent": pgettext("message status", "Sent"),
        "status_read": pgettext("message status", "Read"),
        "reconnecting": _("Reconnecting…"),
        "offline": _("Offline — your messages will be sent later"),
        "signed_out": _("You are signed out. Sign in again to go on."),
        "ended": _("This connection was closed. Reload the page to go on."),
        "new_message": _("New message from {name}"),
        "new_messages": _by_kind(lambda count: ngettext("{count} new message", "{count} new messages", count)),
        "pill": _by_kind(lambda count: ngettext("{count} new message", "{count} new messages", count)),
        "latest": _("To the newest message"),
        "unread_rooms": _by_kind(lambda count: ngettext("{count} unread chat", "{count} unread chats", count)),
        "today": _("Today"),
        "yesterday": _("Yesterday"),
        "online": pgettext("person", "Online"),
        "last_active": pgettext("person", "Last here {time}"),
        "typing": _("{name} is writing…"),
        "message_label": _("{sender}: {content}, {time}, {status}"),
        "copied": _("Copied"),
        "send_failed": _("Your message was not sent."),
        "bad_emoji": _("That is not one emoji."),
        "not_found_message": _("That message is not here any more."),
        "characters_left": _by_kind(lambda count: ngettext("{count} character left", "{count} characters left", count)),
        **{f"file_{code}": str(text) for code, text in FILE_SENTENCES.items()},
        "file_waiting": pgettext("file", "Waiting"),
        "file_uploading": pgettext("file", "Uploading"),
        "file_broken": _("The connection broke."),
        "file_not_sent": _("This file was not sent."),
        "rate_limited": _("You are writing very fast. Your message is sent in {seconds} seconds."),
        **{f"error_{code}": str(text) for code, text in SENTENCES.items()},
    }
