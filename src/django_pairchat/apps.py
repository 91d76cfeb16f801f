"""The core app: no tables, no migrations."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PairchatConfig(AppConfig):
    name = "django_pairchat"
    label = "django_pairchat"
    verbose_name = _("One-to-one chat")

    def ready(self) -> None:
        from . import checks
        from .core import abandoned_rooms
        from .realtime import process

        checks.register()
        process.connect()
        abandoned_rooms.connect()
