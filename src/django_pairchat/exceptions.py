"""The errors that a host's code can raise or catch, one class per error code, and their texts for people."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from .protocol.errors import (
    HTTP_STATUS,
    BadId,
    BadRequest,
    BadText,
    Busy,
    CannotSend,
    ChatError,
    Conflict,
    DailyLimit,
    Empty,
    ErrorCode,
    Held,
    NotFound,
    RateLimited,
    Rejected,
    Suspended,
    TooLarge,
    TooLong,
    Unauthenticated,
    Unsupported,
)

__all__ = [
    "HTTP_STATUS",
    "BadId",
    "BadRequest",
    "BadText",
    "Busy",
    "CannotSend",
    "ChatError",
    "Conflict",
    "DailyLimit",
    "Empty",
    "ErrorCode",
    "Held",
    "NotFound",
    "RateLimited",
    "Rejected",
    "Suspended",
    "TooLarge",
    "TooLong",
    "Unauthenticated",
    "Unsupported",
    "error_text",
]

ERROR_TEXTS: dict[str, Any] = {
    ErrorCode.BAD_FRAME: _("The request could not be read."),
    ErrorCode.BAD_REQUEST: _("Something in this request is missing or out of range."),
    ErrorCode.BAD_ID: _("An ID is a text, exactly as the server gave it."),
    ErrorCode.BAD_TEXT: _("This text contains characters that cannot be stored."),
    ErrorCode.EMPTY: _("Type a message first."),
    ErrorCode.TOO_LONG: _("This text is too long."),
    ErrorCode.UNSUPPORTED: _("This is not available here."),
    ErrorCode.TOO_LARGE: _("This is too large."),
    ErrorCode.UNAUTHENTICATED: _("Sign in to continue."),
    ErrorCode.NOT_FOUND: _("This chat or message is not available."),
    ErrorCode.CSRF: _("This page is out of date. Reload it and try again."),
    ErrorCode.CANNOT_SEND: _("This is not possible in this chat."),
    ErrorCode.SUSPENDED: _("You cannot write at the moment."),
    ErrorCode.REJECTED: _("This text is not allowed here."),
    ErrorCode.HELD: _("Your message is being checked. Only you can see it until then."),
    ErrorCode.CONFLICT: _("This message was already sent with another text."),
    ErrorCode.RATE_LIMITED: _("You are doing this too often. Wait a moment."),
    ErrorCode.DAILY_LIMIT: _("You have started as many new chats as you can today. Try again in {time}."),
    ErrorCode.BUSY: _("The server is busy. Try again in a moment."),
    ErrorCode.ERROR: _("Something went wrong. Try again."),
}

WRITES_TOO_FAST: Any = _("You are sending too quickly. Wait a moment.")

# The texts of errors about a file.
FILE_ERROR_TEXTS: dict[str, Any] = {
    ErrorCode.UNSUPPORTED: _("This kind of file cannot be sent here."),
    ErrorCode.TOO_LARGE: _("This file is too large."),
    ErrorCode.BAD_REQUEST: _("This file is empty or cannot be read."),
    ErrorCode.DAILY_LIMIT: _("You have uploaded as much as you can today. Try again in {time}."),
}

# The texts of a limit that is reached.
LIMIT_TEXTS: dict[str, Any] = {
    "held": _("Too many of your messages are still being checked. Wait until they have been."),
    "pinned": _("You have pinned as many chats as you can. Unpin one first."),
    "quick_reply": _("You have saved as many texts as you can. Delete one first."),
    "starred": _("You have starred as many messages as you can. Remove a star first."),
}


def error_text(error: ChatError) -> str:
    """Return the text that people read for this error, in the active language and time zone."""
    if isinstance(error, Suspended) and error.until is not None:
        return suspension_text(error.until)
    if isinstance(error, Rejected) and error.reason:
        return str(error.reason)
    if isinstance(error, RateLimited) and error.by_writing:
        return str(WRITES_TOO_FAST)
    if error.code == ErrorCode.CONFLICT and error.field in LIMIT_TEXTS:
        return str(LIMIT_TEXTS[error.field])
    file_texts = FILE_ERROR_TEXTS if error.field == "file" else {}
    text = str(file_texts.get(error.code) or ERROR_TEXTS.get(error.code, ERROR_TEXTS[ErrorCode.ERROR]))
    return text.format(time=waiting_time(error.retry_after or 0.0)) if isinstance(error, DailyLimit) else text


def waiting_time(seconds: float) -> str:
    """Return a time in words, rounded up to minutes or, from two hours on, to hours."""
    minutes = max(1, ceil(seconds / 60))
    if minutes < 120:
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    hours = ceil(minutes / 60)
    return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}


def suspension_text(until: datetime) -> str:
    """Return what people read who may write nowhere until this time."""
    local = timezone.localtime(until) if timezone.is_aware(until) else until
    time = f"{date_format(local, 'DATETIME_FORMAT')} {local.tzname() or ''}".strip()
    return gettext("The moderators of this site have suspended your writing until %(time)s.") % {"time": time}
