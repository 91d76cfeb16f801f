"""The memory of the desk: cases, reports, evidence, statements, suspensions, and a log that is only added to."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..base_models import KIND_LENGTH
from ..model_parts.storage import MissingStorage
from ..protocol.requests import KEY_LIMIT
from .conf import conf

NAME_LENGTH: Final = 200
SUBJECT_LENGTH: Final = 2 * KEY_LIMIT


def evidence_storage() -> Storage:
    """Return the storage of the copies of files."""
    return storages[conf.storage] if conf.storage in storages.backends else MissingStorage()


def person_field(verbose_name: Any, **options: Any) -> Any:
    """Return a foreign key to the user model that becomes null with the account."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=verbose_name,
        **options,
    )


class CaseState(models.TextChoices):
    """How far a case has come."""

    OPEN = "open", _("open")
    DECIDED = "decided", _("decided")


class Decision(models.TextChoices):
    """The decisions of moderators."""

    DISMISSED = "dismissed", _("dismissed")
    WARNED = "warned", _("warned")
    REMOVED = "removed", _("message removed")
    SUSPENDED = "suspended", _("writing suspended")


class Case(models.Model):
    """All reports about one message, or about one person, up to a decision.

    Rooms and messages are named by their keys and numbers, not by foreign keys: a case outlives them.
    """

    open_subject = models.CharField(max_length=SUBJECT_LENGTH, unique=True, null=True, editable=False)  # noqa: DJ001 - null, not empty, once decided: only one case about a thing is open
    room_key = models.CharField(_("room"), max_length=KEY_LIMIT, editable=False)
    seq = models.PositiveBigIntegerField(_("message"), null=True, editable=False)
    """``None`` if it is about the person."""
    accused = person_field(_("reported person"))
    accused_key = models.CharField(max_length=KEY_LIMIT, blank=True, editable=False)
    accused_name = models.CharField(_("reported person"), max_length=NAME_LENGTH, blank=True)
    category = models.CharField(_("category"), max_length=KEY_LIMIT)
    """That of the first report."""
    state = models.CharField(_("state"), max_length=8, choices=CaseState, default=CaseState.OPEN)
    report_count = models.PositiveIntegerField(_("number of reporters"), default=0)
    """How many people have reported it."""
    first_reported_at = models.DateTimeField(_("first reported"), default=timezone.now)
    last_reported_at = models.DateTimeField(_("last reported"), default=timezone.now)
    decision = models.CharField(_("decision"), max_length=16, choices=Decision, blank=True, default="")
    rule = models.CharField(_("rule"), max_length=NAME_LENGTH, blank=True, default="")
    reasons = models.TextField(_("reasons"), blank=True, default="")
    removed = models.BooleanField(_("message removed"), default=False)
    suspended_until = models.DateTimeField(_("suspended until"), null=True, blank=True)
    decided_by = person_field(_("decided by"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    kept = models.BooleanField(_("kept"), default=False)
    """It does not expire."""
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    """``None`` while it is open."""

    class Meta:
        default_permissions = ("view", "change")
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        indexes = [
            models.Index(fields=["state", "last_reported_at"], name="pairchat_case_queue"),
            models.Index(fields=["state", "category"], name="pairchat_case_counts"),
            models.Index(fields=["expires_at"], name="pairchat_case_expiry"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state == CaseState.OPEN


class Report(models.Model):
    """One report by one person."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="reports")
    reporter = person_field(None)
    room_key = models.CharField(max_length=KEY_LIMIT)
    category = models.CharField(max_length=KEY_LIMIT)
    text = models.TextField(blank=True, default="")
    context = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.case_id}/{self.pk}"


class Evidence(models.Model):
    """A message as it was when somebody reported it, or one beside it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="evidence")
    room_key = models.CharField(max_length=KEY_LIMIT)
    seq = models.PositiveBigIntegerField()
    rev = models.PositiveBigIntegerField()
    is_context = models.BooleanField(default=False)
    sender_key = models.CharField(max_length=KEY_LIMIT, blank=True)
    sender_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    kind = models.CharField(max_length=KIND_LENGTH)
    content = models.TextField(blank=True)
    data = models.JSONField(null=True, blank=True)
    reply_to = models.PositiveBigIntegerField(null=True, blank=True)
    attachment_info = models.JSONField(null=True, blank=True)
    file = models.FileField(storage=evidence_storage, max_length=NAME_LENGTH, blank=True, default="")
    """A copy of the file: the message's own goes with the message."""
    file_lost = models.BooleanField(default=False)
    sent_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["case", "room_key", "seq", "rev"], name="pairchat_evidence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.room_key}/{self.seq}"


class StatementState(models.TextChoices):
    """How far a statement has come."""

    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")


class Statement(models.Model):
    """The text for one person about a decision, in that person's language. It waits here until it was sent."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="statements")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    to_reporter = models.BooleanField()
    subject = models.CharField(max_length=NAME_LENGTH)
    text = models.TextField()
    state = models.CharField(max_length=8, choices=StatementState, default=StatementState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["state", "due_at"], name="pairchat_statement_due")]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.recipient_id}"


class Suspension(models.Model):
    """A time in which a person may write nowhere."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("person")
    )
    case = models.ForeignKey(
        Case, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("case")
    )
    created_at = models.DateTimeField(_("from"), default=timezone.now)
    until = models.DateTimeField(_("until"))
    by = person_field(_("decided by"))
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)
    lifted_by = person_field(_("lifted by"))

    class Meta:
        default_permissions = ("view", "change")
        verbose_name = _("suspension")
        verbose_name_plural = _("suspensions")
        indexes = [models.Index(fields=["lifted_at", "until"], name="pairchat_suspension_now")]

    def __str__(self) -> str:
        return f"{self.user_id}/{self.until:%Y-%m-%d}"


class AppendOnlyError(TypeError):
    """Raised for a change of the log."""

    def __init__(self) -> None:
        super().__init__("The log of the moderation is only added to: its entries are neither changed nor deleted.")


class LogQuerySet(models.QuerySet["LogEntry"]):
    """Entries of the log, to add and to read."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError

    def delete(self) -> NoReturn:
        raise AppendOnlyError


class LogEntry(models.Model):
    """An entry about who read or did what.

    The person and the case are named by their keys, so that the entry stays as it was.
    """

    at = models.DateTimeField(_("time"), default=timezone.now, editable=False)
    actor_key = models.CharField(max_length=KEY_LIMIT, blank=True, editable=False)
    actor_name = models.CharField(_("person"), max_length=NAME_LENGTH, blank=True, editable=False)
    """Empty for a command."""
    action = models.CharField(_("action"), max_length=32, editable=False)
    case_number = models.PositiveBigIntegerField(_("case"), null=True, editable=False, db_index=True)
    details = models.JSONField(_("details"), default=dict, editable=False)

    objects = LogQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        verbose_name = _("log entry")
        verbose_name_plural = _("log of the moderation")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError
