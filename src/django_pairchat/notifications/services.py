"""Functions for the host's code: the sweep, replies by mail, and the settings of a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any

from django.conf import settings as django_settings
from django.db import transaction
from django.db.models import F

from ..core.access import database
from ..core.transactions import retry_on_conflict
from ..utils.time_zones import find_zone
from .models import NotificationSettings
from .notifiers import get_notifiers
from .people import Person
from .replies.receiving import ReplyResult, receive_reply
from .sweep import SweepResult, sweep

__all__ = [
    "ReplyResult",
    "SweepResult",
    "change_notification_settings",
    "notification_settings",
    "receive_reply",
    "sweep",
]

UNCHANGED: Any = object()


class InvalidSettingError(ValueError):
    """A value that a setting cannot have. ``field`` is the setting."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def notification_settings(user: Any) -> Person:
    """Return the person's settings: ``wants(channel)``, ``language``, ``time_zone``, and ``settings``, the row."""
    found = NotificationSettings.objects.using(database()).filter(user=user.pk).first()
    return Person(user, found or NotificationSettings(user=user))


@retry_on_conflict
def change_notification_settings(
    user: Any,
    *,
    channels: Mapping[str, bool] = UNCHANGED,
    archived: bool = UNCHANGED,
    quiet: tuple[time, time] | None = UNCHANGED,
    time_zone: str = UNCHANGED,
    language: str = UNCHANGED,
) -> NotificationSettings:
    """Change what is given, and return the row.

    ``channels`` switches some channels on or off and keeps the others. ``quiet`` are the first and the last moment of
    the quiet hours, ``None`` for no such hours. ``""`` is the site's time zone or language. Raises ``ValueError`` for a
    channel, a zone or a language that does not exist.
    """
    changes = _valid_changes(channels, archived, quiet, time_zone, language)
    rows = NotificationSettings.objects.using(database())
    rows.get_or_create(user=user)
    with transaction.atomic(using=database()):
        # A write comes first: it waits for its turn on every database, and nobody's switch is overwritten.
        rows.filter(user=user).update(archived=F("archived"))
        row = rows.select_for_update().get(user=user)
        if channels is not UNCHANGED:
            changes["channels"] = {**row.channels, **channels}
        for name, value in changes.items():
            setattr(row, name, value)
        row.save(using=database())
    return row


def _valid_changes(channels: Any, archived: Any, quiet: Any, time_zone: Any, language: Any) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if channels is not UNCHANGED:
        unknown = set(channels) - {notifier.channel for notifier in get_notifiers()}
        if unknown:
            raise InvalidSettingError("channels", f"There is no channel {', '.join(sorted(unknown))}.")
    if archived is not UNCHANGED:
        changes["archived"] = bool(archived)
    if quiet is not UNCHANGED:
        changes["quiet_from"], changes["quiet_until"] = quiet or (None, None)
    if time_zone is not UNCHANGED:
        if time_zone and find_zone(time_zone) is None:
            raise InvalidSettingError("time_zone", f"There is no time zone {time_zone!r}.")
        changes["time_zone"] = time_zone
    if language is not UNCHANGED:
        if language and language not in dict(django_settings.LANGUAGES):
            raise InvalidSettingError("language", f"{language!r} is not in LANGUAGES.")
        changes["language"] = language
    return changes
