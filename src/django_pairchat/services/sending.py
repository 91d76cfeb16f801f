"""How messages come into being: any number of drafts, one transaction, a constant number of statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError
from django.db.models import Q

from .. import get_message_model
from ..base_models import FILE_KIND
from ..conf import conf
from ..exceptions import BadRequest, CannotSend, ChatError, Conflict, NotFound, RateLimited, Rejected
from ..policy import Policy
from ..querysets import MessageQuerySet
from ..signals import message_sent
from ..wire import answers
from ..wire.text import clean_content
from .access import all_messages, all_rooms, get_room, is_open, side_of
from .announcements import Change, Push, RoomChange, after_commit, everybody, signal_later
from .drafts import Draft, Sent, pending
from .known_rooms import KnownRooms
from .placing import place, place_known
from .rates import rates
from .snapshots import encoded_message
from .uploads import read_upload, require_fresh

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom

ATTEMPTS: Final = 3


def send_drafts(drafts: Sequence[Draft], known: KnownRooms, *, skip_locked: bool = False) -> None:
    """Store these drafts in one transaction and set their outcomes; announcing is the caller's.

    With ``skip_locked`` drafts of rooms that somebody else has locked keep ``None`` as their outcome, to be tried
    again. Raises what the database raises; then nothing was stored.
    """
    _find_rooms(drafts, known)
    _clean(pending(drafts))
    _require_fresh_uploads(pending(drafts))
    _ask_policy(pending(drafts), known)
    _refuse_hasty(pending(drafts))
    if skip_locked:
        _store_known(pending(drafts))
    _store(pending(drafts), skip_locked)
    _answer_repetitions(draft for draft in drafts if _may_be_repetition(draft))
    give_back_tokens(drafts)


def send_one(draft: Draft, room: AbstractRoom | None = None) -> Sent:
    """Store one draft, in the caller's transaction if there is one, and announce it after the commit.

    ``room`` spares the query for it. Raises the refusal.
    """
    known = KnownRooms()
    if room is not None:
        known.add(draft.key, room)
    send_drafts([draft], known)
    if isinstance(draft.outcome, Exception):
        raise draft.outcome
    sent = draft.sent
    if not sent.duplicate:
        told = signal_later(message_sent, get_message_model(), message=sent.message, room=sent.room)
        after_commit(announcements_of([draft]), told)
    return sent


def charge(draft: Draft) -> None:
    """Spend a token of the sender's rate on this draft, or note on it that there is none. At most 0.25 s."""
    _note_rate(draft, rates.charge(str(draft.sender.pk)))


def charge_at_once(draft: Draft) -> bool:
    """As :func:`charge`, where that needs no waiting; whether it was so."""
    wait = rates.spend(str(draft.sender.pk))
    if wait is not None:
        _note_rate(draft, wait)
    return wait is not None


def _note_rate(draft: Draft, wait: float) -> None:
    draft.charged, draft.over_rate_seconds = not wait, wait


def vet(draft: Draft) -> None:
    """Ask the host's policy about a draft that is about to be queued, so that the writer need not.

    Raises what :func:`send_one` would raise. A repetition is not asked about: it is answered whatever the policy says.
    """
    draft.room = get_room(draft.sender, draft.key)
    draft.number = side_of(draft.room, draft.sender).number
    text = clean_content(draft.content, may_be_empty=draft.upload is not None)
    try:
        ask_policy(draft.room, draft.sender, text)
    except ChatError:
        if _stored([draft]).first() is None:
            raise
    draft.room = None
    draft.policy_asked = True


def ask_policy(room: AbstractRoom, sender: Any, content: str) -> None:
    """Raises ``CannotSend`` or ``Rejected`` where blocks, accounts or the host's policy say no."""
    if not is_open(room) or not conf.policy.can_send(sender, room.peer_of(sender), room):
        raise CannotSend
    conf.policy.check_content(sender, room, content)


def decides_about_sends(policy: Policy) -> bool:
    """Whether the host has an opinion of its own about who may send what."""
    kind = type(policy)
    return kind.can_send is not Policy.can_send or kind.check_content is not Policy.check_content


def announcements_of(drafts: Iterable[Draft]) -> list[Change]:
    """What to announce of the drafts that were stored now: each message, and each room once."""
    changes: list[Change] = []
    rooms: dict[str, tuple[AbstractRoom, tuple[str, ...]]] = {}
    for draft in drafts:
        if draft.is_stored:
            sent = draft.sent
            room, people = rooms.get(draft.key) or rooms.setdefault(draft.key, (sent.room, everybody(sent.room)))
            changes.append(Push(people, answers.message_event(draft.key, room.epoch, sent.encoded)))
    changes.extend(RoomChange(key, people) for key, (_room, people) in rooms.items())
    return changes


