"""The memory of the app: pages that people link to, and the messages that wait for one."""

from __future__ import annotations

from django.db import models

from ..protocol.requests import KEY_LIMIT

HASH_LENGTH = 64


class LinkPreview(models.Model):
    """The description of one page, for all messages that link to it."""

    url = models.TextField()
    url_hash = models.CharField(max_length=HASH_LENGTH, unique=True)
    """A digest: the address itself is too long for a unique index on some databases."""
    title = models.CharField(max_length=200, blank=True, default="")
    """Empty if there is nothing to show, or the page could not be had."""
    description = models.CharField(max_length=300, blank=True, default="")
    site = models.CharField(max_length=100, blank=True, default="")
    image = models.BinaryField(null=True, editable=False)
    """Its picture, small and re-encoded as WebP."""
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    fetched_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.url


class PreviewWish(models.Model):
    """A message whose first link may have a preview.

    The room is named by its key, not by a foreign key: the host may own the model, in any of its migrations.
    """

    room_key = models.CharField(max_length=KEY_LIMIT)
    seq = models.PositiveBigIntegerField()
    due_at = models.DateTimeField(db_index=True)
    """When a worker looks at it next. For one that is at it now, the end of its lease."""
    by_sender = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room_key", "seq"], name="pairchat_previews_one_wish")]

    def __str__(self) -> str:
        return f"{self.room_key}/{self.seq}"
