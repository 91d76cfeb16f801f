"""Every code the protocol knows: error codes with their HTTP status, close codes, and the refusal that carries one."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Self, cast


class Code(StrEnum):
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
    CANNOT_SEND = "cannot_send"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    RATE_LIMITED = "rate_limited"
    BUSY = "busy"
    ERROR = "error"


HTTP_STATUS: dict[str, int] = {
    Code.BAD_FRAME: 400,
    Code.BAD_REQUEST: 400,
    Code.BAD_ID: 400,
    Code.BAD_TEXT: 400,
    Code.EMPTY: 400,
    Code.TOO_LONG: 400,
    Code.UNSUPPORTED: 400,
    Code.TOO_LARGE: 413,
    Code.UNAUTHENTICATED: 401,
    Code.NOT_FOUND: 404,
    Code.CANNOT_SEND: 403,
    Code.REJECTED: 422,
    Code.CONFLICT: 409,
    Code.RATE_LIMITED: 429,
    Code.BUSY: 503,
    Code.ERROR: 500,
}


class CloseCode(IntEnum):
    BAD_FRAMES = 4400
    SESSION_OVER = 4401
    NOT_ALLOWED = 4403
    VERSION = 4406
    SLOW_READER = 4408
    TOO_MANY_SOCKETS = 4409
    FLOODING = 4429
    INTERNAL = 4500
    SHUTTING_DOWN = 4503


RECONNECTING_44XX = frozenset({CloseCode.SLOW_READER, CloseCode.FLOODING})


def may_reconnect(code: int) -> bool:
    """Whether a client closed with ``code`` is meant to come back."""
    return not 4400 <= code <= 4499 or code in RECONNECTING_44XX


class Refusal(Exception):
    """A request that is answered with an error frame instead of a result.

    ``field`` names the offending field, ``retry_after`` is in seconds, ``ref`` is a reference number for the log.
    """

    code: str = Code.ERROR
    _by_code: ClassVar[dict[str, type[Refusal]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        Refusal._by_code.setdefault(cls.code, cls)

    def __new__(cls, *, code: str | None = None, **_: Any) -> Self:
        """``Refusal(code="empty")`` is an ``Empty`` where that class exists, so that a host can catch it by name."""
        kind = Refusal._by_code.get(str(code), cls) if cls is Refusal else cls
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
