"""The statement or the transaction that writes a batch: lock the rooms, insert the messages, store the rooms."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import models, transaction
from django.db.models import signals
from django.utils import timezone

from .. import get_message_model, get_room_model
from ..base_models import AbstractMessage
from ..core.access import all_messages, all_rooms, database
from ..core.transactions import is_conflict, retry_on_conflict
from ..exceptions import BadRequest, CannotSend, ChatError, Conflict, NotFound
from ..protocol.content import without_preview
from ..querysets import ROW_VERSION
from ..utils.db_connections import DATABASE_UNAVAILABLE
from . import sql
from .types import PendingMessage, StoredMessage, is_new

if TYPE_CHECKING:
    from ..base_models import AbstractRoom

SIDE_COLUMNS: Final = ("read", "read_shown", "archived", "marked_unread", "has_unread")
STORED_COLUMNS: Final = (
    "head",
    "rev",
    "last_message_at",
    *(f"user{number}_{name}" for number in (1, 2) for name in SIDE_COLUMNS),
)
LOCKED_COLUMNS: Final = (
    *(
        "pk",
        "user1_id",
        "user2_id",
        "epoch",
        "user1_blocked",
        "user2_blocked",
        "user1_cleared",
        "user2_cleared",
    ),
    *STORED_COLUMNS,
)
MICROSECOND: Final = timedelta(microseconds=1)
_locked_values: Callable[[Mapping[str, Any]], Values] = itemgetter(*LOCKED_COLUMNS[1:])
NEW_MESSAGE_CONSTANTS: Final = {"reactions": "'{}'", "attachment": "''"}

Row = dict[str, Any]
Values = Sequence[Any]
"""The values of the columns that are read under a room's lock, without its key."""


IdempotencyKey = tuple[Any, int, uuid.UUID]
"""The unique parts of a message: the key of its room, the sender's side, and the client's id."""


class Candidate(NamedTuple):
    """A pending message of a member of its room, at its place in the batch.

    ``side`` is the number of the sender's side. ``fields`` are those of the message and the name of its file. ``key``
    begins with that of the room, which Django would look up each time.
    """

    place: int
    pending: PendingMessage
    room: AbstractRoom
    side: int
    fields: Mapping[str, Any]
    key: IdempotencyKey

    @property
    def payload(self) -> tuple[str, int | None, str, Any, str]:
        """The values that must be equal in a repetition."""
        pending = self.pending
        data = without_preview(pending.data)
        return (pending.content, pending.reply_to, pending.kind, data, self.fields.get("attachment", ""))


Results = dict[int, StoredMessage | ChatError]
"""By the place of a message in its batch. A message without a result is open."""


class CommitUncertain(Exception):
    """Raised from a database error during a commit, if the messages at these places may have been stored."""

    def __init__(self, places: Collection[int]) -> None:
        super().__init__(places)
        self.places = places


@retry_on_conflict
def store_locked(candidates: Sequence[Candidate], *, skip_locked: bool) -> Results:
    """Store these messages under the locks of their rooms.

    With ``skip_locked`` a message whose room another transaction has locked has no result. Raises ``IntegrityError``
    if one of the messages was stored before.
    """
    if not candidates:
        return {}
    rooms = {candidate.key[0]: candidate.room for candidate in candidates}
    locked: dict[Any, Values] = {}
    results: Results = {}
    try:
        with transaction.atomic(using=database()):
            locked.update(_lock(rooms, skip_locked))
            results.update(_place(candidates, locked))
            new = [candidate for candidate in candidates if is_new(results.get(candidate.place))]
            # Only host code waits for locks; it needs the model instance back.
            results.update(_insert(new, results, with_instances=not skip_locked))
            _store_rooms({candidate.key[0]: candidate.room for candidate in new}.values())
    except Exception as error:
        _set_columns((rooms[pk], values) for pk, values in locked.items())
        _raise_if_uncertain(error, results)
        raise
    for room in rooms.values():
        room.pairchat_row_version = None
    if not skip_locked:
        results.update({each.place: NotFound() for each in candidates if each.key[0] not in locked})
    return results


