"""The end of a connection: ``bye`` and the close code."""

from __future__ import annotations

from typing import Final

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from ...core.error_handling import RETRY_BUSY_SECONDS, to_chat_error
from ...protocol import frames
from ...protocol.close_codes import CloseCode

NORMAL_CLOSURE: Final = 1000
REASON_BYTES: Final = 123

REASONS: Final = {
    CloseCode.BAD_FRAMES: _("Too many invalid requests."),
    CloseCode.SESSION_OVER: _("Sign in to continue."),
    CloseCode.VERSION: _("This page does not match the server's version. Reload the page."),
    CloseCode.TOO_MANY_SOCKETS: _("Chat is open in too many places. This page is paused until you come back to it."),
    CloseCode.SLOW_READER: _("The connection is too slow."),
    CloseCode.INTERNAL: _("Something went wrong. Try again."),
    CloseCode.SHUTTING_DOWN: _("The server is restarting."),
}


class Closing(Exception):
    """Raised to end the connection with ``bye`` and this close code."""

    def __init__(self, code: int, retry_after: float | None = None, reason: str = "") -> None:
        self.code = int(code)
        self.retry_after = retry_after
        self.reason = reason
        super().__init__(self.code)

    def bye(self, language: str) -> str:
        """Return the ``bye`` frame, with a text in this language."""
        with translation.override(language):
            known = {int(code): reason for code, reason in REASONS.items()}.get(self.code, "")
            return frames.bye(self.code, self.reason or str(known), self.retry_after)


def closing_for(error: Exception) -> Closing:
    """Return how to close a connection that has failed. The details are in the log."""
    return Closing(CloseCode.INTERNAL, to_chat_error(error).retry_after or RETRY_BUSY_SECONDS)


def require_close_code(code: int) -> int:
    """Return the code, if RFC 6455 lets an application send it. Raises ``ValueError``."""
    if 3000 <= code <= 4999 or 1000 <= code <= 1003 or 1007 <= code <= 1014:
        return code
    raise ValueError(f"{code} is not a close code that can be sent: use 1000, 4000 to 4399, or 4450 to 4499.")


def require_close_reason(reason: str) -> str:
    """Return the reason, if it fits into a close frame. Raises ``ValueError``."""
    if len(reason.encode()) > REASON_BYTES:
        raise ValueError(f"The reason of a close has at most {REASON_BYTES} bytes in UTF-8.")
    return reason
