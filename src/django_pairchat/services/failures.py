"""What a person is told when something breaks, and what the log keeps of it."""

from __future__ import annotations

import logging
import secrets
from typing import Final

from django.db import InterfaceError, OperationalError

from ..exceptions import Busy, ChatError

logger = logging.getLogger("django_pairchat")

RETRY_BUSY_SECONDS: Final = 1
DatabaseIsAway: Final = (OperationalError, InterfaceError)


def refusal_for(error: Exception) -> ChatError:
    """The refusal to answer with: itself, ``busy`` for a database that cannot be used now, else ``error``.

    Unforeseen errors are logged with a reference number and without the request's content.
    """
    if isinstance(error, ChatError):
        return error
    if isinstance(error, DatabaseIsAway):
        logger.warning("Answered busy: the database could not be used (%s).", type(error).__name__)
        return Busy(retry_after=RETRY_BUSY_SECONDS)
    ref = secrets.token_hex(6)
    logger.error("Unforeseen error, reference %s", ref, exc_info=error)
    return ChatError(ref=ref)
