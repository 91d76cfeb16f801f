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
from ..querysets import parse_key


def cursor_of(moment: datetime, key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps([moment.isoformat(), str(key)]).encode()).decode().rstrip("=")


def beyond(cursor: str, model: type[Model], field: str) -> Q:
    """The condition for what comes after ``cursor`` in a list by ``-field, -pk``. Raises ``BadRequest``."""
    try:
        moment_text, key_text = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.fromisoformat(moment_text)
        key = parse_key(model, key_text, "before")
        if (moment.tzinfo is not None) != settings.USE_TZ:
            raise ValueError("A cursor's time is of the kind that the database holds.")
        if settings.USE_TZ:
            moment = moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, ValidationError, ChatError):
        raise BadRequest(field="before") from None
    return Q(**{f"{field}__lt": moment}) | Q(**{field: moment, "pk__lt": key})
