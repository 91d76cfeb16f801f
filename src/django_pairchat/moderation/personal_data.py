"""This app's part of the export of a person's data."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Prefetch

from ..core.access import database
from ..protocol.json_text import moment
from ..services import add_personal_data
from .models import Case, CaseState, Evidence, Report, Statement, Suspension

NAME: Final = "moderation"


def register() -> None:
    add_personal_data(NAME, personal_data)


def personal_data(user: Any) -> dict[str, Any]:
    """Return the person's own reports, the decisions about the person, and what the person was told.

    Who has reported the person, and cases that are still open, are left out: they would reveal other people, and that
    somebody looks at it.
    """
    reports = Report.objects.using(database()).filter(reporter=user).select_related("case").order_by("pk")
    cases = Case.objects.using(database()).filter(accused=user, state=CaseState.DECIDED).order_by("pk")
    own = Evidence.objects.using(database()).filter(sender_key=str(user.pk)).order_by("pk")
    statements = Statement.objects.using(database()).filter(recipient=user).order_by("pk")
    suspensions = Suspension.objects.using(database()).filter(user=user).order_by("pk")
    return {
        "reports": [
            {
                "room": report.room_key,
                "message": report.case.seq,
                "category": report.category,
                "text": report.text,
                "context": report.context,
                "created_at": moment(report.created_at),
                "decided": not report.case.is_open,
            }
            for report in reports
        ],
        "decisions": [
            {
                "room": case.room_key if case.seq is not None else None,
                "message": case.seq,
                "decision": case.decision,
                "rule": case.rule or case.category,
                "reasons": case.reasons,
                "decided_at": moment(case.decided_at),
                "messages": [message.content for message in case.evidence.all()],
            }
            for case in cases.exclude(decision="dismissed").prefetch_related(Prefetch("evidence", own))
        ],
        "suspensions": [
            {"from": moment(row.created_at), "until": moment(row.until), "lifted_at": moment(row.lifted_at)}
            for row in suspensions
        ],
        "statements": [
            {"subject": row.subject, "text": row.text, "sent_at": moment(row.sent_at)} for row in statements
        ],
    }
