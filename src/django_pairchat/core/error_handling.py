"""Convert exceptions to error answers, and log unexpected ones."""

from __future__ import annotations

import logging
import secrets
from typing import Final

from ..protocol.errors import Busy, ChatError
from ..utils.db_connections import DATABASE_UNAVAILABLE

logger = logging.getLogger("django_pairchat")

RETRY_BUSY_SECONDS: Final = 1


def to_chat_error(error: Exception) -> ChatError:
    """Return the error to answer with: the error itself, ``busy`` if the database is unavailable, else ``error``.

    Unexpected errors are logged with a reference number and without the request's content.
    """
    if isinstance(error, ChatError):
        return error
    if isinstance(error, DATABASE_UNAVAILABLE):
        logger.warning("Answered busy: the database could not be used (%s).", type(error).__name__)
        return Busy(retry_after=RETRY_BUSY_SECONDS)
    ref = secrets.token_hex(6)
    logger.error("Unforeseen error, reference %s", ref, exc_info=error)
    return ChatError(ref=ref)
