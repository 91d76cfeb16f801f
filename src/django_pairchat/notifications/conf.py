"""The settings of the notifications in ``settings.PAIRCHAT_NOTIFICATIONS``: their names, types and defaults."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.conf import settings

from ..conf import AppSettings

SETTING: Final = "PAIRCHAT_NOTIFICATIONS"
DEFAULTS: Final[dict[str, Any]] = {
    "NOTIFIERS": [
        "django_pairchat.notifications.mail.MailNotifier",
        "django_pairchat.notifications.push.PushNotifier",
    ],
    "ON_BY_DEFAULT": ["mail", "push"],
    "SITE_URL": "",
    "MAIL_FROM": "",
    "REPLY_ADDRESS": "",
    "DELAY_SECONDS": 600,
    "REPEAT_SECONDS": 3600,
    "VAPID_PRIVATE_KEY": "",
    "VAPID_SUBJECT": "",
    "PUSH_HOSTS": ["fcm.googleapis.com", "push.services.mozilla.com", "push.apple.com", "notify.windows.com"],
    "PUSH_DELAY_SECONDS": 20,
    "PUSH_REPEAT_SECONDS": 60,
}


class Conf(AppSettings):
    """One property per setting, with the type that the rest of the app relies on."""

    setting = SETTING
    defaults = DEFAULTS

    @property
    def notifiers(self) -> Sequence[str]:
        """The dotted paths of the notifiers, one for each channel."""
        return tuple(self._value("NOTIFIERS"))

    @property
    def on_by_default(self) -> frozenset[str]:
        """The channels that are switched on until a person or the policy decides otherwise."""
        return frozenset(self._value("ON_BY_DEFAULT"))

    @property
    def site_url(self) -> str:
        """The scheme and host of the site, without a slash at the end. Nothing else tells them to a command."""
        return str(self._value("SITE_URL")).rstrip("/")

    @property
    def mail_from(self) -> str:
        """The sender of mails, ``DEFAULT_FROM_EMAIL`` if it is not set."""
        return str(self._value("MAIL_FROM") or settings.DEFAULT_FROM_EMAIL)

    @property
    def reply_address(self) -> str:
        """The address for replies by mail, with ``{token}`` before the @. Empty if replies are off."""
        return str(self._value("REPLY_ADDRESS"))

    @property
    def delay(self) -> timedelta:
        """How long a message waits to be read before a mail is sent."""
        return timedelta(seconds=self._value("DELAY_SECONDS"))

    @property
    def repeat(self) -> timedelta:
        """How long a room rests whose last notification led to no visit."""
        return timedelta(seconds=self._value("REPEAT_SECONDS"))

    @property
    def vapid_private_key(self) -> str:
        """The site's key for push services: 32 bytes in URL-safe Base64. Without it there are no push messages."""
        return str(self._value("VAPID_PRIVATE_KEY"))

    @property
    def vapid_subject(self) -> str:
        """Whom a push service may write to, as a ``mailto:`` or ``https:`` address."""
        return str(self._value("VAPID_SUBJECT"))

    @property
    def push_hosts(self) -> Sequence[str]:
        """The push services to which messages may go: names, each with the names below it, or whole origins."""
        return tuple(self._value("PUSH_HOSTS"))

    @property
    def push_delay(self) -> timedelta:
        """How long a message waits to be read before a push message is sent."""
        return timedelta(seconds=self._value("PUSH_DELAY_SECONDS"))

    @property
    def push_repeat(self) -> timedelta:
        """How long a room rests whose last push message led to no visit."""
        return timedelta(seconds=self._value("PUSH_REPEAT_SECONDS"))


conf = Conf()
