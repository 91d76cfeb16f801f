"""The form of a report with its kind, what is sent with it, and a block; and a moderator's form in the admin."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from ..exceptions import ErrorCode
from ..forms import ReasonField, ReportForm
from ..protocol import requests
from .conf import conf
from .decisions import DAYS_LIMIT
from .models import NAME_LENGTH, Case, Decision

REASONS_LIMIT = 2_000
CONSENT = ngettext_lazy(
    "Show the moderators up to %(count)d message around it, too, so that they understand it",
    "Show the moderators up to %(count)d messages around it, too, so that they understand it",
    "count",
)


class OptionalReasonField(ReasonField):
    """More about a report that has a category."""

    default_error_messages = dict.fromkeys(
        (ErrorCode.BAD_REQUEST, ErrorCode.BAD_TEXT), _("Write at most 1000 characters.")
    )

    def read(self, text: str) -> str:
        return super().read(text) if text.strip() else ""


class ModeratedReportForm(ReportForm):
    """A report for the desk. A host that adds fields subclasses it."""

    kind: ClassVar[str] = "report"

    category = forms.ChoiceField(
        label=_("What is wrong?"),
        help_text=_(
            "The moderators see the message that you report, with its file, as it is now, and nothing else of this "
            "chat unless you agree below."
        ),
        widget=forms.Select(attrs={"class": "pc-input"}),
        error_messages={"required": _("Choose what is wrong."), "invalid_choice": _("Choose what is wrong.")},
    )
    context = forms.BooleanField(required=False)
    block = forms.BooleanField(required=False, label=_("Block this person, too"))
    reason = OptionalReasonField(
        label=_("Tell the moderators more, if you like"),
        widget=forms.Textarea(
            attrs={"class": "pc-input", "rows": 4, "dir": "auto", "maxlength": requests.REASON_LIMIT}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["category"]
        choice.choices = [("", _("Choose…")), *conf.categories.items()]
        if conf.neighbours:
            self.fields["context"].label = CONSENT % {"count": 2 * conf.neighbours}
        else:
            del self.fields["context"]

    @property
    def details(self) -> dict[str, Any]:
        values = self.cleaned_data
        return {"category": values["category"], "context": values.get("context", False)}

    @property
    def blocks(self) -> bool:
        return bool(self.cleaned_data.get("block"))


class DecisionForm(forms.ModelForm):  # type: ignore[type-arg]  # a generic only for the type checker
    """A moderator's decision about an open case."""

    decision = forms.ChoiceField(label=_("Decision"), required=False)
    days = forms.IntegerField(label=_("Days of the suspension"), required=False, min_value=1, max_value=DAYS_LIMIT)
    remove_message = forms.BooleanField(label=_("Remove the message, too"), required=False)
    rule = forms.CharField(
        label=_("Rule"),
        required=False,
        max_length=NAME_LENGTH,
        help_text=_("The reported person reads it. Without one it is the category."),
    )
    reasons = forms.CharField(
        label=_("Reasons"),
        required=False,
        max_length=REASONS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The reported person reads them. Do not say who has reported."),
    )

    class Meta:
        model = Case
        fields = ("kept",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields.get("decision")
        if choice is not None:
            choice.choices = [("", _("Not yet")), *self._possible()]

    def _possible(self) -> list[tuple[str, Any]]:
        """Return the decisions that this case allows."""
        impossible = set()
        if self.instance.seq is None:
            impossible.add(Decision.REMOVED)
        if self.instance.accused_id is None:
            impossible |= {Decision.WARNED, Decision.SUSPENDED}
        return [(value, label) for value, label in Decision.choices if value not in impossible]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("decision") == Decision.SUSPENDED and not values.get("days") and "days" not in self.errors:
            self.add_error("days", ValidationError(_("Say for how many days."), code="required"))
        return values
