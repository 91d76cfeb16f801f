"""The sentences of the browser client, in the language that is active now."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import get_language, gettext as _, ngettext, to_locale

from .exceptions import SENTENCES

# One number of each kind that Intl.PluralRules tells apart; a language that has no such kind never asks for it.
KINDS: Final = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def _plural(singular: str, plural: str) -> dict[str, str]:
    return {kind: ngettext(singular, plural, number) for kind, number in KINDS.items()}


def language_tag() -> str:
    """The active language as the browser's ``Intl`` calls it: ``ko``, ``zh-Hans``, ``pt-BR``."""
    return to_locale(get_language() or "en").replace("_", "-")


def catalogue() -> dict[str, Any]:
    """Every sentence by its key; what may differ by number is an object by plural kind."""
    return {
        "lang": language_tag(),
        "me": _("Me"),
        "deleted_account": _("Deleted account"),
        "deleted_message": _("Deleted message"),
        "earlier_message": _("Earlier message"),
        "photo": _("Photo"),
        "file": _("File"),
        "no_messages": _("No messages yet"),
        "edited": _("edited"),
        "status_sending": _("Sending"),
        "status_slow": _("Still sending"),
        "status_failed": _("Not sent"),
        "status_sent": _("Sent"),
        "status_read": _("Read"),
        "reconnecting": _("Reconnecting…"),
        "offline": _("Offline — your messages will be sent later"),
        "signed_out": _("You are signed out. Sign in again to go on."),
        "taken_over": _("This chat is open in too many windows. It goes on here when you come back to this one."),
        "ended": _("This connection was closed. Reload the page to go on."),
        "new_message": _("New message from {name}"),
        "new_messages": _plural("{count} new message", "{count} new messages"),
        "pill": _plural("{count} new message", "{count} new messages"),
        "latest": _("To the newest message"),
        "unread_rooms": _plural("{count} unread chat", "{count} unread chats"),
        "today": _("Today"),
        "yesterday": _("Yesterday"),
        "online": _("Online"),
        "last_active": _("Last here {time}"),
        "typing": _("{name} is writing…"),
        "message_label": _("{sender}: {content}, {time}, {status}"),
        "copied": _("Copied"),
        "send_failed": _("Your message was not sent."),
        "not_found_message": _("That message is not here any more."),
        "characters_left": _plural("{count} character left", "{count} characters left"),
        "rate_limited": _("You are writing very fast. Your message is sent in {seconds} seconds."),
        **{f"error_{code}": str(text) for code, text in SENTENCES.items()},
    }
