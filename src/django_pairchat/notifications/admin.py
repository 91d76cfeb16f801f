"""The settings and the state of notifications in the admin, to read."""

from django.contrib import admin

from ..admin import ReadOnlyAdmin
from .models import NotificationSettings, PushSubscription, RoomNotice, SweepProgress


@admin.register(NotificationSettings)
class NotificationSettingsAdmin(ReadOnlyAdmin):
    list_display = ("user", "channels", "archived", "quiet_from", "quiet_until", "time_zone", "language")
    list_select_related = ("user",)


@admin.register(RoomNotice)
class RoomNoticeAdmin(ReadOnlyAdmin):
    list_display = ("user", "room_key", "channel", "notified_seq", "due_at", "told_at", "attempts")
    list_filter = ("channel", ("due_at", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("=room_key",)
    ordering = ("-pk",)


@admin.register(SweepProgress)
class SweepProgressAdmin(ReadOnlyAdmin):
    list_display = ("channel", "since", "seen_until", "wide_at", "complete_at")


@admin.register(PushSubscription)
class PushSubscriptionAdmin(ReadOnlyAdmin):
    list_display = ("user", "label", "created_at", "seen_at", "wait_until")
    list_select_related = ("user",)
    # Who knows them can send to the device.
    hidden_fields = ("endpoint", "p256dh", "auth")
