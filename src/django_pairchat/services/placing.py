"""The transaction of a batch of sends: lock the rooms, insert the messages, store the rooms."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from django.db import models, transaction
from django.db.models import signals
from django.utils import timezone

from .. import bulk, get_message_model, get_room_model
from ..base_models import AbstractMessage
from ..exceptions import BadRequest, CannotSend, ChatError, Conflict, NotFound
from ..wire import answers
from .access import all_messages, all_rooms, database
from .drafts import Address, Draft, Sent
from .failures import DatabaseIsAway
from .snapshots import attachment_object

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
NEW_MESSAGE_CONSTANTS: Final = {"reactions": "'{}'", "attachment": "''"}

Row = dict[str, Any]


def place(drafts: Sequence[Draft], skip_locked: bool) -> None:
    """Store these drafts and set their outcomes. Raises ``IntegrityError`` where one of them was stored before."""
    if not drafts:
        return
    rooms = {draft.known_room.pk: draft.known_room for draft in drafts}
    locked: dict[Any, Row] = {}
    try:
        with transaction.atomic(using=database()):
            locked.update(_lock(rooms, skip_locked))
            rows = _decide(drafts, locked, skip_locked)
            # Who waits for a lock is the host's own code, which gets the instance of the one message that it sends.
            new = [draft for draft in drafts if draft.is_stored]
            _insert(rows, new, with_instances=not skip_locked)
            _store_rooms({draft.known_room.pk: draft.known_room for draft in new}.values())
    except Exception as error:
        _note_doubts(error, drafts)
        _forget(drafts, [(rooms[pk], row) for pk, row in locked.items()])
        raise
    for room in rooms.values():
        room.pairchat_version = None


def place_known(drafts: Iterable[Draft]) -> None:
    """Store those of these drafts whose rooms are still as we know them, where the database can tell, in one statement
    without a transaction around it; the others stay pending, for :func:`place`."""
    message_model, room_model = get_message_model(), get_room_model()
    if not is_plain(message_model) or has_hooks(message_model) or has_hooks(room_model):
        return
    if not bulk.can_exchange(database()):
        return
    by_room = _of_known_rooms(drafts)
    if not by_room:
        return
    before = {room.pk: _row_of(room) for room, _theirs in by_room.values()}
    tried = [draft for _room, theirs in by_room.values() for draft in theirs]
    try:
        rows = _decide(tried, before, skip_locked=True)
        # What is known may be out of date, and a refusal must not be.
        doubtful = {draft.known_room.pk for draft in tried if not isinstance(draft.outcome, Sent)}
        stored = _exchange(by_room, [row for row in rows if row["room_id"] not in doubtful], doubtful)
    except Exception as error:
        _note_doubts(error, tried)
        _forget(tried, [(room, before[room.pk]) for room, _theirs in by_room.values()])
        raise
    for key, (room, theirs) in by_room.items():
        room.pairchat_version = stored.get(key)
        if room.pairchat_version is None:
            _forget(theirs, [(room, before[room.pk])])


def _of_known_rooms(drafts: Iterable[Draft]) -> dict[str, tuple[AbstractRoom, list[Draft]]]:
    """The drafts by the texts of their rooms' keys, of the rooms whose version is known and to which only plain text is
    sent."""
    by_room: dict[str, tuple[AbstractRoom, list[Draft]]] = {}
    for draft in drafts:
        by_room.setdefault(draft.key, (draft.known_room, []))[1].append(draft)
    return {
        key: (room, theirs)
        for key, (room, theirs) in by_room.items()
        if room.pairchat_version is not None and all(map(_is_plain_text, theirs))
    }


def _row_of(room: AbstractRoom) -> Row:
    return {name: room.__dict__[name] for name in LOCKED_COLUMNS[1:]}


def _exchange(
    by_room: Mapping[str, tuple[AbstractRoom, list[Draft]]], rows: list[Row], doubtful: Collection[Any]
) -> dict[str, str]:
    if not rows:
        return {}
    model = get_room_model()
    names = (model._meta.pk.attname, *STORED_COLUMNS, bulk.VERSION)
    rooms = [{name: getattr(room, name) for name in names} for room, _ in by_room.values() if room.pk not in doubtful]
    return bulk.exchange(
        (model, rooms), (get_message_model(), rows, NEW_MESSAGE_CONSTANTS), parent="room_id", using=database()
    )


def _note_doubts(error: Exception, drafts: Iterable[Draft]) -> None:
    """A connection that was cut at the commit leaves it open whether that has happened."""
    if isinstance(error, DatabaseIsAway):
        for draft in drafts:
            draft.may_be_stored = draft.is_stored


def _forget(drafts: Iterable[Draft], rooms: Iterable[tuple[AbstractRoom, Row]]) -> None:
    """Nothing was stored: what is known of the rooms is again what was read of them."""
    for room, row in rooms:
        room.__dict__.update(row)
    for draft in drafts:
        draft.outcome = None


def _decide(drafts: Sequence[Draft], locked: Collection[Any], skip_locked: bool) -> list[Row]:
    """Set the outcomes of these drafts, and give the rows to be inserted."""
    placed: dict[Address, Draft] = {}
    now = timezone.now()
    rows = []
    for number, draft in enumerate(drafts):
        address = draft.address
        first = placed.get(address)
        if first is not None:
            draft.outcome = _outcome_of_twin(draft, first)
        elif address.room not in locked:
            draft.outcome = None if skip_locked else NotFound()
        else:
            draft.outcome = _refusal(draft)
            if draft.outcome is None:
                rows.append(_take(draft, now + timedelta(microseconds=number)))
                placed[address] = draft
    return rows


def _lock(rooms: dict[Any, AbstractRoom], skip_locked: bool) -> dict[Any, Row]:
    """Lock these rooms, bring what we know of them up to date, and give what was read of those that could be locked."""
    locked = {}
    for pk, *values in all_rooms().locked_values(LOCKED_COLUMNS, list(rooms), skip_locked=skip_locked):
        locked[pk] = dict(zip(LOCKED_COLUMNS[1:], values, strict=True))
        rooms[pk].__dict__.update(locked[pk])
    return locked


def _outcome_of_twin(draft: Draft, first: Draft) -> Sent | ChatError:
    """The same client id twice in one batch."""
    if draft.payload != first.payload:
        return Conflict(field="client_id")
    return Sent(first.sent.room, first.sent.seq, first.sent.encoded, duplicate=True)


def _refusal(draft: Draft) -> ChatError | None:
    room = draft.known_room
    if draft.sender is not None and (room.is_blocked or room.user1_id is None or room.user2_id is None):
        return CannotSend()
    if _is_upload_used(draft):
        return BadRequest(field="attachment")
    if draft.reply_to is not None and not 1 <= draft.reply_to <= room.head:
        return BadRequest(field="reply_to")
    return None


def _is_upload_used(draft: Draft) -> bool:
    """A file belongs to one message, which takes it along when it is deleted."""
    name = draft.fields.get("attachment")
    if not name:
        return False
    using_it = all_messages().filter(room=draft.known_room.pk, attachment=name)
    return using_it.exclude(side=draft.number, client_id=draft.client_id).exists()


def _take(draft: Draft, at: datetime) -> Row:
    """Give the draft its place in the room; the row is what is to be inserted."""
    room = draft.known_room
    room.take_message(draft.number, at, moves_read=draft.moves_read)
    encoded = answers.new_message(
        room=draft.key,
        seq=room.head,
        rev=room.rev,
        sender=None if draft.sender is None else str(draft.sender.pk),
        client_id=draft.client_id,
        kind=draft.kind,
        content=draft.content,
        data=draft.data,
        reply_to=draft.reply_to,
        attachment=attachment_object(draft.key, room.head, draft.fields.get("attachment_info")),
        created_at=at,
    )
    draft.outcome = Sent(room, room.head, encoded, duplicate=False)
    return {
        "room_id": room.pk,
        "seq": room.head,
        "rev": room.rev,
        "side": draft.number,
        "client_id": draft.client_id,
        "kind": draft.kind,
        "content": draft.content,
        "reply_to": draft.reply_to,
        "created_at": at,
    }


def _insert(rows: list[Row], drafts: list[Draft], *, with_instances: bool) -> None:
    """Plain rows where nobody can tell the difference; model instances where the host's model, its ``save()``, a
    receiver of its signals or a caller has something to add."""
    model = get_message_model()
    if not rows:
        return
    if not with_instances and is_plain(model) and not has_hooks(model) and all(map(_is_plain_text, drafts)):
        bulk.insert(model, rows, NEW_MESSAGE_CONSTANTS, database())
        return
    messages = [model(**row, data=draft.data, **draft.fields) for row, draft in zip(rows, drafts, strict=True)]
    if len(rows) == 1 or has_hooks(model):
        for message in messages:
            message.save(using=database(), force_insert=True)
    else:
        all_messages().bulk_create(messages)
    for message, draft in zip(messages, drafts, strict=True):
        draft.sent.attach(message)


def _is_plain_text(draft: Draft) -> bool:
    return draft.data is None and not draft.fields


@cache
def is_plain(model: type[models.Model]) -> bool:
    """Whether the model has the abstract model's fields and an automatic key, and nothing else: a field of the host's
    own kind may store something else than it was given."""
    own = {field.attname: type(field) for field in model._meta.concrete_fields if not field.primary_key}
    known = {field.attname: type(field) for field in AbstractMessage._meta.concrete_fields}
    return own == known and isinstance(model._meta.pk, models.AutoField)


def has_hooks(model: type[models.Model]) -> bool:
    """Whether somebody waits for each ``save()`` of this model: an override of it, or a receiver of its signals."""
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
        bulk.update(
            model, [{name: getattr(room, name) for name in (key, *STORED_COLUMNS)} for room in rooms], database()
        )
