"""The optional app of moderation. Its label is the prefix of the tables' names."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PairchatModerationConfig(AppConfig):
    name = "django_pairchat.moderation"
    label = "pairchat_moderation"
    verbose_name = _("Chat moderation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ..core.reports import add_report_keeper
        from ..core.restrictions import add_restrictions
        from ..forms import offer_form
        from ..protocol.extensions import add_feature
        from . import checks, personal_data
        from .forms import ModeratedReportForm
        from .reporting import keep
        from .suspensions import suspended_people

        checks.register()
        personal_data.register()
        add_feature("moderation", {})
        add_report_keeper(keep)
        add_restrictions(suspended_people)
        offer_form(ModeratedReportForm)
