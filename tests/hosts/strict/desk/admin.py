from django.contrib import admin
from unfold.admin import ModelAdmin

from django_pairchat.admin import MessageAdmin, RoomAdmin
from django_pairchat.default.models import Message, Room
from django_pairchat.moderation.admin import CaseAdmin
from django_pairchat.moderation.models import Case

admin.site.unregister([Room, Message, Case])


@admin.register(Room)
class UnfoldRoomAdmin(RoomAdmin, ModelAdmin):
    pass


@admin.register(Message)
class UnfoldMessageAdmin(MessageAdmin, ModelAdmin):
    pass


@admin.register(Case)
class UnfoldCaseAdmin(CaseAdmin, ModelAdmin):
    pass
