"""The page of the statistics in the admin, for staff with the permission to view them."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from ..admin import ReadOnlyAdmin
from .charts import charts, total_days
from .models import DailyFigures

PERIODS: Final = (7, 30, 90)
DEFAULT_PERIOD: Final = 30


@admin.register(DailyFigures)
class DailyFiguresAdmin(ReadOnlyAdmin):
    """In the place of a list of rows: pictures, each with its table."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        days = _period(request.GET.get("days", ""))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Statistics"),
            "media": Media(css={"all": ["pairchat/pairchat-statistics.css"]}),
            "periods": [(each, text, each == days) for each, text in total_days(PERIODS)],
            "charts": charts(days),
            "is_empty": not DailyFigures.objects.exists(),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/pairchat_statistics/dailyfigures/change_list.html", context)


def _period(given: str) -> int:
    return next((each for each in PERIODS if str(each) == given), DEFAULT_PERIOD)
