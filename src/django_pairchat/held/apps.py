"""The optional app of held messages. Its label is the prefix of the table's name."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PairchatHeldConfig(AppConfig):
    name = "django_pairchat.held"
    label = "pairchat_held"
    verbose_name = _("Held messages")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import clean_up, personal_data

        clean_up.connect()
        personal_data.register()
