"""The figures of each day. Nothing in them tells about a person."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

CODE_LENGTH = 32


class DailyFigures(models.Model):
    """The figures of one day of the site's time zone."""

    day = models.DateField(_("day"), primary_key=True)
    messages = models.PositiveBigIntegerField(_("messages"), default=0)
    new_chats = models.PositiveIntegerField(_("new chats"), default=0)
    """Chats with their first message on that day."""
    first_answers = models.PositiveIntegerField(_("first answers"), default=0)
    """Chats in which the other person wrote for the first time."""
    answer_seconds = models.PositiveBigIntegerField(_("seconds to the first answer"), null=True)
    """The median of those first answers."""
    topics = models.JSONField(_("busiest topics"), default=list)
    """``[{"type": "shop.listing", "key": "7", "title": "…", "messages": 12, "chats": 3}]``, the busiest first."""
    more = models.JSONField(_("more figures"), default=dict)
    """Figures that other apps add, by their names."""
    made_at = models.DateTimeField(_("counted"), auto_now=True)

    class Meta:
        verbose_name = _("figures of a day")
        verbose_name_plural = _("statistics")

    def __str__(self) -> str:
        return str(self.day)


class RefusalCount(models.Model):
    """How many requests were refused with one code on one day."""

    day = models.DateField(_("day"))
    code = models.CharField(_("code"), max_length=CODE_LENGTH)
    count = models.PositiveBigIntegerField(_("refusals"), default=0)

    class Meta:
        verbose_name = _("refusals of a day")
        verbose_name_plural = _("refusals")
        constraints = [models.UniqueConstraint(fields=["day", "code"], name="pairchat_statistics_one_count")]

    def __str__(self) -> str:
        return f"{self.day}/{self.code}"
