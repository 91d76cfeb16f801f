"""A post on the board."""

from django.conf import settings
from django.db import models
from django.templatetags.static import static
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

    class Thing(models.TextChoices):
        """What it is; each has a drawing in `static/board/things`."""

        KEYS = "keys", pgettext_lazy("thing", "Keys")
        WALLET = "wallet", pgettext_lazy("thing", "Wallet or card")
        BAG = "bag", pgettext_lazy("thing", "Bag")
        DEVICE = "device", pgettext_lazy("thing", "Phone or device")
        CLOTHES = "clothes", pgettext_lazy("thing", "Clothes")
        UMBRELLA = "umbrella", pgettext_lazy("thing", "Umbrella")
        PET = "pet", pgettext_lazy("thing", "Pet")

    class Status(models.TextChoices):
        """How far it is on its way back."""

        OPEN = "open", pgettext_lazy("status of a post", "Open")
        RESERVED = "reserved", pgettext_lazy("status of a post", "Reserved")
        RETURNED = "returned", pgettext_lazy("status of a post", "Returned")

    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="posts")
    kind = models.CharField(_("kind"), max_length=5, choices=Kind)
    thing = models.CharField(_("what it is"), max_length=10, choices=Thing, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN, editable=False)
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

    @property
    def picture(self) -> str | None:
        """The address of its drawing."""
        return static(f"board/things/{self.thing}.svg") if self.thing else None

    @property
    def standing(self) -> tuple[str, str]:
        """Where it stands: lost or found, until somebody is to have it or has it back."""
        if self.status == self.Status.OPEN:
            return self.kind, self.get_kind_display()
        return self.status, self.get_status_display()
