"""How messages come into being: any number of drafts, one transaction, a constant number of statements."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Model, signals
from django.utils import timezone

from .. import get_message_model, get_room_model
from ..base_models import SYSTEM, TEXT_KIND, AbstractMessage
from ..conf import conf
from ..exceptions import BadRequest, CannotSend, ChatError, Conflict, NotFound
from ..querysets import parse_key
from ..signals import message_sent
from ..wire.text import clean_content
from .access import database, get_room, is_open, side_of
from .announcements import Change, after_commit, message_push, room_change, signal_later
from .snapshots import encoded_message

if TYPE_CHECKING:
    from ..base_models import AbstractRoom

ATTEMPTS: Final = 3
STORED_ROOM_FIELDS: Final = (
    "head",
    "rev",
    "last_message_at",
    *(
        f"user{number}_{name}"
        for number in (1, 2)
        for name in ("read", "read_shown", "archived", "marked_unread", "has_unread")
    ),
)


@dataclass(slots=True)
class Sent:
    """A message that is in the database: new, or the one that an earlier send with the same id stored."""

    message: AbstractMessage
    duplicate: bool
    encoded: str = ""


@dataclass(slots=True)
class Draft:
    """A message to be. ``outcome`` is set by :func:`send_drafts`: ``Sent``, a refusal, or ``None`` while its room
    is locked by somebody else.

    ``key`` is the room's key as a client wrote it; a draft whose ``room`` is known needs none.
    ``sender`` is ``None`` for the system.
    """

    sender: Any
    content: str
    client_id: uuid.UUID
    key: str = ""
    room: AbstractRoom | None = None
    reply_to: int | None = None
    kind: str = TEXT_KIND
    data: Any = None
    moves_read: bool = True
    fields: Mapping[str, Any] = field(default_factory=dict)
    policy_asked: bool = False
    number: int = SYSTEM
    outcome: Sent | ChatError | None = None

    @property
    def address(self) -> tuple[Any, int, uuid.UUID]:
        """What must be unique: the room, the side that writes, and the client's id."""
        return (self.known_room.pk, self.number, self.client_id)

    @property
    def known_room(self) -> AbstractRoom:
        assert self.room is not None
        return self.room


def _pending(drafts: Iterable[Draft]) -> list[Draft]:
    return [draft for draft in drafts if draft.outcome is None]


def send_drafts(drafts: Sequence[Draft], *, skip_locked: bool = False) -> None:
    """Store these drafts in one transaction and set their outcomes; announcing is the caller's.

    With ``skip_locked`` drafts of rooms that somebody else has locked keep ``None`` as their outcome, to be tried
    again. Raises what the database raises; then nothing was stored.
    """
    _find_rooms(drafts)
    _clean(_pending(drafts))
    _answer_duplicates(_pending(drafts))
    _ask_policy(_pending(drafts))
    _store(_pending(drafts), skip_locked)


def announcements_of(drafts: Iterable[Draft]) -> list[Change]:
    """What to announce of the drafts that were stored now."""
    changes: list[Change] = []
    rooms: dict[Any, AbstractRoom] = {}
    for sent in fresh(drafts):
        changes.append(message_push(sent.message, sent.encoded))
        rooms[sent.message.room_id] = sent.message.room
    changes.extend(room_change(room) for room in rooms.values())
    return changes


def fresh(drafts: Iterable[Draft]) -> list[Sent]:
    return [draft.outcome for draft in drafts if isinstance(draft.outcome, Sent) and not draft.outcome.duplicate]


def send_one(draft: Draft) -> Sent:
    """Store one draft, in the caller's transaction if there is one, and announce it after the commit."""
    send_drafts([draft])
    if isinstance(draft.outcome, ChatError):
        raise draft.outcome
    assert draft.outcome is not None
    sent = draft.outcome
    if not sent.duplicate:
        message = sent.message
        told = signal_later(message_sent, type(message), message=message, room=message.room)
        after_commit(announcements_of([draft]), told)
    return sent


def _find_rooms(drafts: Sequence[Draft]) -> None:
    model = get_room_model()
    wanted: dict[str, Any] = {}
    for draft in drafts:
        if draft.room is None:
            try:
                wanted[draft.key] = parse_key(model, draft.key, "room")
            except ChatError as refusal:
                draft.outcome = refusal
    found: dict[Any, AbstractRoom] = {}
    if wanted:
        rooms = model._default_manager.with_people().filter(pk__in=set(wanted.values()))
        found = {room.pk: room for room in rooms}
    for draft in _pending(drafts):
        draft.room = draft.room or found.get(wanted[draft.key])
        _take_side(draft)


def _take_side(draft: Draft) -> None:
    if draft.room is None:
        draft.outcome = NotFound()
    elif draft.sender is not None:
        try:
            draft.number = side_of(draft.room, draft.sender).number
        except NotFound as refusal:
            draft.outcome = refusal


def _clean(drafts: Iterable[Draft]) -> None:
    for draft in drafts:
        try:
            draft.content = clean_content(draft.content)
        except ChatError as refusal:
            draft.outcome = refusal


def _answer_duplicates(drafts: Sequence[Draft]) -> None:
    if not drafts:
        return
    rooms = {draft.known_room.pk: draft.known_room for draft in drafts}
    stored = get_message_model()._default_manager.filter(
        room__in=rooms, client_id__in={draft.client_id for draft in drafts}
    )
    by_address = {(message.room_id, message.side, message.client_id): message for message in stored}
    for draft in drafts:
        message = by_address.get(draft.address)
        if message is not None:
            message.room = draft.known_room
            draft.outcome = _outcome_of_repeating(draft, message)


