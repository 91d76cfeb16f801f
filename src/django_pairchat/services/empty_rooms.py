"""Rooms that somebody has opened and in which nobody has ever written: they go after a while."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, models, transaction

from .. import get_message_model, get_room_model
from ..core.access import all_rooms, database
from ..core.held import rooms_with_held
from ..core.transactions import retry_on_conflict
from ..policy import get_policy
from ..querysets import RoomQuerySet

ROOMS_AT_ONCE: Final = 200
"""Rooms in one transaction, so that a first message never waits long for its lock."""


def delete_empty_rooms(before: datetime, *, dry_run: bool = False) -> Iterator[int]:
    """Delete rooms that were opened before this time and in which nobody has written. Yields how many at a time.

    A room stays if one of its people has blocked the other, or has pinned it, if it is on legal hold, if rows of the
    host refer to it, and if the policy's ``may_prune()`` returns ``False``. At most 200 rooms are deleted in one
    transaction, under their locks: where a first message is faster, the room stays with it. With ``dry_run`` nothing is
    changed.
    """
    for rooms in _candidates(before):
        keys = [room.pk for room in rooms if get_policy().may_prune(room)]
        if keys:
            yield len(_without_referred(keys)) if dry_run else _delete(keys, before)


def _empty(rooms: RoomQuerySet, before: datetime) -> RoomQuerySet:
    untouched = {f"user{number}_{name}": False for number in (1, 2) for name in ("blocked", "pinned")}
    return rooms.filter(head=0, legal_hold=False, created_at__lt=before, **untouched)


def _candidates(before: datetime) -> Iterator[list[Any]]:
    last = None
    while True:
        empty = _empty(all_rooms(), before).with_people().order_by("pk")
        found = list((empty if last is None else empty.filter(pk__gt=last))[:ROOMS_AT_ONCE])
        if not found:
            return
        last = found[-1].pk
        yield found


def _without_referred(found: Iterable[Any]) -> list[Any]:
    """Return the keys of rooms to which no row of another table refers, and in which nothing is held."""
    keys = list(found)
    referred: set[Any] = set()
    for relation in get_room_model()._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and relation.related_model is not get_message_model():
            field = relation.field
            rows = relation.related_model._base_manager.using(database()).filter(**{f"{field.name}__in": keys})
            referred.update(rows.values_list(field.attname, flat=True))
    waiting = rooms_with_held(keys)
    return [key for key in keys if key not in referred and str(key) not in waiting]


@retry_on_conflict
def _delete(keys: Collection[Any], before: datetime) -> int:
    try:
        with transaction.atomic(using=database()):
            # What another transaction has locked may be about to get its first message.
            locked = [room.pk for room in all_rooms().locked(keys, skip_locked=True)]
            empty = _without_referred(_empty(all_rooms().filter(pk__in=locked), before).values_list("pk", flat=True))
            all_rooms().filter(pk__in=empty).delete()
    except IntegrityError:
        # A row of the host has come meanwhile. The next run sees it.
        return 0
    return len(empty)
