"""A post on the board."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Post(models.Model):
    """Something lost or found, and where."""

    class Kind(models.TextChoices):
        """The two halves of the board."""

        LOST = "lost", pgettext_lazy("kind of post", "Lost")
        FOUND = "found", pgettext_lazy("kind of post", "Found")

    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="posts")
    kind = models.CharField(_("kind"), max_length=5, choices=Kind)
    title = models.CharField(_("title"), max_length=100)
    place = models.CharField(
        _("place"), max_length=100, help_text=_("A station, a street, a café: as closely as you know it.")
    )
    body = models.TextField(_("description"), max_length=4000)
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = _("post")
        verbose_name_plural = _("posts")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The post's own page."""
        return reverse("posts:detail", args=[self.pk])
