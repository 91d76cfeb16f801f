"""From a report to a case: reports about one message or one person are kept together until a decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from ..base_models import SYSTEM
from ..core.access import database, side_of
from ..core.reports import Report as Reported
from ..core.transactions import retry_on_conflict
from ..exceptions import BadRequest
from .conf import conf
from .evidence import Place, delete_copies, take_evidence
from .log import name_of
from .models import Case, Evidence, Report


class Subject(NamedTuple):
    """The subject of a case: a message, or else a person. ``key`` is the same for all reports about it."""

    key: str
    room_key: str
    seq: int | None
    accused: Any


def keep(reported: Reported) -> None:
    """Store a report and its evidence. Raises ``BadRequest`` for a category that does not exist."""
    if reported.category and reported.category not in conf.categories:
        raise BadRequest(field="category")
    subject = _subject_of(reported)
    evidence = take_evidence(reported, _known_places(subject))
    try:
        _store(reported, subject, evidence)
    except BaseException:
        delete_copies([str(each.file.name or "") for each in evidence])
        raise


def _subject_of(reported: Reported) -> Subject:
    """Return the message of the other person, or else that person: nobody reports an own message for what it says."""
    room, side, message = reported.room, side_of(reported.room, reported.user), reported.message
    room_key, peer = str(room.pk), side.peer.user
    if message is not None and message.side not in (SYSTEM, side.number):
        return Subject(f"message:{room_key}:{message.seq}", room_key, message.seq, peer)
    key = f"room:{room_key}" if peer is None else f"person:{peer.pk}"
    return Subject(key, room_key, None, peer)


def _known_places(subject: Subject) -> set[Place]:
    kept = Evidence.objects.using(database()).filter(case__open_subject=subject.key)
    return {Place(*place) for place in kept.values_list("room_key", "seq", "rev")}


@retry_on_conflict
def _store(reported: Reported, subject: Subject, evidence: Sequence[Evidence]) -> None:
    category = reported.category or list(conf.categories)[-1]
    with transaction.atomic(using=database()):
        case = _take_case(subject, category)
        reports = Report.objects.using(database())
        if not reports.filter(case=case, reporter=reported.user).exists():
            Case.objects.using(database()).filter(pk=case.pk).update(report_count=F("report_count") + 1)
        reports.create(
            case=case,
            reporter=reported.user,
            room_key=str(reported.room.pk),
            category=category,
            text=reported.reason,
            context=reported.context,
        )
        _add(case, evidence, reported)


def _take_case(subject: Subject, category: str) -> Case:
    """Return the open case about this, a new one if there is none. Its row is locked by a write."""
    cases = Case.objects.using(database())
    same = cases.filter(open_subject=subject.key)
    if not same.update(last_reported_at=timezone.now()):
        try:
            with transaction.atomic(using=database()):
                return cases.create(
                    open_subject=subject.key,
                    room_key=subject.room_key,
                    seq=subject.seq,
                    accused=subject.accused,
                    accused_key="" if subject.accused is None else str(subject.accused.pk),
                    accused_name=name_of(subject.accused),
                    category=category,
                )
        except IntegrityError:
            # Somebody else has reported it at the same time.
            same.update(last_reported_at=timezone.now())
    return same.get()


def _add(case: Case, evidence: Sequence[Evidence], reported: Reported) -> None:
    """Add what the case does not have yet. A message that is reported by itself is more than what stood around one."""
    rows = Evidence.objects.using(database())
    there = set(rows.filter(case=case).values_list("room_key", "seq", "rev"))
    message = reported.message
    if message is not None:
        itself = Place(str(reported.room.pk), message.seq, message.rev)
        if itself in there:
            rows.filter(case=case, **itself._asdict()).update(is_context=False)
    new = [each for each in evidence if (each.room_key, each.seq, each.rev) not in there]
    for each in new:
        each.case = case
        each.pk = None
    rows.bulk_create(new)
    doubled = [str(each.file.name or "") for each in evidence if each not in new]
    transaction.on_commit(lambda: delete_copies(doubled), using=database(), robust=True)
