"""The optional app of notifications. Its label is the prefix of the tables' names."""

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class PairchatNotificationsConfig(AppConfig):
    name = "django_pairchat.notifications"
    label = "pairchat_notifications"
    verbose_name = _("Chat notifications")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ..management.figures import add_figure
        from ..signals import past_messages_added
        from ..web.extra_assets import add_extra_assets
        from . import checks, personal_data, requests, subscriptions
        from .candidates import count_as_told, due_count
        from .device_views import device_assets

        checks.register()
        requests.register()
        personal_data.register()
        subscriptions.end_with_session()
        past_messages_added.connect(count_as_told, dispatch_uid="pairchat_notifications.past_messages")
        add_extra_assets(device_assets)
        add_figure("notifications_due", due_count)
        if apps.is_installed("anymail"):
            from .replies import inbound_signal

            inbound_signal.connect()
