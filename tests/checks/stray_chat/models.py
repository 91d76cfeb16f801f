"""A room that is nobody's, and messages that say themselves which rooms they belong to."""

from __future__ import annotations

from django.db import models

from django_pairchat.base_models import AbstractMessage, AbstractRoom


class Room(AbstractRoom):
    class Meta(AbstractRoom.Meta):
        pass


class Message(AbstractMessage):
    room = models.ForeignKey("own_chat.Room", on_delete=models.CASCADE, related_name="strays", db_index=False)

    class Meta(AbstractMessage.Meta):
        pass
