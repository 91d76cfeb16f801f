"""The memory of the app: switches and devices of people, how far each person was told, how far the sweep has come."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ..protocol.requests import KEY_LIMIT

CHANNEL_LENGTH = 32


def person_field(**options: Any) -> Any:
    """Return a foreign key to the user model whose row goes with the account."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("person"), **options
    )


class NotificationSettings(models.Model):
    """The choices of one person. A person without a row has made none."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
        verbose_name=_("person"),
    )
    channels = models.JSONField(_("channels"), default=dict, blank=True)
    """``{"mail": false}``. A channel that is missing is on or off by default."""
    archived = models.BooleanField(_("archived chats too"), default=False)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="")
    language = models.CharField(_("language"), max_length=35, blank=True, default="")

    class Meta:
        verbose_name = _("notification settings")
        verbose_name_plural = _("notification settings")

    def __str__(self) -> str:
        return str(self.user_id)


class RoomNotice(models.Model):
    """How far one person was told about one room on one channel.

    The room is named by its key, not by a foreign key: the host may own the model, in any of its migrations.
    """

    user = person_field(db_index=True)
    room_key = models.CharField(_("room"), max_length=KEY_LIMIT)
    channel = models.CharField(_("channel"), max_length=CHANNEL_LENGTH)
    notified_seq = models.PositiveBigIntegerField(_("told up to"), default=0)
    """The person was told, or it was decided not to tell them, about messages up to this ``seq``."""
    due_at = models.DateTimeField(_("due"), null=True)
    """When the next sweep looks at it, ``None`` while there is nothing to tell."""
    told_at = models.DateTimeField(_("last told"), null=True)
    attempts = models.PositiveSmallIntegerField(_("failed attempts"), default=0)
    claim = models.UUIDField(null=True)
    """The sweep that is at it now. ``due_at`` is then the end of its lease."""
    sending_seq = models.PositiveBigIntegerField(default=0)
    """Up to which ``seq`` the person is being told, set right before sending. What ends without changing it leaves open
    whether the person was told."""
    doubts = models.PositiveSmallIntegerField(default=0)
    """How many attempts ended so."""

    class Meta:
        verbose_name = _("notification state")
        verbose_name_plural = _("notification states")
        constraints = [
            models.UniqueConstraint(fields=["room_key", "user", "channel"], name="pairchat_notifications_one_notice")
        ]
        indexes = [models.Index(fields=["channel", "due_at"], name="pairchat_notice_due")]

    def __str__(self) -> str:
        return f"{self.room_key}/{self.user_id}/{self.channel}"


class SweepProgress(models.Model):
    """How far the sweep of one channel has looked for new messages."""

    channel = models.CharField(_("channel"), max_length=CHANNEL_LENGTH, primary_key=True)
    since = models.DateTimeField()
    """The time of the first sweep. Nobody is told about rooms that were silent since then."""
    seen_until = models.DateTimeField()
    wide_at = models.DateTimeField()
    """When it last looked further back than usual."""
    complete_at = models.DateTimeField()
    """When all rooms were last looked at, not only those with recent messages."""

    class Meta:
        verbose_name = _("progress of the sweep")
        verbose_name_plural = _("progress of the sweeps")

    def __str__(self) -> str:
        return self.channel


class PushSubscription(models.Model):
    """One browser of one person that takes push messages: where to send them, and the keys to encrypt them with."""

    user = person_field(db_index=True)
    endpoint = models.TextField(_("address of the push service"))
    endpoint_hash = models.CharField(max_length=64, unique=True)
    """A digest: the address itself is too long for a unique index on some databases. Each browser has one."""
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=40)
    vapid_key = models.CharField(max_length=100)
    """The site's public key with which the browser subscribed. The push service takes messages of no other key."""
    device = models.CharField(max_length=32, blank=True, default="", db_index=True)
    """The mark in the session that made it, so that the end of that session ends it."""
    sign_in = models.CharField(max_length=64, blank=True, default="")
    """A digest of what a new password changes: subscriptions of before it are not used any more."""
    label = models.CharField(_("device"), max_length=80, blank=True, default="")
    stopped = models.BooleanField(default=False)
    """The person has removed it. A visit does not bring it back, only a click on the device."""
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    seen_at = models.DateTimeField(_("last seen"))
    wait_until = models.DateTimeField(_("waits until"), null=True)
    """When the push service allows the next message to it."""
    delivered = models.JSONField(default=dict)
    """``{room: seq}`` of what it took while another device of the person did not, so that it is not told twice."""

    class Meta:
        verbose_name = _("push subscription")
        verbose_name_plural = _("push subscriptions")

    def __str__(self) -> str:
        return f"{self.user_id}/{self.label or self.pk}"
