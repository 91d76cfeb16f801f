"""The close codes of the protocol, and after which of them a client reconnects.

Their meanings stand in the reference of the protocol, their texts in ``realtime/connection/closing.py``.
"""

from __future__ import annotations

from enum import IntEnum


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
    """Return whether a client whose connection was closed with ``code`` should reconnect."""
    return not 4400 <= code <= 4499 or code in RECONNECTING_44XX
