"""The app of the test project's own chat tables."""

from django.apps import AppConfig


class OwnChatConfig(AppConfig):
    name = "tests.own_chat"
    label = "own_chat"
    default_auto_field = "django.db.models.BigAutoField"
