"""Read-only admin for rooms and messages.

A host registers its own models with ``RoomAdmin`` and ``MessageAdmin``. ``django_pairchat.default`` registers its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import CharField, QuerySet, TextField
from django.db.models.functions import Length
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .base_models import AbstractMessage, AbstractRoom
from .services.retention import set_legal_hold

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

READ_PERMISSION: Final = "read_message_content"
HOLD_PERMISSION: Final = "hold_conversation"
EXCERPT_LENGTH: Final = 100


class ReadOnlyAdmin(ModelAdmin):
    """Shows every column of the model, including those that a host added. Rows cannot be added or changed."""

    show_full_result_count = False
    hidden_fields: Sequence[str] = ()
    """Columns that are never shown."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [field.name for field in self.opts.fields if field.name not in self.hidden_fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)


class RoomAdmin(ReadOnlyAdmin):
    """Rooms with their two people and their topic.

    With the permissions to delete rooms and messages, a room can be deleted together with its messages. With the
    permission ``hold_conversation``, rooms can be put on legal hold and released; one on hold cannot be deleted.
    """

    list_display = ("__str__", "user1", "user2", "message_list", "last_message_at", "is_blocked")
    list_filter = ("last_message_at", "legal_hold")
    list_select_related = ("user1", "user2")
    ordering = ("-last_message_at",)
    actions = ("put_on_legal_hold", "release_from_legal_hold")
    hidden_fields = (
        "pair_key",
        "topic_details",
        "user1_read_shown",
        "user1_has_unread",
        "user2_read_shown",
        "user2_has_unread",
    )

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return [*self.search_fields] or ["topic_title", *_names_of_people()]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*super().get_fields(request, obj), "message_list"]

    def has_hold_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"{self.opts.app_label}.{HOLD_PERMISSION}"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not getattr(obj, "legal_hold", False) and super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        return super().get_deleted_objects([room for room in objs if not room.legal_hold], request)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        held = queryset.filter(legal_hold=True).count()
        super().delete_queryset(request, queryset.filter(legal_hold=False))
        if held:
            text = ngettext(
                "%(count)d conversation on legal hold was left.",
                "%(count)d conversations on legal hold were left.",
                held,
            )
            self.message_user(request, text % {"count": held}, messages.WARNING)

    @admin.action(description=_("Put on legal hold"), permissions=["hold"])
    def put_on_legal_hold(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._set_legal_hold(request, queryset, True)

    @admin.action(description=_("Release from legal hold"), permissions=["hold"])
    def release_from_legal_hold(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._set_legal_hold(request, queryset, False)

    def _set_legal_hold(self, request: HttpRequest, queryset: QuerySet[Any], on: bool) -> None:
        changed = 0
        for room in queryset.exclude(legal_hold=on):
            set_legal_hold(room, on)
            self.log_change(request, room, [{"changed": {"fields": ["legal_hold"]}}])
            changed += 1
        text = ngettext("%(count)d conversation was changed.", "%(count)d conversations were changed.", changed)
        self.message_user(request, text % {"count": changed}, messages.SUCCESS)

    @admin.display(description=_("messages"), ordering="head")
    def message_list(self, room: AbstractRoom) -> str:
        model: Any = self.opts.get_field("messages").related_model
        if not self.admin_site.is_registered(model):
            return str(room.head)
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        url = reverse(name, current_app=self.admin_site.name)
        return format_html('<a href="{}?room__exact={}">{}</a>', url, room.pk, room.head)

    @admin.display(description=_("blocked"), boolean=True)
    def is_blocked(self, room: AbstractRoom) -> bool:
        return room.is_blocked


class MessageAdmin(ReadOnlyAdmin):
    """Messages with their sender, time and length. Their content needs the permission ``read_message_content``.

    A single message cannot be deleted here: it would leave a gap in the sequence numbers that clients rely on.
    """

    list_display = ("__str__", "room", "sender", "kind", "content_length", "excerpt", "created_at", "deleted_at")
    list_filter = ("created_at", ("deleted_at", admin.EmptyFieldListFilter))
    list_select_related = ("room__user1", "room__user2")
    ordering = ("-room_id", "-seq")
    search_fields = ("content",)
    hidden_fields = ("attachment",)
    content_fields: Sequence[str] = ("content", "excerpt", "data", "reactions", "attachment", "attachment_info")
    """Columns shown only with ``read_message_content``. A host adds its own columns that reveal content."""

    def may_read(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"{self.opts.app_label}.{READ_PERMISSION}"))

    def _without_content(self, request: HttpRequest, names: Iterable[Any]) -> list[Any]:
        return [name for name in names if name not in self.content_fields or self.may_read(request)]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        messages: QuerySet[Any] = super().get_queryset(request).annotate(content_length=Length("content"))
        if self.may_read(request):
            return messages
        return messages.defer(*(field.name for field in self.opts.fields if field.name in self.content_fields))

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return self._without_content(request, super().get_list_display(request))

    def get_search_fields(self, request: HttpRequest) -> list[Any]:
        return self._without_content(request, super().get_search_fields(request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        names = [*super().get_fields(request, obj), "sender", "content_length"]
        return self._without_content(request, names)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # A URL with a filter such as "content begins with …" reveals the content, too.
        if lookup.partition("__")[0] in self.content_fields and not self.may_read(request):
            return False
        return super().lookup_allowed(lookup, value, request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # For one message this decides whether a room or a person may be deleted together with it. Without a message
        # it decides whether the list offers to delete some.
        return obj is not None and super().has_delete_permission(request, obj)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Mapping[str, Any] | None = None
    ) -> NoReturn:
        raise PermissionDenied

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "show_delete": False})

    @admin.display(description=_("sender"))
    def sender(self, message: AbstractMessage) -> Any:
        return message.sender

    @admin.display(description=_("length"), ordering="content_length")
    def content_length(self, message: Any) -> int:
        length: int = message.content_length
        return length

    @admin.display(description=_("text"))
    def excerpt(self, message: AbstractMessage) -> str:
        return Truncator(message.content).chars(EXCERPT_LENGTH)


def _names_of_people() -> list[str]:
    """Return the look-ups of the field that people sign in with, if it is a text field."""
    user_model = get_user_model()
    name = user_model.USERNAME_FIELD
    if isinstance(user_model._meta.get_field(name), (CharField, TextField)):
        return [f"user1__{name}", f"user2__{name}"]
    return []
