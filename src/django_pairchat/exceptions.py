"""The refusals a host's code can raise or meet, one class per error code, and the sentence a person reads for each."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from .wire.codes import Code, Refusal

ChatError = Refusal


class BadRequest(ChatError):
    code = Code.BAD_REQUEST


class BadId(ChatError):
    code = Code.BAD_ID


class BadText(ChatError):
    code = Code.BAD_TEXT


class Empty(ChatError):
    code = Code.EMPTY


class TooLong(ChatError):
    code = Code.TOO_LONG


class Unsupported(ChatError):
    code = Code.UNSUPPORTED


class TooLarge(ChatError):
    code = Code.TOO_LARGE


class Unauthenticated(ChatError):
    code = Code.UNAUTHENTICATED


class NotFound(ChatError):
    """Not there, or not theirs: the two are never told apart."""

    code = Code.NOT_FOUND


class CannotSend(ChatError):
    code = Code.CANNOT_SEND


class Rejected(ChatError):
    """Raised by a host's ``Policy.check_content()`` for a text it does not allow."""

    code = Code.REJECTED


class Conflict(ChatError):
    code = Code.CONFLICT


class RateLimited(ChatError):
    code = Code.RATE_LIMITED


class Busy(ChatError):
    """The database could not be used in time; the same request may be repeated with the same ``client_id``."""

    code = Code.BUSY


SENTENCES: dict[str, Any] = {
    Code.BAD_FRAME: _("This could not be read."),
    Code.BAD_REQUEST: _("Something in this request is missing or out of range."),
    Code.BAD_ID: _("This address is not valid."),
    Code.BAD_TEXT: _("This text contains characters that cannot be stored."),
    Code.EMPTY: _("Write something first."),
    Code.TOO_LONG: _("This text is too long."),
    Code.UNSUPPORTED: _("This is not available here."),
    Code.TOO_LARGE: _("This is too large."),
    Code.UNAUTHENTICATED: _("Sign in to go on."),
    Code.NOT_FOUND: _("This conversation or message is not available."),
    Code.CANNOT_SEND: _("This is not possible in this conversation."),
    Code.REJECTED: _("This text is not allowed here."),
    Code.CONFLICT: _("This message was already sent with another text."),
    Code.RATE_LIMITED: _("You are writing very fast. Wait a moment."),
    Code.BUSY: _("The server is busy. Try again in a moment."),
    Code.ERROR: _("Something went wrong. Try again."),
}

# The same where it is a file that is refused.
FILE_SENTENCES: dict[str, Any] = {
    Code.UNSUPPORTED: _("This kind of file cannot be sent here."),
    Code.TOO_LARGE: _("This file is too large."),
    Code.BAD_REQUEST: _("This file is empty or cannot be read."),
}


def sentence(refusal: Refusal) -> str:
    """What a person reads for this refusal, in the language that is active now."""
    sentences = FILE_SENTENCES if refusal.field == "file" else {}
    return str(sentences.get(refusal.code) or SENTENCES.get(refusal.code, SENTENCES[Code.ERROR]))
