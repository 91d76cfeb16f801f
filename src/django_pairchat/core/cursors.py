"""Opaque cursors: a place in a list ordered by time and key."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Model, Q

from ..exceptions import BadRequest, ChatError
from ..protocol import requests
from ..querysets import parse_key


def cursor_of(moment: datetime, key: Any) -> str:
    return _encode([moment.isoformat(), str(key)])


def cursor_of_seq(seq: int) -> str:
    """Return the cursor of a position in one room."""
    return _encode(seq)


def _encode(position: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def _decode(cursor: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))


def seq_of(cursor: str) -> int:
    """Return the ``seq`` in a cursor. Raises ``BadRequest`` for a cursor that :func:`cursor_of_seq` did not make."""
    try:
        seq: int = requests.seq(_decode(cursor), "before")
    except (ValueError, TypeError, ChatError):
        raise BadRequest(field="before") from None
    return seq


def beyond(cursor: str, model: type[Model], field: str) -> Q:
    """Return the condition for rows after ``cursor`` in a list by ``-field, -pk``. Raises ``BadRequest``."""
    try:
        moment_text, key_text = _decode(cursor)
        moment = datetime.fromisoformat(moment_text)
        key = parse_key(model, key_text, "before")
        if (moment.tzinfo is not None) != settings.USE_TZ:
            raise ValueError("The cursor's time is not of the kind (naive or aware) that the database holds.")
        if settings.USE_TZ:
            moment = moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, ValidationError, ChatError):
        raise BadRequest(field="before") from None
    # The bound in common is what an index is entered by.
    return Q(**{f"{field}__lte": moment}) & (Q(**{f"{field}__lt": moment}) | Q(pk__lt=key))
