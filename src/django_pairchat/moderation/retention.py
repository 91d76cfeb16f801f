"""The end of what is kept: decided cases go with their evidence after a time, unless they are to be kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any, Final

from django.core.files.storage import Storage
from django.db import transaction
from django.utils import timezone

from ..core.access import database
from ..core.transactions import retry_on_conflict
from ..tenancy import in_this_tenant
from .evidence import FOLDER, delete_copies, folder
from .log import Action, write_log
from .models import Case, Evidence, evidence_storage

CASES_AT_ONCE: Final = 100
FILES_AT_ONCE: Final = 500
UNCLAIMED: Final = timedelta(days=1)
"""After this time a copy that belongs to no case is one of a report that failed."""


def expire_cases(*, dry_run: bool = False) -> Iterator[int]:
    """Remove the cases whose time is over, with reports, evidence, statements and files. Yields how many each time.

    At most 100 go in one transaction. It can be interrupted at any time, and repeated. Open cases stay, and kept ones.
    With ``dry_run`` nothing is removed, and one number is yielded.
    """
    if dry_run:
        yield _over().count()
        return
    while count := _expire_some():
        yield count
    delete_unclaimed_copies()


def _over() -> Any:
    return Case.objects.using(database()).filter(kept=False, expires_at__lte=timezone.now())


@retry_on_conflict
def _expire_some() -> int:
    keys = list(_over().order_by("pk").values_list("pk", flat=True)[:CASES_AT_ONCE])
    cases, evidence = Case.objects.using(database()).filter(pk__in=keys), Evidence.objects.using(database())
    with transaction.atomic(using=database()):
        # A write comes first: it waits for its turn on every database. A case may be kept since.
        cases.filter(kept=False).update(kept=False)
        gone = list(cases.filter(kept=False).values_list("pk", flat=True))
        names = list(evidence.filter(case__in=gone).exclude(file="").values_list("file", flat=True))
        cases.filter(pk__in=gone).delete()
        for key in gone:
            write_log(None, Action.EXPIRED, key)
        transaction.on_commit(in_this_tenant(partial(delete_copies, names)), using=database(), robust=True)
    return len(gone)


def delete_unclaimed_copies() -> int:
    """Delete copies of files that belong to no case, and return how many. They are what an interruption has left."""
    storage = evidence_storage()
    before = timezone.now() - UNCLAIMED
    deleted = 0
    part: list[str] = []
    for name in _names_below(storage, folder()):
        if storage.get_modified_time(name) < before:
            part.append(name)
        if len(part) == FILES_AT_ONCE:
            deleted += _delete_unclaimed(storage, part)
            part = []
    return deleted + _delete_unclaimed(storage, part)


def _delete_unclaimed(storage: Storage, names: list[str]) -> int:
    if not names:
        return 0
    kept = set(Evidence.objects.using(database()).filter(file__in=names).values_list("file", flat=True))
    unclaimed = [name for name in names if name not in kept]
    delete_copies(unclaimed, storage)
    return len(unclaimed)


def _names_below(storage: Storage, place: str) -> Iterator[str]:
    try:
        folders, names = storage.listdir(place)
    except FileNotFoundError:
        return
    yield from (f"{place}/{name}" for name in names)
    for below in folders:
        # The folders of other tenants are theirs to clean.
        if place != FOLDER or below != "tenants":
            yield from _names_below(storage, f"{place}/{below}")