def store_if_unchanged(candidates: Iterable[Candidate]) -> Results:
    """Store the messages whose rooms are unchanged since they were read, in one statement without a transaction.

    This needs row versions (PostgreSQL). The other messages have no result, and are left for :func:`store_locked`.
    """
    message_model, room_model = get_message_model(), get_room_model()
    if not is_plain(message_model) or has_hooks(message_model) or has_hooks(room_model):
        return {}
    if not sql.supports_row_versions(database()):
        return {}
    by_room = _by_unchanged_room(candidates)
    if not by_room:
        return {}
    before = {theirs[0].key[0]: _locked_values(room.__dict__) for room, theirs in by_room.values()}
    tried = [candidate for _room, theirs in by_room.values() for candidate in theirs]
    results: Results = {}
    try:
        results.update(_place(tried, before))
        versions = _update_if_unchanged(by_room, tried, results)
    except Exception as error:
        _set_columns((room, before[theirs[0].key[0]]) for room, theirs in by_room.values())
        _raise_if_uncertain(error, results)
        raise
    for key, (room, theirs) in by_room.items():
        room.pairchat_row_version = versions.get(key)
        if room.pairchat_row_version is None:
            _set_columns([(room, before[room.pk])])
            for candidate in theirs:
                del results[candidate.place]
    return results


def _by_unchanged_room(candidates: Iterable[Candidate]) -> dict[str, tuple[AbstractRoom, list[Candidate]]]:
    """Return the messages by the text of their room's key.

    Only rooms whose row version is known, and to which only plain text is sent, are included.
    """
    by_room: dict[str, tuple[AbstractRoom, list[Candidate]]] = {}
    for candidate in candidates:
        by_room.setdefault(candidate.pending.key, (candidate.room, []))[1].append(candidate)
    return {
        key: (room, theirs)
        for key, (room, theirs) in by_room.items()
        if room.pairchat_row_version is not None and all(map(_is_plain_text, theirs))
    }


def _update_if_unchanged(
    by_room: Mapping[str, tuple[AbstractRoom, list[Candidate]]], tried: Iterable[Candidate], results: Results
) -> dict[str, str]:
    """Return the new row versions of the rooms that were stored, by the text of their keys."""
    # The cached room may be out of date, so an error is decided under the lock.
    doubtful = {each.key[0] for each in tried if not isinstance(results[each.place], StoredMessage)}
    new = (result for result in results.values() if isinstance(result, StoredMessage) and not result.duplicate)
    rows = [stored.row for stored in new if stored.row is not None and stored.row["room_id"] not in doubtful]
    if not rows:
        return {}
    model = get_room_model()
    names = (model._meta.pk.attname, *STORED_COLUMNS, ROW_VERSION)
    columns = [vars(room) for room, theirs in by_room.values() if theirs[0].key[0] not in doubtful]
    rooms = [{name: of_room[name] for name in names} for of_room in columns]
    return sql.update_if_unchanged(
        (model, rooms), (get_message_model(), rows, NEW_MESSAGE_CONSTANTS), parent="room_id", using=database()
    )


def _raise_if_uncertain(error: Exception, results: Results) -> None:
    """Raise ``CommitUncertain`` if the commit may have happened, because the database connection was lost during it."""
    new = {index for index, result in results.items() if is_new(result)}
    if new and isinstance(error, DATABASE_UNAVAILABLE) and not is_conflict(error):
        raise CommitUncertain(new) from error


def _set_columns(rooms: Iterable[tuple[AbstractRoom, Values]]) -> None:
    """Set these columns of the rooms: as they are now, or as they were read, because nothing was stored."""
    for room, values in rooms:
        room.__dict__.update(zip(LOCKED_COLUMNS[1:], values, strict=True))


def _place(candidates: Sequence[Candidate], locked: Collection[Any]) -> Results:
    """Return the results of the messages of the locked rooms, and assign each new message its place in its room."""
    first_by_key: dict[IdempotencyKey, Candidate] = {}
    at = timezone.now()
    results: Results = {}
    for candidate in candidates:
        key = candidate.key
        at += MICROSECOND
        if key[0] not in locked:
            continue
        first = first_by_key.setdefault(key, candidate)
        if first is not candidate:
            results[candidate.place] = _result_of_copy(candidate, first, results[first.place])
            continue
        error = _error_of(candidate)
        if error is None:
            results[candidate.place] = _append(candidate, at)
        else:
            results[candidate.place] = error
            del first_by_key[key]
    return results


def _lock(rooms: dict[Any, AbstractRoom], skip_locked: bool) -> dict[Any, Values]:
    """Lock these rooms and update the instances. Return what was read of the rooms that could be locked."""
    locked: dict[Any, Values] = {pk: values for pk, *values in _lock_and_read(list(rooms), skip_locked)}
    _set_columns((rooms[pk], values) for pk, values in locked.items())
    return locked


