"""Room and Message as they are when a host adds nothing to them."""

from django.db import models

from django_pairchat.base_models import AbstractMessage, AbstractRoom


class Room(AbstractRoom):
    class Meta(AbstractRoom.Meta):
        pass


class Message(AbstractMessage):
    # Its own Room, also in a project whose PAIRCHAT_ROOM_MODEL already names another.
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="messages", db_index=False)

    class Meta(AbstractMessage.Meta):
        pass
