"""The concrete models in the admin."""

from django.contrib import admin

from django_pairchat.admin import MessageAdmin, RoomAdmin

from .models import Message, Room

admin.site.register(Room, RoomAdmin)
admin.site.register(Message, MessageAdmin)
