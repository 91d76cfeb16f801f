from django.contrib import admin
from unfold.admin import ModelAdmin

from django_pairchat.admin import MessageAdmin, RoomAdmin
from django_pairchat.default.models import Message, Room

admin.site.unregister([Room, Message])


@admin.register(Room)
class UnfoldRoomAdmin(RoomAdmin, ModelAdmin):
    pass


@admin.register(Message)
class UnfoldMessageAdmin(MessageAdmin, ModelAdmin):
    pass
