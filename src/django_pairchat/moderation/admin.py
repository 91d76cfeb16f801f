"""The desk in the admin: the queue of cases with counters, one case with its evidence, suspensions, and the log.

``CaseAdmin`` and its neighbours are mixed with the ``ModelAdmin`` of another admin, such as Unfold's, by a host that
has one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .. import get_message_model, get_room_model
from ..admin import READ_PERMISSION, ReadOnlyAdmin
from ..core.access import all_messages, all_rooms, database
from ..exceptions import BadId
from ..querysets import parse_key
from .conf import conf
from .decisions import AlreadyDecided, decide, keep_case
from .forms import DecisionForm
from .log import Action, name_of, write_log
from .models import Case, CaseState, Decision, Evidence, LogEntry, Report, Statement, Suspension
from .suspensions import lift_suspension

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

CONVERSATION: Final = 50
"""Messages of a conversation on one page."""
SHOWN_INLINE: Final = "image/"


def may_read_conversations(request: HttpRequest) -> bool:
    """Return whether this member of the staff may read what was not reported."""
    return bool(request.user.has_perm(f"{get_message_model()._meta.app_label}.{READ_PERMISSION}"))


def counts(request: HttpRequest) -> dict[tuple[str, str], int]:
    """Return the number of cases by state and category, in one query for a whole page."""
    found: dict[tuple[str, str], int] | None = getattr(request, "_pairchat_case_counts", None)
    if found is None:
        rows = Case.objects.using(database()).values_list("state", "category").annotate(count=Count("pk")).order_by()
        found = {(state, category): count for state, category, count in rows}
        request._pairchat_case_counts = found  # type: ignore[attr-defined]  # kept for this page only
    return found


class StateFilter(admin.SimpleListFilter):
    """Open cases, unless others are asked for, with the number of each."""

    title = gettext_lazy("state")
    parameter_name = "state"
    everything: Final = "all"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        numbers = counts(request)
        by_state = {state: sum(n for (of, _c), n in numbers.items() if of == state) for state in CaseState.values}
        labelled = [(state, f"{label} ({by_state[state]})") for state, label in CaseState.choices]
        return [*labelled, (self.everything, f"{_('all')} ({sum(by_state.values())})")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, label in self.lookup_choices:
            yield {
                "selected": (self.value() or CaseState.OPEN) == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value() or CaseState.OPEN
        return queryset if wanted == self.everything else queryset.filter(state=wanted)


class CategoryFilter(admin.SimpleListFilter):
    """Cases of one category, with the number of open ones."""

    title = gettext_lazy("category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        numbers = counts(request)
        names = [*conf.categories, *sorted({category for _s, category in numbers} - set(conf.categories))]
        return [
            (name, f"{conf.categories.get(name, name)} ({numbers.get((CaseState.OPEN, name), 0)})") for name in names
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(category=self.value()) if self.value() else queryset


class CaseAdmin(ModelAdmin):
    """The queue, and the page of a case on which a moderator decides.

    To see it takes the permission ``view_case``, to decide ``change_case``. What was not reported takes
    ``read_message_content``, too. Each reading is written down.
    """

    form = DecisionForm
    show_full_result_count = False
    list_per_page = 50
    list_display = ("__str__", "about", "category_name", "report_count", "person", "last_reported_at", "outcome")
    list_display_links = ("__str__", "about")
    list_filter = (StateFilter, CategoryFilter, "kept", "decision")
    search_fields = ("accused_name", "=accused_key", "=room_key")
    ordering = ("-last_reported_at",)
    actions = ("dismiss",)
    shown_fields: Final = ("about", "person", "category_name", "report_count", "first_reported_at", "last_reported_at")
    decided_fields: Final = (
        *("decision", "rule", "reasons", "removed", "suspended_until", "decided_by", "decided_at", "expires_at"),
        "told",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Case.objects.using(database()).select_related("decided_by")

    # The page of a case

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        decision: tuple[str, ...] = ("decision", "days", "remove_message", "rule", "reasons")
        if obj is not None and obj.seq is None:
            decision = tuple(name for name in decision if name != "remove_message")
        is_open = obj is not None and obj.is_open and self.has_change_permission(request, obj)
        return [
            (None, {"fields": self.shown_fields}),
            (_("Evidence"), {"fields": ("evidence", "around")}),
            (_("Reports"), {"fields": ("report_list",)}),
            (_("Decision"), {"fields": (*(decision if is_open else self.decided_fields), "kept")}),
            (_("Log"), {"fields": ("log",)}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        always = (*self.shown_fields, "evidence", "around", "report_list", "log")
        if obj is not None and obj.is_open:
            return always
        return (*always, *self.decided_fields)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Mapping[str, Any] | None = None
    ) -> HttpResponse:
        response = super().change_view(request, object_id, form_url, dict(extra_context or {}))
        if request.method == "GET" and response.status_code == 200 and object_id.isascii() and object_id.isdecimal():
            write_log(request.user, Action.READ, int(object_id))
            if may_read_conversations(request) and _has_context(int(object_id)):
                write_log(request.user, Action.READ_CONTEXT, int(object_id))
        return response

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        case = super().get_object(request, object_id, from_field)
        if case is not None:
            # What its fields show depends on who looks.
            case.shown_to = request
        return case

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        values = form.cleaned_data
        if "kept" in form.changed_data:
            keep_case(obj, values["kept"], by=request.user)
        if not values.get("decision"):
            # The form of a page that was open has fields that a decided case has no more.
            if request.POST.get("decision"):
                self._refuse(request, _("Somebody else has decided about %s already.") % obj)
            return
        try:
            decide(
                obj,
                values["decision"],
                by=request.user,
                rule=values.get("rule", ""),
                reasons=values.get("reasons", ""),
                days=values.get("days"),
                remove_message=values.get("remove_message", False),
            )
        except AlreadyDecided:
            self._refuse(request, _("Somebody else has decided about %s already.") % obj)
        except ValueError as error:
            self._refuse(request, str(error))

    def _refuse(self, request: HttpRequest, text: str) -> None:
        self.message_user(request, text, messages.ERROR)
        request._pairchat_refused = True  # type: ignore[attr-defined]  # for the response to this request

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Say nothing of success where a decision was refused."""
        if getattr(request, "_pairchat_refused", False):
            return self.response_post_save_change(request, obj)
        return super().response_change(request, obj)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Keep the admin's own log out: it would hold reasons, and it can be deleted."""

    @admin.action(description=gettext_lazy("Dismiss"), permissions=["change"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        dismissed = 0
        for case in queryset.filter(state=CaseState.OPEN):
            try:
                decide(case, Decision.DISMISSED, by=request.user)
                dismissed += 1
            except AlreadyDecided:
                continue
        text = ngettext("%d case was dismissed.", "%d cases were dismissed.", dismissed) % dismissed
        self.message_user(request, text, messages.SUCCESS)

    # Columns and fields

    @admin.display(description=gettext_lazy("subject"))
    def about(self, case: Case) -> str:
        return _("a person") if case.seq is None else _("a message")

    @admin.display(description=gettext_lazy("category"), ordering="category")
    def category_name(self, case: Case) -> str:
        return str(conf.categories.get(case.category, case.category))

    @admin.display(description=gettext_lazy("reported person"), ordering="accused_name")
    def person(self, case: Case) -> str:
        name = case.accused_name or _("unknown")
        return name if case.accused_id is not None else f"{name} ({_('account deleted')})"

    @admin.display(description=gettext_lazy("decision"), ordering="decision")
    def outcome(self, case: Case) -> str:
        return str(case.get_decision_display()) if case.decision else "–"

    @admin.display(description=gettext_lazy("messages"))
    def evidence(self, case: Case) -> SafeString:
        rows = list(case.evidence.order_by("room_key", "seq", "rev"))
        hidden = 0
        if not may_read_conversations(case.shown_to):  # type: ignore[attr-defined]  # see get_object()
            hidden = sum(row.is_context for row in rows)
            rows = [row for row in rows if not row.is_context]
        shown = format_html_join("", "{}", ((_shown(row, self._file_url(case, row)),) for row in rows))
        note = ""
        if hidden:
            text = ngettext(
                "%d message around it needs the permission to read messages.",
                "%d messages around it need the permission to read messages.",
                hidden,
            )
            note = format_html("<p>{}</p>", text % hidden)
        return format_html("{}{}", shown, note) if shown or note else SafeString("–")

    def _file_url(self, case: Case, row: Evidence) -> str:
        if not row.file:
            return ""
        return reverse("admin:pairchat_moderation_case_file", args=[case.pk, row.pk], current_app=self.admin_site.name)

    @admin.display(description=gettext_lazy("conversation"))
    def around(self, case: Case) -> str:
        if not may_read_conversations(case.shown_to):  # type: ignore[attr-defined]  # as above
            return _("You may see what was reported, and nothing else of the conversation.")
        name = "admin:pairchat_moderation_case_conversation"
        url = reverse(name, args=[case.pk], current_app=self.admin_site.name)
        return format_html('<a href="{}">{}</a>', url, _("Read the conversation (it is logged)"))

    @admin.display(description=gettext_lazy("reports"))
    def report_list(self, case: Case) -> SafeString:
        reports = Report.objects.using(database()).filter(case=case).select_related("reporter").order_by("pk")
        rows = (
            (
                _time(report.created_at),
                name_of(report.reporter) or _("account deleted"),
                conf.categories.get(report.category, report.category),
                report.text or "–",
            )
            for report in reports[:100]
        )
        return format_html_join("", "<p>{} · {} · {}<br>{}</p>", rows)

    @admin.display(description=gettext_lazy("statements"))
    def told(self, case: Case) -> SafeString:
        statements = Statement.objects.using(database()).filter(case=case).select_related("recipient").order_by("pk")
        rows = (
            (name_of(each.recipient), each.get_state_display(), format_html_join("", "{}<br>", _lines(each.text)))
            for each in statements
        )
        return format_html_join("", "<p>{} · {}<br>{}</p>", rows) or SafeString("–")

    @admin.display(description=gettext_lazy("log"))
    def log(self, case: Case) -> SafeString:
        entries = LogEntry.objects.using(database()).filter(case_number=case.pk).order_by("-pk")[:50]
        rows = ((_time(entry.at), entry.actor_name or _("a command"), entry.action) for entry in entries)
        return format_html_join("", "{} · {} · {}<br>", rows) or SafeString("–")

    # The other pages of a case

    def get_urls(self) -> list[URLPattern]:
        def guarded(view: Callable[..., Any]) -> Callable[..., HttpResponse]:
            return self.admin_site.admin_view(view)

        return [
            path("<int:pk>/conversation/", guarded(self.conversation), name="pairchat_moderation_case_conversation"),
            path("<int:pk>/files/<int:evidence>/", guarded(self.file), name="pairchat_moderation_case_file"),
            *super().get_urls(),
        ]

    def _case_for(self, request: HttpRequest, pk: int) -> Case:
        case = self.get_object(request, str(pk))
        if case is None:
            raise Http404
        if not self.has_view_permission(request, case):
            raise PermissionDenied
        found: Case = case
        return found

    def file(self, request: HttpRequest, pk: int, evidence: int) -> FileResponse:
        """Send the copy of a file."""
        case = self._case_for(request, pk)
        row = case.evidence.filter(pk=evidence).exclude(file="").first()
        if row is None:
            raise Http404
        if row.is_context and not may_read_conversations(request):
            raise PermissionDenied
        info = row.attachment_info or {}
        kind = str(info.get("type") or "application/octet-stream")
        try:
            content = row.file.open("rb")
        except FileNotFoundError:
            raise Http404 from None
        write_log(request.user, Action.READ_FILE, case.pk, room=row.room_key, seq=row.seq)
        is_shown = kind.startswith(SHOWN_INLINE)
        response = FileResponse(
            content, as_attachment=not is_shown, filename=str(info.get("name") or "file"), content_type=kind
        )
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Cache-Control"] = "private, no-store"
        return response

    def conversation(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the messages around the reported one, or the last ones, as they are now."""
        case = self._case_for(request, pk)
        if not may_read_conversations(request):
            raise PermissionDenied
        write_log(request.user, Action.READ_CONVERSATION, case.pk, room=case.room_key)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Conversation"),
            "subtitle": str(case),
            "opts": self.opts,
            "case": case,
            "messages_shown": _conversation(case),
            "back_url": reverse(
                "admin:pairchat_moderation_case_change", args=[case.pk], current_app=self.admin_site.name
            ),
        }
        return TemplateResponse(request, "pairchat/moderation/conversation.html", context)


def _has_context(pk: int) -> bool:
    return Evidence.objects.using(database()).filter(case=pk, is_context=True).exists()


def _conversation(case: Case) -> list[dict[str, Any]]:
    try:
        room = all_rooms().with_people().filter(pk=parse_key(get_room_model(), case.room_key, "room")).first()
    except BadId:
        room = None
    if room is None:
        return []
    messages_of_room = all_messages().filter(room=room.pk)
    if case.seq is not None:
        messages_of_room = messages_of_room.filter(seq__lte=case.seq + CONVERSATION // 2)
    shown = sorted(messages_of_room.order_by("-seq")[:CONVERSATION], key=lambda message: message.seq)
    names = {side.number: name_of(side.user) or _("account deleted") for side in room.sides}
    return [
        {
            "message": message,
            "sender": names.get(message.side, _("the site")),
            "file": (message.attachment_info or {}).get("name", ""),
            "is_reported": message.seq == case.seq,
        }
        for message in shown
    ]


def _time(moment: Any) -> str:
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT")


def _lines(text: str) -> Iterable[tuple[str]]:
    return ((line,) for line in text.splitlines() if line)


def _shown(row: Evidence, file_url: str) -> SafeString:
    """Return a message of the evidence as HTML."""
    notes = [_time(row.sent_at)]
    if row.is_context:
        notes.append(_("around it"))
    if row.edited_at is not None:
        notes.append(_("edited before it was reported"))
    if row.deleted_at is not None:
        notes.append(_("deleted before it was reported"))
    if row.file_lost:
        notes.append(_("its file was gone"))
    info = row.attachment_info or {}
    file: Any = ""
    if file_url:
        file = format_html('<br><a href="{}">{}</a>', file_url, info.get("name") or _("file"))
    return format_html(
        '<p><strong>{}</strong> · {}<br><bdi dir="auto">{}</bdi>{}</p>',
        row.sender_name or _("the site"),
        " · ".join(notes),
        format_html_join("", "{}<br>", _lines(row.content)) or "–",
        file,
    )


class SuspensionAdmin(ReadOnlyAdmin):
    """People who may not write, and those who might not. One that lasts can be lifted."""

    list_display = ("user", "created_at", "until", "by", "lifted_at")
    list_filter = ("until", ("lifted_at", admin.EmptyFieldListFilter))
    list_select_related = ("user", "by")
    ordering = ("-pk",)
    actions = ("lift",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("pairchat_moderation.change_suspension"))

    @admin.action(description=gettext_lazy("Lift"), permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        people = {row.user_id: row.user for row in queryset.select_related("user")}
        lifted = sum(lift_suspension(person, by=request.user) for person in people.values())
        text = ngettext("%d person may write again.", "%d people may write again.", lifted) % lifted
        self.message_user(request, text, messages.SUCCESS)


class LogEntryAdmin(ReadOnlyAdmin):
    """Entries about who read or did what. None can be changed or deleted."""

    list_display = ("at", "actor_name", "action", "case_number", "details")
    list_filter = ("action", "at")
    search_fields = ("actor_name", "=case_number")
    ordering = ("-pk",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


admin.site.register(Case, CaseAdmin)
admin.site.register(Suspension, SuspensionAdmin)
admin.site.register(LogEntry, LogEntryAdmin)
