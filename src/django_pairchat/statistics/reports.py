"""Reports per day, if the app of moderation is there to keep them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from ..core.access import database
from .added import add_daily_figure

APP: Final = "django_pairchat.moderation"
LABEL: Final = "pairchat_moderation"


def register() -> None:
    if apps.is_installed(APP):
        add_daily_figure("reports", _("Reports"), reports_between)


def reports_between(start: datetime, end: datetime) -> int:
    """Return the number of reports that were made from one moment to the other."""
    model: Any = apps.get_model(LABEL, "Report")
    reports = model._default_manager.using(database()).filter(created_at__gte=start, created_at__lt=end)
    return int(reports.count())
