"""The app of the concrete models. Its label is the prefix of the tables' names."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DefaultPairchatConfig(AppConfig):
    name = "django_pairchat.default"
    label = "pairchat"
    verbose_name = _("Conversations")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django_pairchat import checks

        checks.register()