def _find_rooms(drafts: Sequence[Draft], known: KnownRooms) -> None:
    for draft in drafts:
        known.forget_unless_of(draft.key, draft.sender)
    rooms = known.find({draft.key for draft in drafts})
    for draft in drafts:
        room = rooms.get(draft.key)
        if isinstance(room, Exception):
            draft.outcome = room
        elif room is None:
            draft.outcome = NotFound()
        else:
            draft.room = room
            _take_side(draft, room)


def _take_side(draft: Draft, room: AbstractRoom) -> None:
    if draft.sender is None:
        return
    try:
        draft.number = side_of(room, draft.sender).number
    except NotFound as refusal:
        draft.outcome = refusal


def _clean(drafts: Iterable[Draft]) -> None:
    for draft in drafts:
        try:
            draft.content = clean_content(draft.content, may_be_empty=draft.upload is not None)
            if draft.upload is not None:
                _take_upload(draft, draft.upload)
        except ChatError as refusal:
            draft.outcome = refusal


def _take_upload(draft: Draft, token: str) -> None:
    name, info = read_upload(token, draft.sender, draft.known_room)
    draft.kind = FILE_KIND
    draft.fields = {**draft.fields, "attachment": name, "attachment_info": info}


def _require_fresh_uploads(drafts: Iterable[Draft]) -> None:
    """Apart from reading them: a message that was stored with an upload can be repeated for ever."""
    for draft in drafts:
        if draft.upload is not None:
            try:
                require_fresh(draft.upload)
            except BadRequest as refusal:
                draft.outcome = refusal


def _ask_policy(drafts: Iterable[Draft], known: KnownRooms) -> None:
    host_decides = decides_about_sends(conf.policy)
    for draft in drafts:
        if draft.sender is None:
            continue
        if not known.has_active_people(draft.key):
            draft.outcome = CannotSend()
        elif host_decides and not draft.policy_asked:
            try:
                ask_policy(draft.known_room, draft.sender, draft.content)
            except ChatError as refusal:
                draft.outcome = refusal


def _refuse_hasty(drafts: Iterable[Draft]) -> None:
    """A block comes before the rate, and is read again for those who will not get as far as the room's lock."""
    hasty = [draft for draft in drafts if draft.over_rate_seconds]
    if not hasty:
        return
    rooms = all_rooms().filter(pk__in={draft.known_room.pk for draft in hasty})
    blocked = set(rooms.filter(Q(user1_blocked=True) | Q(user2_blocked=True)).values_list("pk", flat=True))
    for draft in hasty:
        wait = round(draft.over_rate_seconds, 3)
        draft.outcome = CannotSend() if draft.known_room.pk in blocked else RateLimited(retry_after=wait)


def _may_be_repetition(draft: Draft) -> bool:
    """Whether what was found wrong with it comes after the question whether it was stored before."""
    return isinstance(draft.outcome, BadRequest | CannotSend | Rejected | RateLimited)


def give_back_tokens(drafts: Iterable[Draft]) -> None:
    """Only a send that stored a message costs rate."""
    for draft in drafts:
        if draft.charged and draft.outcome is not None and not draft.is_stored:
            rates.give_back(str(draft.sender.pk))
            draft.charged = False


def _store_known(drafts: list[Draft]) -> None:
    with suppress(IntegrityError):
        place_known(drafts)


def _store(drafts: list[Draft], skip_locked: bool) -> None:
    """Repetitions are noticed by the database: a transaction that meets one is done again without it."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            place(drafts, skip_locked)
        except IntegrityError:
            _answer_repetitions(drafts)
            if attempt == ATTEMPTS or len(pending(drafts)) == len(drafts):
                raise
            drafts = pending(drafts)
        else:
            return


def _stored(drafts: Sequence[Draft]) -> MessageQuerySet:
    condition = Q()
    for draft in drafts:
        condition |= Q(room=draft.known_room.pk, side=draft.number, client_id=draft.client_id)
    return all_messages().filter(condition)


def _answer_repetitions(drafts: Iterable[Draft]) -> None:
    """Whatever else could be said of a send, one that was stored before is answered with what it stored."""
    asked = [draft for draft in drafts if draft.room is not None]
    if not asked:
        return
    by_address = {(message.room_id, message.side, message.client_id): message for message in _stored(asked)}
    for draft in asked:
        message = by_address.get(draft.address)
        if message is not None:
            message.room = draft.known_room
            draft.outcome = _outcome_of_repeating(draft, message)


def _outcome_of_repeating(draft: Draft, message: AbstractMessage) -> Sent | ChatError:
    untouched = message.edited_at is None and message.deleted_at is None
    stored = (message.content, message.reply_to, message.kind, message.data, message.attachment.name or "")
    # The token of an upload that could not be read names no file that was ever stored with a message.
    other_file = draft.upload is not None and "attachment" not in draft.fields
    if untouched and (other_file or stored != draft.payload):
        return Conflict(field="client_id")
    return Sent(draft.known_room, message.seq, encoded_message(message), duplicate=True, message=message)
