"""The messages that wait for a decision. They are no part of their room until then."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..base_models import KIND_LENGTH, TEXT_KIND
from ..protocol.requests import KEY_LIMIT


class HeldMessage(models.Model):
    """A message that was sent and held. It has no place in its room: no ``seq``, no ``rev``.

    The room is named by its key, not by a foreign key: the host may own the model, in any of its migrations.
    """

    room_key = models.CharField(_("room"), max_length=KEY_LIMIT)
    sender: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False, verbose_name=_("sender")
    )
    client_id = models.UUIDField(editable=False)
    kind = models.CharField(_("kind"), max_length=KIND_LENGTH, default=TEXT_KIND)
    content = models.TextField(_("text"), blank=True, default="")
    data = models.JSONField(_("data"), null=True, blank=True)
    reply_to = models.PositiveBigIntegerField(_("in reply to"), null=True, blank=True)
    attachment = models.CharField(_("attachment"), max_length=200, blank=True, default="")
    """The name of its file in the storage."""
    fields = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder, editable=False)
    """Further columns of the message."""
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    """The policy's, for those who decide."""
    created_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    refused_at = models.DateTimeField(_("refused"), null=True, blank=True, editable=False)
    refusal = models.CharField(_("told to the sender"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("held message")
        verbose_name_plural = _("held messages")
        constraints = [
            models.UniqueConstraint(fields=["sender", "room_key", "client_id"], name="pairchat_held_client_id")
        ]
        indexes = [
            models.Index(fields=["refused_at", "created_at"], name="pairchat_held_queue"),
            models.Index(fields=["room_key"], name="pairchat_held_room"),
        ]

    def __str__(self) -> str:
        return f"{self.room_key}/{self.client_id}"

    @property
    def is_refused(self) -> bool:
        return self.refused_at is not None
