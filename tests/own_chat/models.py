"""Rooms that know a price, messages that know a mood, stars that people give to messages, and bookmarks."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from django_pairchat.base_models import (
    AbstractMessage,
    AbstractPreferences,
    AbstractQuickReply,
    AbstractRoom,
    AbstractStar,
)


class Room(AbstractRoom):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    price = models.PositiveIntegerField(null=True, blank=True)
    # A host may call its columns whatever it likes.
    version = models.PositiveIntegerField(default=1)

    class Meta(AbstractRoom.Meta):
        pass


class Message(AbstractMessage):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mood = models.CharField(max_length=20, blank=True, default="")

    class Meta(AbstractMessage.Meta):
        pass


class Star(models.Model):
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="stars")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.user} likes {self.message}"


class Bookmark(AbstractStar):
    """What the chat calls a star. A host may have stars of another kind."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    note = models.CharField(max_length=100, blank=True, default="")

    class Meta(AbstractStar.Meta):
        pass


class Wishes(AbstractPreferences):
    """What people let others see. A host may call it whatever it likes."""

    note = models.CharField(max_length=100, blank=True, default="")

    class Meta(AbstractPreferences.Meta):
        pass


class Phrase(AbstractQuickReply):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta(AbstractQuickReply.Meta):
        pass
