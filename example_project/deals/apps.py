"""The app's configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DealsConfig(AppConfig):
    """Offers and meetings."""

    name = "deals"
    verbose_name = _("Deals")

    def ready(self) -> None:
        """Hear of posts and cards that are deleted."""
        from deals import receivers  # noqa: F401 - connects them
