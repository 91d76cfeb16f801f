"""Room, Message, Star, Preferences and QuickReply for hosts that add no fields to them."""

from django.db import models

from django_pairchat.base_models import (
    AbstractMessage,
    AbstractPreferences,
    AbstractQuickReply,
    AbstractRoom,
    AbstractStar,
)


class Room(AbstractRoom):
    class Meta(AbstractRoom.Meta):
        pass


class Message(AbstractMessage):
    # Always this Room, also in a project whose PAIRCHAT_ROOM_MODEL names another model.
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="messages", db_index=False)

    class Meta(AbstractMessage.Meta):
        pass


class Star(AbstractStar):
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+")

    class Meta(AbstractStar.Meta):
        pass


class Preferences(AbstractPreferences):
    class Meta(AbstractPreferences.Meta):
        pass


class QuickReply(AbstractQuickReply):
    class Meta(AbstractQuickReply.Meta):
        pass
