"""Retention: messages that are older than a host keeps them are removed from the beginning of each room."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.db.models import OuterRef, Subquery

from .. import get_room_model
from ..core.access import all_messages, all_rooms, database, lock_room, lock_rooms
from ..core.events import publish_on_commit, room_changed
from ..core.references import RoomRef, room_key
from ..core.transactions import retry_on_conflict
from ..core.uploads import delete_files
from ..model_parts.storage import attachment_storage
from ..policy import get_policy
from ..querysets import MessageQuerySet, RoomQuerySet, parse_key

ROOMS_AT_ONCE: Final = 500
MESSAGES_AT_ONCE: Final = 1000
"""Messages in one transaction, so that nobody waits long for its locks."""
OLDEST: Final = "pairchat_oldest"
"""The annotation of a room with the time of its first message. The prefix prevents a conflict with a host's column."""


class Pruned(NamedTuple):
    """A room, and how many of its messages were removed from its beginning, or would be."""

    room: Any
    messages: int


def prune(before: datetime, queryset: RoomQuerySet | None = None, *, dry_run: bool = False) -> Iterator[Pruned]:
    """Remove what was written before this time, room by room, with its files. Yields each room after it is done.

    ``queryset`` has the rooms, all by default: for instance those about closed topics. Only a beginning goes: a message
    stays if one before it is newer. For both people the room is cleared up to there, so open pages drop the messages,
    and numbers and unread counts stay right. A room on legal hold is left as it is, and one of which the policy's
    ``may_prune()`` returns ``False``.

    At most 1000 messages are removed in one transaction. It can be interrupted at any time, and repeated. With
    ``dry_run`` nothing is changed.
    """
    for room in _rooms_with_older(before, all_rooms() if queryset is None else queryset):
        if not get_policy().may_prune(room):
            continue
        last = _last_older(room, before)
        beginning = all_messages().filter(room=room.pk, seq__lte=last)
        if dry_run:
            yield Pruned(room, beginning.count())
            continue
        if _clear_for_both(room.pk, last):
            yield Pruned(room, sum(_removed_in_parts(beginning)))


def _rooms_with_older(before: datetime, rooms: RoomQuerySet) -> Iterator[Any]:
    oldest = all_messages().filter(room=OuterRef("pk")).order_by("seq").values("created_at")[:1]
    candidates = rooms.using(database()).filter(created_at__lt=before, legal_hold=False).order_by("pk")
    last = None
    while True:
        part = candidates if last is None else candidates.filter(pk__gt=last)
        found = list(part.with_people().annotate(**{OLDEST: Subquery(oldest)})[:ROOMS_AT_ONCE])
        if not found:
            return
        last = found[-1].pk
        yield from (room for room in found if (at := getattr(room, OLDEST)) is not None and at < before)


def _last_older(room: Any, before: datetime) -> int:
    """Return the ``seq`` before the first message that is kept."""
    kept = all_messages().filter(room=room.pk, created_at__gte=before).order_by("seq").values_list("seq", flat=True)
    first: int | None = kept.first()
    newest: int = all_messages().filter(room=room.pk).order_by("-seq").values_list("seq", flat=True)[0]
    return newest if first is None else first - 1


@retry_on_conflict
def set_legal_hold(room: RoomRef, on: bool) -> None:
    """Put a room on legal hold, or release it.

    While it is held, :func:`prune`, :func:`erase_messages` and the deletion of its second account leave it as it is.
    Its people do not learn of it, and can write, edit and delete as before. Raises ``NotFound`` if it is gone.
    """
    with transaction.atomic(using=database()):
        locked = lock_room(parse_key(get_room_model(), room_key(room), "room"))
        locked.legal_hold = on
        locked.save(using=database(), update_fields=["legal_hold"])
    if not isinstance(room, str):
        room.legal_hold = on


@retry_on_conflict
def _clear_for_both(pk: Any, seq: int) -> bool:
    """Clear the room up to there. Return False if it is on legal hold by now, or gone."""
    with transaction.atomic(using=database()):
        rooms = [room for room in lock_rooms([pk]) if not room.legal_hold]
        for room in rooms:
            changed = [side for side in room.sides if side.cleared < seq]
            for side in changed:
                side.cleared = seq
                side.refresh_unread()
            names = [side.column_name(name) for side in changed for name in ("cleared", "has_unread")]
            if changed:
                room.save(using=database(), update_fields=names)
                publish_on_commit([room_changed(room, [side.user_id for side in changed])])
    return bool(rooms)


def _removed_in_parts(messages: MessageQuerySet) -> Iterator[int]:
    while count := _remove_some(messages):
        yield count
        if count < MESSAGES_AT_ONCE:
            return


@retry_on_conflict
def _remove_some(messages: MessageQuerySet) -> int:
    with transaction.atomic(using=database()):
        # A hold that has come meanwhile ends it with the part before.
        kept = messages.filter(room__legal_hold=False).order_by("seq")
        some = list(kept.values_list("pk", "attachment")[:MESSAGES_AT_ONCE])
        all_messages().filter(pk__in=[pk for pk, _file in some]).delete()
        for _pk, name in some:
            if name:
                transaction.on_commit(partial(delete_files, attachment_storage(), name), using=database(), robust=True)
    return len(some)
