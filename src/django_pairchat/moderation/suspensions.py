"""Suspensions: people who may not write anywhere for a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from ..core.access import database
from ..core.events import RestrictionChanged, publish_on_commit
from .log import Action, write_log
from .models import Case, Suspension


def _current() -> Any:
    return Suspension.objects.using(database()).filter(lifted_at=None, until__gt=timezone.now())


def suspended_people() -> dict[str, datetime]:
    """Return until when people are suspended, by the text of their keys."""
    ends: dict[str, datetime] = {}
    for key, until in _current().values_list("user", "until"):
        ends[str(key)] = max(until, ends.get(str(key), until))
    return ends


def suspend(user: Any, until: datetime, *, by: Any = None, case: Case | None = None) -> Suspension:
    """Keep a person from writing anywhere until this time, at once in all processes. A longer suspension stays.

    The person's open pages learn of it. ``by`` is the moderator. Raises ``ValueError`` for a time that has passed.
    """
    if until <= timezone.now():
        raise ValueError("A suspension ends in the future.")
    with transaction.atomic(using=database()):
        suspension: Suspension = Suspension.objects.using(database()).create(user=user, until=until, by=by, case=case)
        write_log(by, Action.SUSPENDED, None if case is None else case.pk, user=str(user.pk), until=until.isoformat())
        publish_on_commit([RestrictionChanged(str(user.pk))])
    return suspension


def lift_suspension(user: Any, *, by: Any = None) -> bool:
    """Let a person write again, and return whether that was forbidden."""
    with transaction.atomic(using=database()):
        lifted = _current().filter(user=user).update(lifted_at=timezone.now(), lifted_by=by)
        if lifted:
            write_log(by, Action.LIFTED, None, user=str(user.pk))
            publish_on_commit([RestrictionChanged(str(user.pk))])
    return bool(lifted)
