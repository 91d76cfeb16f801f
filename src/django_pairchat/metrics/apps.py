"""The optional app of metrics. It has no tables."""

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _


class PairchatMetricsConfig(AppConfig):
    name = "django_pairchat.metrics"
    label = "pairchat_metrics"
    verbose_name = _("Chat metrics")

    def ready(self) -> None:
        try:
            from .prometheus import process_instrument
        except ImportError as error:
            raise ImproperlyConfigured(
                'django_pairchat.metrics needs prometheus-client: pip install "django-pairchat[metrics]".'
            ) from error
        from ..utils.instruments import add_instrument
        from . import checks

        add_instrument(process_instrument())
        checks.register()