def _outcome_of_repeating(draft: Draft, message: AbstractMessage) -> Sent | ChatError:
    untouched = message.edited_at is None and message.deleted_at is None
    same = (message.content, message.reply_to, message.kind, message.data) == (
        draft.content,
        draft.reply_to,
        draft.kind,
        draft.data,
    )
    if untouched and not same:
        return Conflict(field="client_id")
    return Sent(message, duplicate=True, encoded=encoded_message(message))


def _ask_policy(drafts: Iterable[Draft]) -> None:
    for draft in drafts:
        if draft.sender is None or draft.policy_asked:
            continue
        try:
            ask_policy(draft.known_room, draft.sender, draft.content)
        except ChatError as refusal:
            draft.outcome = refusal


def ask_policy(room: AbstractRoom, sender: Any, content: str) -> None:
    """Raises ``CannotSend`` or ``Rejected`` where blocks, accounts or the host's policy say no."""
    if not is_open(room) or not conf.policy.can_send(sender, room.peer_of(sender), room):
        raise CannotSend
    conf.policy.check_content(sender, room, content)


def vet(draft: Draft) -> None:
    """Ask the host's policy about a draft that is about to be queued, so that the writer need not.

    Raises what :func:`send_one` would raise. A repetition is not asked about: it is answered whatever the policy says.
    """
    room = get_room(draft.sender, draft.key)
    text = clean_content(draft.content)
    try:
        ask_policy(room, draft.sender, text)
    except ChatError:
        stored = get_message_model()._default_manager.filter(
            room=room.pk, side=side_of(room, draft.sender).number, client_id=draft.client_id
        )
        if not stored.exists():
            raise
    draft.policy_asked = True


def _store(drafts: Sequence[Draft], skip_locked: bool) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        if not drafts:
            return
        try:
            with transaction.atomic(using=database()):
                _place(drafts, skip_locked)
        except IntegrityError:
            # Somebody stored one of these client ids between our look and our insert: answer it as a repetition.
            for draft in drafts:
                draft.outcome = None
            _answer_duplicates(drafts)
            drafts = _pending(drafts)
            if attempt == ATTEMPTS:
                raise
        else:
            return


def _place(drafts: Sequence[Draft], skip_locked: bool) -> None:
    rooms = get_room_model()._default_manager.using(database())
    locked = rooms.locked({draft.known_room.pk for draft in drafts}, skip_locked=skip_locked)
    placed: dict[tuple[Any, int, uuid.UUID], AbstractMessage] = {}
    now = timezone.now()
    for draft in drafts:
        room = locked.get(draft.known_room.pk)
        if room is None:
            draft.outcome = None if skip_locked else NotFound()
        elif draft.address in placed:
            draft.outcome = _outcome_of_repeating(draft, placed[draft.address])
        else:
            _place_one(draft, room, placed, now)
            now += timedelta(microseconds=1)
    _insert(list(placed.values()))
    _store_rooms([locked[pk] for pk in {message.room_id: None for message in placed.values()}])
    for sent in fresh(drafts):
        sent.encoded = encoded_message(sent.message)


def _place_one(
    draft: Draft, room: AbstractRoom, placed: dict[tuple[Any, int, uuid.UUID], AbstractMessage], now: datetime
) -> None:
    if draft.sender is not None and room.is_blocked:
        draft.outcome = CannotSend()
        return
    if draft.reply_to is not None and not 1 <= draft.reply_to <= room.head:
        draft.outcome = BadRequest(field="reply_to")
        return
    _keep_loaded_people(draft.known_room, room)
    message = _new_message(draft, room, now)
    _advance(room, draft, now)
    placed[draft.address] = message
    draft.outcome = Sent(message, duplicate=False)


def _keep_loaded_people(known: AbstractRoom, room: AbstractRoom) -> None:
    for name in ("user1", "user2"):
        if known._meta.get_field(name).is_cached(known) and getattr(room, f"{name}_id") == getattr(known, f"{name}_id"):
            setattr(room, name, getattr(known, name))


def _new_message(draft: Draft, room: AbstractRoom, now: datetime) -> AbstractMessage:
    return get_message_model()(
        room=room,
        seq=room.head + 1,
        rev=room.rev + 1,
        side=draft.number,
        client_id=draft.client_id,
        kind=draft.kind,
        content=draft.content,
        data=draft.data,
        reply_to=draft.reply_to,
        created_at=now,
        **draft.fields,
    )


def _advance(room: AbstractRoom, draft: Draft, now: datetime) -> None:
    room.head += 1
    room.rev += 1
    room.last_message_at = now
    for side in room.sides:
        if side.number != draft.number:
            side.archived = False
        elif draft.moves_read:
            side.advance_read(room.head)
        side.refresh_unread()


def has_hooks(model: type[Any]) -> bool:
    """Whether somebody waits for each ``save()`` of this model: an override of it, or a receiver of its signals."""
    return model.save is not Model.save or any(
        signal.has_listeners(model) for signal in (signals.pre_save, signals.post_save)
    )


def _insert(messages: list[AbstractMessage]) -> None:
    model = get_message_model()
    if has_hooks(model) or len(messages) == 1:
        for message in messages:
            message.save(using=database(), force_insert=True)
    elif messages:
        model._default_manager.using(database()).bulk_create(messages)


def _store_rooms(rooms: list[AbstractRoom]) -> None:
    model = get_room_model()
    if has_hooks(model):
        for room in rooms:
            room.save(using=database(), update_fields=STORED_ROOM_FIELDS)
    else:
        model._default_manager.using(database()).store(rooms, STORED_ROOM_FIELDS)


