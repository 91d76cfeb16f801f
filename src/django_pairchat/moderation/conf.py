"""The settings of the moderation in ``settings.PAIRCHAT_MODERATION``: their names, types and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ..conf import AppSettings
from ..conf import conf as chat_conf

SETTING: Final = "PAIRCHAT_MODERATION"
OTHER: Final = "other"
BY_MAIL: Final = "mail"
BY_MESSAGE: Final = "message"
DEFAULTS: Final[dict[str, Any]] = {
    "CATEGORIES": {
        "spam": _("Spam or advertising"),
        "fraud": _("Fraud or a scam"),
        "harassment": _("Insults or harassment"),
        "illegal": _("Illegal goods or content"),
        OTHER: _("Something else"),
    },
    "NEIGHBOURS": 5,
    "EVIDENCE_DAYS": 180,
    "STATEMENTS": BY_MAIL,
    "ACCOUNT": "",
    "RULES": "",
    "OBJECTIONS": "",
    "MAIL_FROM": "",
    "EVIDENCE_STORAGE": "",
}


class Conf(AppSettings):
    """One property per setting, with the type that the rest of the app relies on."""

    setting = SETTING
    defaults = DEFAULTS

    @property
    def categories(self) -> Mapping[str, Any]:
        """The kinds of reports, as people read them, by name. The last one is that of a report without any."""
        categories: Mapping[str, Any] = self._value("CATEGORIES")
        return categories

    @property
    def neighbours(self) -> int:
        """How many messages before and after a reported one are kept, if its reporter agrees."""
        return int(self._value("NEIGHBOURS"))

    @property
    def evidence_time(self) -> timedelta:
        """How long a case is kept after its decision."""
        return timedelta(days=self._value("EVIDENCE_DAYS"))

    @property
    def statements(self) -> str:
        """``"mail"`` or ``"message"``: how people are told what was decided."""
        return str(self._value("STATEMENTS"))

    @property
    def account(self) -> str:
        """The key of the account that statements come from as messages."""
        return str(self._value("ACCOUNT"))

    @property
    def rules(self) -> str:
        """Where the site's rules are found, as people read it."""
        return str(self._value("RULES"))

    @property
    def objections(self) -> str:
        """How somebody objects to a decision, as people read it."""
        return str(self._value("OBJECTIONS"))

    @property
    def mail_from(self) -> str:
        """The sender of mails, ``DEFAULT_FROM_EMAIL`` if it is not set."""
        return str(self._value("MAIL_FROM") or settings.DEFAULT_FROM_EMAIL)

    @property
    def storage(self) -> str:
        """The alias in ``STORAGES`` under which copies of files are kept, by default that of the attachments."""
        return str(self._value("EVIDENCE_STORAGE") or chat_conf.storage)


conf = Conf()
