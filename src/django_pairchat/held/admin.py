"""The queue of held messages in the admin: to read, to release and to refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .. import services
from ..admin import ReadOnlyAdmin
from ..exceptions import ChatError, NotFound, error_text
from .models import HeldMessage


@admin.register(HeldMessage)
class HeldMessageAdmin(ReadOnlyAdmin):
    """The messages that wait, the oldest first. A person who may change held messages may release and refuse them."""

    list_display = ("created_at", "sender", "room_key", "content", "reason", "refused_at")
    list_filter = (("refused_at", admin.EmptyFieldListFilter), "reason")
    list_select_related = ("sender",)
    search_fields = ("content", "=room_key")
    # Databases differ in where they put those without a time.
    ordering = (F("refused_at").asc(nulls_first=True), "created_at")
    hidden_fields = ("fields",)
    actions = ("release", "refuse")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("pairchat_held.change_heldmessage"))

    @admin.action(description=_("Release selected messages"), permissions=["decide"])
    def release(self, request: HttpRequest, queryset: QuerySet[HeldMessage]) -> None:
        done = self._each(request, queryset, services.release_held)
        text = ngettext("%(count)d message was released.", "%(count)d messages were released.", done)
        self.message_user(request, text % {"count": done}, messages.SUCCESS)

    @admin.action(description=_("Refuse selected messages"), permissions=["decide"])
    def refuse(self, request: HttpRequest, queryset: QuerySet[HeldMessage]) -> None:
        done = self._each(request, queryset, services.refuse_held)
        text = ngettext("%(count)d message was refused.", "%(count)d messages were refused.", done)
        self.message_user(request, text % {"count": done}, messages.SUCCESS)

    def _each(self, request: HttpRequest, queryset: QuerySet[HeldMessage], decide: Callable[[HeldMessage], Any]) -> int:
        """Decide about each that waits, the oldest first, and return how many that were."""
        done = 0
        for held in queryset.filter(refused_at=None).select_related("sender").order_by("pk"):
            try:
                decide(held)
            except NotFound:
                # Somebody else has decided meanwhile, or the room is gone.
                continue
            except ChatError as error:
                self.message_user(request, f"{held}: {error_text(error)}", messages.ERROR)
            else:
                done += 1
        return done
