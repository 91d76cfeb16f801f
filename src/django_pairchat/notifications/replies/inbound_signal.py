"""Replies that come by a provider's webhook, through the signal ``inbound`` of django-anymail, which is optional."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from ..conf import conf
from .receiving import receive_reply

RECEIVER: Final = "django_pairchat.notifications.replies"


def connect() -> None:
    """Connect the receiver. Only a site that has installed anymail calls this."""
    import_module("anymail.signals").inbound.connect(receive_inbound, dispatch_uid=RECEIVER)


def receive_inbound(sender: Any, event: Any, esp_name: str, **kwargs: Any) -> None:
    """Take one mail. Whatever is raised makes the provider send it again later."""
    if not conf.reply_address:
        return
    message = event.message
    receive_reply(message, sender=message.envelope_sender, recipient=message.envelope_recipient)
