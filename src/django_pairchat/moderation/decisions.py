"""Decisions about cases: one for each case, however many decide at the same time, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone

from .. import get_room_model
from ..core.access import all_messages, all_rooms, database
from ..core.transactions import retry_on_conflict
from ..exceptions import BadId, NotFound
from ..querysets import parse_key
from ..services.messages import take_down
from ..tenancy import in_this_tenant
from .conf import BY_MESSAGE, conf
from .log import Action, write_log
from .models import Case, CaseState, Decision, Report, Statement
from .statements import deliver_statements, statements_about
from .suspensions import suspend

if TYPE_CHECKING:
    from ..base_models import AbstractRoom

DAYS_LIMIT: Final = 3650


class AlreadyDecided(Exception):
    """Somebody else has decided about the case."""


def decide(
    case: Case,
    decision: Decision | str,
    *,
    by: Any = None,
    rule: str = "",
    reasons: str = "",
    days: int | None = None,
    remove_message: bool = False,
) -> Case:
    """Decide about an open case, and return it as it is then. All of it is one transaction.

    ``removed`` takes the reported message down, and ``remove_message`` does so beside a warning or a suspension.
    ``suspended`` keeps the person from writing for ``days``. ``rule`` names what was broken, by default the category,
    and ``reasons`` says how. Both people are told after the commit, but of a dismissal only those who have reported.

    Raises ``AlreadyDecided`` if the case is not open any more, and ``ValueError`` for a decision that is not possible.
    """
    decision = Decision(decision)
    remove_message = decision != Decision.DISMISSED and (remove_message or decision == Decision.REMOVED)
    _require_possible(case, decision, days, remove_message)
    now = timezone.now()
    values = {
        "decision": decision,
        "rule": rule,
        "reasons": reasons,
        "suspended_until": now + timedelta(days=days) if decision == Decision.SUSPENDED and days is not None else None,
        "decided_by": by,
        "decided_at": now,
        "expires_at": now + conf.evidence_time,
    }
    return _decide(case.pk, values, remove_message=remove_message)


def _require_possible(case: Case, decision: Decision, days: int | None, remove_message: bool) -> None:
    if remove_message and case.seq is None:
        raise ValueError("This case is about a person, not about one message.")
    if decision in (Decision.WARNED, Decision.SUSPENDED) and case.accused_id is None:
        raise ValueError("The account of the reported person does not exist any more.")
    if decision == Decision.SUSPENDED and not (days is not None and 1 <= days <= DAYS_LIMIT):
        raise ValueError(f"A suspension lasts from 1 to {DAYS_LIMIT} days.")


@retry_on_conflict
def _decide(pk: int, values: Mapping[str, Any], *, remove_message: bool) -> Case:
    cases = Case.objects.using(database())
    with transaction.atomic(using=database()):
        # The first write is what two moderators race for.
        if not cases.filter(pk=pk, state=CaseState.OPEN).update(state=CaseState.DECIDED, open_subject=None, **values):
            raise AlreadyDecided
        case: Case = cases.select_related("accused", "decided_by").get(pk=pk)
        room = _room_with_message(case) if remove_message else None
        if room is not None:
            case.removed = True
            case.save(using=database(), update_fields=["removed"])
        if case.suspended_until is not None and case.accused is not None:
            suspend(case.accused, case.suspended_until, by=case.decided_by, case=case)
        details = {"decision": case.decision, "rule": case.rule, "removed": case.removed}
        write_log(case.decided_by, Action.DECIDED, case.pk, **details)
        _tell(case)
        if room is not None and case.seq is not None:
            # Last, because it locks the room until the end, and the host's policy is asked before. The message may have
            # been deleted meanwhile.
            with suppress(NotFound):
                take_down(room, case.seq)
    return case


def _room_with_message(case: Case) -> AbstractRoom | None:
    """Return the room of the message, ``None`` if the message is gone, with its room or without."""
    try:
        room: AbstractRoom | None = (
            all_rooms().with_people().filter(pk=parse_key(get_room_model(), case.room_key, "room")).first()
        )
    except BadId:
        return None
    if room is None or case.seq is None:
        return None
    return room if all_messages().filter(room=room.pk, seq=case.seq, deleted_at=None).exists() else None


def _tell(case: Case) -> None:
    reporters = Report.objects.using(database()).filter(case=case).exclude(reporter=None).select_related("reporter")
    people = {report.reporter_id: report.reporter for report in reporters.order_by("pk")}
    people.pop(case.accused_id, None)
    statements = Statement.objects.using(database()).bulk_create(statements_about(case, people.values()))
    if statements and conf.statements == BY_MESSAGE:
        _deliver_on_commit([statement.pk for statement in statements])


def _deliver_on_commit(statements: Iterable[Any]) -> None:
    """Send what takes no mail server right after the commit. A command sends the rest, and what fails here."""
    deliver = partial(deliver_statements, list(statements), may_mail=False)
    transaction.on_commit(in_this_tenant(deliver), using=database(), robust=True)


def keep_case(case: Case, on: bool, *, by: Any = None) -> None:
    """Keep a case beyond the time for which evidence is kept, for instance for a court, or not any more."""
    with transaction.atomic(using=database()):
        changed = Case.objects.using(database()).filter(pk=case.pk, kept=not on).update(kept=on)
        if changed:
            write_log(by, Action.KEPT if on else Action.RELEASED, case.pk)
