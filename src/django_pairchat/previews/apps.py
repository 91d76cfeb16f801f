"""The optional app of link previews. Its label is the prefix of the tables' names."""

from django.apps import AppConfig


class PairchatPreviewsConfig(AppConfig):
    name = "django_pairchat.previews"
    label = "pairchat_previews"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import wishes

        wishes.connect()
