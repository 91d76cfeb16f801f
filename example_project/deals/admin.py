"""Offers and meetings in the admin."""

from django.contrib import admin

from deals.models import Meeting, Offer


@admin.register(Offer)
class OfferAdmin(admin.ModelAdmin):
    """Offers, newest first."""

    list_display = ("price", "state", "post", "maker", "created_at", "expires_at")
    list_filter = ("state",)
    list_select_related = ("post", "maker")
    ordering = ("-created_at",)
    raw_id_fields = ("room", "card", "post", "maker")


@admin.register(Meeting)
class MeetingAdmin(admin.ModelAdmin):
    """Meetings, the next one first."""

    list_display = ("at", "place", "state", "post", "maker")
    list_filter = ("state",)
    list_select_related = ("post", "maker")
    ordering = ("at",)
    raw_id_fields = ("room", "card", "post", "maker")
