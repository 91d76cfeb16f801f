"""Times that a client names, as the database holds them."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from ..exceptions import BadRequest


def stored_moment(moment: datetime, field: str) -> datetime:
    """Convert to the local time, which is the only kind that a database with ``USE_TZ = False`` accepts.

    Raises ``BadRequest`` for ``field`` if that is beyond the calendar.
    """
    if settings.USE_TZ or timezone.is_naive(moment):
        return moment
    try:
        return timezone.make_naive(moment, timezone.get_default_timezone())
    except OverflowError:
        raise BadRequest(field=field) from None