def _lock_and_read(keys: Sequence[Any], skip_locked: bool) -> list[list[Any]]:
    """Lock these rooms and return their ``LOCKED_COLUMNS``, without compiling the query each time."""
    rooms = all_rooms()
    rooms.take_write_lock(keys)
    # The keys come from the default manager already, so its filter is not applied again.
    unfiltered = type(rooms)(rooms.model, using=rooms.db)
    ask = partial(unfiltered.for_update, keys, skip_locked)
    how = "locked, skipping" if skip_locked else "locked"
    return sql.read(ask, rooms.model, LOCKED_COLUMNS, keys, how=how, using=rooms.db)


def _result_of_copy(
    candidate: Candidate, first: Candidate, stored: StoredMessage | ChatError
) -> StoredMessage | ChatError:
    """Return the result of a message whose client id appeared before in the same batch."""
    if candidate.payload != first.payload or not isinstance(stored, StoredMessage):
        return Conflict(field="client_id")
    return stored._replace(duplicate=True)


def _error_of(candidate: Candidate) -> ChatError | None:
    room, reply_to = candidate.room, candidate.pending.reply_to
    from_person = candidate.pending.sender is not None
    if from_person and (room.is_blocked or room.user1_id is None or room.user2_id is None):
        return CannotSend()
    if candidate.fields and _is_upload_used(candidate):
        return BadRequest(field="attachment")
    if reply_to is not None and not 1 <= reply_to <= room.head:
        return BadRequest(field="reply_to")
    return None


def _is_upload_used(candidate: Candidate) -> bool:
    """Return whether another message has this file already.

    A file belongs to one message, because it is deleted together with that.
    """
    name = candidate.fields.get("attachment")
    if not name:
        return False
    using_it = all_messages().filter(room=candidate.room.pk, attachment=name)
    return using_it.exclude(side=candidate.side, client_id=candidate.pending.client_id).exists()


def _append(candidate: Candidate, at: datetime) -> StoredMessage:
    """Assign the message its place in the room."""
    _place, pending, room, side, _fields, (room_key, *_) = candidate
    room.append_message(side, at, moves_read=pending.marks_read)
    row = {
        "room_id": room_key,
        "seq": room.head,
        "rev": room.rev,
        "side": side,
        "client_id": pending.client_id,
        "kind": pending.kind,
        "content": pending.content,
        "reply_to": pending.reply_to,
        "created_at": at,
    }
    return StoredMessage(room, room.head, pending, row=row)


def _insert(new: Sequence[Candidate], results: Results, *, with_instances: bool) -> Results:
    """Insert plain rows, or save model instances where the difference would show. Return what has an instance now.

    Instances are needed by a model with fields of the host, an overridden ``save()``, receivers of its signals, and a
    caller that wants the instance.
    """
    model = get_message_model()
    stored = [result for each in new if isinstance(result := results[each.place], StoredMessage)]
    rows = [each.row for each in stored if each.row is not None]
    if not rows:
        return {}
    if not with_instances and is_plain(model) and not has_hooks(model) and all(map(_is_plain_text, new)):
        sql.insert(model, rows, NEW_MESSAGE_CONSTANTS, database())
        return {}
    messages = [model(**row, data=each.pending.data, **each.fields) for row, each in zip(rows, new, strict=True)]
    if len(rows) == 1 or has_hooks(model):
        for message in messages:
            message.save(using=database(), force_insert=True)
    else:
        all_messages().bulk_create(messages)
    for message, each in zip(messages, stored, strict=True):
        message.room = each.room
    by_place = zip(new, stored, messages, strict=True)
    return {candidate.place: each._replace(instance=message) for candidate, each, message in by_place}


def _is_plain_text(candidate: Candidate) -> bool:
    return candidate.pending.data is None and not candidate.fields


@cache
def is_plain(model: type[models.Model]) -> bool:
    """Return whether the model has the abstract model's fields and an automatic key, and nothing else.

    A field class of the host's own may store a different value than it was given.
    """
    own = {field.attname: type(field) for field in model._meta.concrete_fields if not field.primary_key}
    known = {field.attname: type(field) for field in AbstractMessage._meta.concrete_fields}
    return own == known and isinstance(model._meta.pk, models.AutoField)


def has_hooks(model: type[models.Model]) -> bool:
    """Return whether ``save()`` is overridden or a pre/post_save receiver is connected."""
    return model.save is not models.Model.save or any(
        signal.has_listeners(model) for signal in (signals.pre_save, signals.post_save)
    )


def _store_rooms(rooms: Collection[AbstractRoom]) -> None:
    model = get_room_model()
    if has_hooks(model):
        for room in rooms:
            room.save(using=database(), update_fields=STORED_COLUMNS)
    elif rooms:
        key = model._meta.pk.attname
        sql.update(
            model, [{name: getattr(room, name) for name in (key, *STORED_COLUMNS)} for room in rooms], database()
        )
