"""An admin site with the chat's two classes on whatever models the settings name, beside the host's own admin."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import include, path

from django_pairchat import get_message_model, get_room_model
from django_pairchat.admin import MessageAdmin, RoomAdmin
from django_pairchat.held.admin import HeldMessageAdmin
from django_pairchat.held.models import HeldMessage

site = admin.AdminSite(name="desk")
site.register(get_room_model(), RoomAdmin)
site.register(get_message_model(), MessageAdmin)
site.register(get_user_model())
site.register(HeldMessage, HeldMessageAdmin)

rooms_only = admin.AdminSite(name="rooms_only")
rooms_only.register(get_room_model(), RoomAdmin)

urlpatterns = [
    path("desk/", site.urls),
    path("rooms-only/", rooms_only.urls),
    path("chat/", include("django_pairchat.urls")),
]
