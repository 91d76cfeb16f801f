"""The errors of the protocol: one tree of exceptions, their codes, and the HTTP status of each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, NoReturn, Self, cast


class ErrorCode(StrEnum):
    BAD_FRAME = "bad_frame"
    BAD_REQUEST = "bad_request"
    BAD_ID = "bad_id"
    BAD_TEXT = "bad_text"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    UNAUTHENTICATED = "unauthenticated"
    NOT_FOUND = "not_found"
    CSRF = "csrf"
    CANNOT_SEND = "cannot_send"
    SUSPENDED = "suspended"
    REJECTED = "rejected"
    HELD = "held"
    CONFLICT = "conflict"
    RATE_LIMITED = "rate_limited"
    DAILY_LIMIT = "daily_limit"
    BUSY = "busy"
    ERROR = "error"


HTTP_STATUS: dict[str, int] = {
    ErrorCode.BAD_FRAME: 400,
    ErrorCode.BAD_REQUEST: 400,
    ErrorCode.BAD_ID: 400,
    ErrorCode.BAD_TEXT: 400,
    ErrorCode.EMPTY: 400,
    ErrorCode.TOO_LONG: 400,
    ErrorCode.UNSUPPORTED: 400,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.CSRF: 403,
    ErrorCode.CANNOT_SEND: 403,
    ErrorCode.SUSPENDED: 403,
    ErrorCode.REJECTED: 422,
    ErrorCode.HELD: 422,
    ErrorCode.CONFLICT: 409,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.DAILY_LIMIT: 429,
    ErrorCode.BUSY: 503,
    ErrorCode.ERROR: 500,
}


class ChatError(Exception):
    """A request that is answered with an error frame instead of a result.

    ``field`` names the offending field, ``retry_after`` is in seconds, ``ref`` is a reference number for the log.
    """

    code: str = ErrorCode.ERROR
    _by_code: ClassVar[dict[str, type[ChatError]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        ChatError._by_code.setdefault(cls.code, cls)

    def __new__(cls, *, code: str | None = None, **_: Any) -> Self:
        """Create the subclass of ``code`` if there is one: ``ChatError(code="empty")`` is an ``Empty``."""
        kind = ChatError._by_code.get(str(code), cls) if cls is ChatError else cls
        return super().__new__(cast("type[Self]", kind))

    def __init__(
        self,
        *,
        code: str | None = None,
        field: str | None = None,
        retry_after: float | None = None,
        ref: str | None = None,
    ) -> None:
        if code is not None:
            self.code = code
        self.field = field
        self.retry_after = retry_after
        self.ref = ref
        super().__init__(self.code if field is None else f"{self.code}: {field}")


class BadRequest(ChatError):
    code = ErrorCode.BAD_REQUEST


class BadId(ChatError):
    code = ErrorCode.BAD_ID


class BadText(ChatError):
    code = ErrorCode.BAD_TEXT


class Empty(ChatError):
    code = ErrorCode.EMPTY


class TooLong(ChatError):
    code = ErrorCode.TOO_LONG


class Unsupported(ChatError):
    code = ErrorCode.UNSUPPORTED


class TooLarge(ChatError):
    code = ErrorCode.TOO_LARGE


class Unauthenticated(ChatError):
    code = ErrorCode.UNAUTHENTICATED


class NotFound(ChatError):
    """A room or message that does not exist or is not the user's. The two cases are never distinguished."""

    code = ErrorCode.NOT_FOUND


class CannotSend(ChatError):
    code = ErrorCode.CANNOT_SEND


class Suspended(CannotSend):
    """Raised for everything that a person writes who may write nowhere until a time."""

    code = ErrorCode.SUSPENDED

    def __init__(self, *, until: datetime | None = None, **about: Any) -> None:
        self.until = until
        super().__init__(**about)


class Rejected(ChatError):
    """Raised by a host's ``Policy.check_content()`` for a text it does not allow.

    ``reason`` is shown to the person who wrote it, in place of the general text of this error.
    """

    code = ErrorCode.REJECTED

    def __init__(self, *, reason: str = "", **more: Any) -> None:
        super().__init__(**more)
        self.reason = reason


class Held(ChatError):
    """The message was taken, and waits until the host has decided about it. Only its sender sees it until then."""

    code = ErrorCode.HELD


class Conflict(ChatError):
    code = ErrorCode.CONFLICT


class RateLimited(ChatError):
    code = ErrorCode.RATE_LIMITED
    by_writing = False
    """``True`` if the limit of messages and edits was exceeded, which has an error text of its own."""


class DailyLimit(ChatError):
    """The person has done this as often as is allowed on one day. ``retry_after`` is the time until the next."""

    code = ErrorCode.DAILY_LIMIT


class Busy(ChatError):
    """The database could not be used in time. The request may be repeated, with the same ``client_id``."""

    code = ErrorCode.BUSY


def reject(code: ErrorCode, field_name: str | None = None) -> NoReturn:
    """Raise the error of this code, about this field."""
    raise ChatError(code=code, field=field_name)
