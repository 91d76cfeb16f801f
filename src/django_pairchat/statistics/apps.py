"""The optional app of statistics. Its label is the prefix of the tables' names."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PairchatStatisticsConfig(AppConfig):
    name = "django_pairchat.statistics"
    label = "pairchat_statistics"
    verbose_name = _("Chat statistics")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ..utils.instruments import add_instrument
        from . import refusals, reports

        reports.register()
        add_instrument(refusals.refusal_counter)
        refusals.store_at_exit()
