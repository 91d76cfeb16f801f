"""The app's configuration."""

import importlib

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PostsConfig(AppConfig):
    """The board."""

    name = "posts"
    verbose_name = _("Board")

    def ready(self) -> None:
        """Connect the receivers."""
        importlib.import_module("posts.chat")
