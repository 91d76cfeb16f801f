"""The stage that stores messages: any number of them, in one statement or transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError, OperationalError
from django.db.models import Q

from ..base_models import SYSTEM
from ..conf import SEND
from ..core.access import all_messages, all_rooms
from ..core.request_cost import rate_limited
from ..core.transactions import is_conflict
from ..core.uploads import read_upload, require_fresh
from ..exceptions import BadRequest, CannotSend, ChatError, Conflict, DailyLimit, NotFound, RateLimited, Rejected
from ..protocol.content import without_preview
from ..review.verdicts import is_masked_from
from .first_message import AskLimit, charge_first_message, is_first_message, limits_new_rooms
from .room_cache import RoomCache
from .types import LOCKED, Failed, Locked, PendingMessage, StoredMessage, StoreResult
from .write import Candidate, CommitUncertain, IdempotencyKey, Results, store_if_unchanged, store_locked

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom

ATTEMPTS: Final = 3
REPEATABLE: Final = (BadRequest, CannotSend, Rejected, RateLimited, DailyLimit)
"""Errors over which the duplicate check takes precedence."""


def store(
    batch: Sequence[PendingMessage],
    known: RoomCache,
    *,
    skip_locked: bool = False,
    ask_limit: AskLimit = charge_first_message,
) -> list[StoreResult]:
    """Store these messages and return the result of each. Publishing is up to the caller.

    With ``skip_locked``, a message of a room that another transaction has locked is ``LOCKED``, for another attempt. So
    is one of which ``ask_limit`` does not yet know whether its sender may begin another conversation today. If the
    database or the host's code fails, each message that has not been stored is ``Failed``.
    """
    results: Results = {}
    try:
        candidates, results = _find_rooms(batch, known)
        results.update(_refused(candidates, known))
        candidates, errors = _allowed(candidates, results, ask_limit)
        results.update(errors)
        if skip_locked:
            results.update(_store_unchanged(_open(candidates, results)))
        results.update(_store_locked(_open(candidates, results), skip_locked))
        results.update(_repeated(each for each in candidates if isinstance(results.get(each.place), REPEATABLE)))
    except CommitUncertain as uncertain:
        error = uncertain.__cause__ if isinstance(uncertain.__cause__, Exception) else uncertain
        return _failed(len(batch), results, error, uncertain.places)
    except Exception as error:  # noqa: BLE001 - the result of each message that could not be stored
        return _failed(len(batch), results, error)
    return [results.get(index, LOCKED) for index in range(len(batch))]


def _failed(count: int, results: Results, error: Exception, uncertain: Collection[int] = ()) -> list[StoreResult]:
    known = [results.get(index) for index in range(count)]
    return [
        result if isinstance(result, StoredMessage) else Failed(error, may_be_stored=index in uncertain)
        for index, result in enumerate(known)
    ]


def _open(candidates: Iterable[Candidate], results: Results) -> list[Candidate]:
    return [candidate for candidate in candidates if candidate.place not in results] if results else list(candidates)


def _find_rooms(batch: Sequence[PendingMessage], known: RoomCache) -> tuple[list[Candidate], Results]:
    """Return the messages of members of their rooms, and the errors of the others."""
    for pending in batch:
        known.evict_for_non_member(pending.key, pending.sender)
    rooms = known.get_many({pending.key for pending in batch})
    candidates: list[Candidate] = []
    errors: Results = {}
    for index, pending in enumerate(batch):
        room = rooms.get(pending.key)
        try:
            candidates.append(_candidate(index, pending, room))
        except ChatError as error:
            errors[index] = error
    return candidates, errors


def _candidate(index: int, pending: PendingMessage, room: AbstractRoom | ChatError | None) -> Candidate:
    if room is None:
        raise NotFound
    if isinstance(room, ChatError):
        raise room
    side = SYSTEM if pending.sender is None else room.side_number(pending.sender)
    if side is None:
        raise NotFound
    fields = pending.fields if pending.upload is None else _with_file(pending, pending.upload, room)
    return Candidate(index, pending, room, side, fields, (room.pk, side, pending.client_id))


def _with_file(pending: PendingMessage, token: str, room: AbstractRoom) -> Mapping[str, Any]:
    """Return the message's fields with the name of its file, if the token names one of this sender and room."""
    try:
        return {**pending.fields, "attachment": read_upload(token, pending.sender, room)}
    except BadRequest:
        return pending.fields


def _refused(candidates: Iterable[Candidate], known: RoomCache) -> Results:
    """Return the errors that are decided without the room's lock."""
    errors: Results = {}
    limited: list[Candidate] = []
    for candidate in candidates:
        pending = candidate.pending
        error = pending.error or (None if pending.upload is None else _upload_error(candidate, pending.upload))
        if error is None and pending.sender is not None and not known.participants_active(pending.key):
            error = CannotSend()
        if error is not None:
            errors[candidate.place] = error
        elif pending.wait_seconds:
            limited.append(candidate)
    if limited:
        errors.update(_rate_limited(limited))
    return errors


def _allowed(candidates: list[Candidate], results: Results, ask_limit: AskLimit) -> tuple[list[Candidate], Results]:
    """Return the messages without those that wait for ``ask_limit``, and the errors of those beyond a daily limit."""
    first = [each for each in _open(candidates, results) if is_first_message(each.pending, each.room, each.side)]
    if not first or not limits_new_rooms():
        return candidates, {}
    # Only its opener begins a conversation, so that one answer is for all messages of a room.
    rooms = {each.pending.key: each for each in first}
    answers = {key: ask_limit(each.pending, each.room) for key, each in rooms.items()}
    waiting = {each.place for each in first if isinstance(answers[each.pending.key], Locked)}
    errors: Results = {
        each.place: answer for each in first if isinstance(answer := answers[each.pending.key], ChatError)
    }
    return [each for each in candidates if each.place not in waiting], errors


def _upload_error(candidate: Candidate, token: str) -> BadRequest | None:
    """Return the error of an upload that is not the sender's, has expired, or that the storage no longer has.

    This is separate from reading the token, because a message that was stored with an upload can be repeated for ever.
    """
    try:
        require_fresh(token)
    except BadRequest as error:
        return error
    is_there = "attachment" in candidate.fields and candidate.fields["attachment_info"] is not None
    return None if is_there else BadRequest(field="attachment")


def _rate_limited(candidates: Collection[Candidate]) -> Results:
    """Return the errors of messages for which there was no token.

    A block takes precedence, so blocks are read here: these messages never reach the room's lock.
    """
    rooms = all_rooms().filter(pk__in={candidate.key[0] for candidate in candidates})
    blocked = set(rooms.filter(Q(user1_blocked=True) | Q(user2_blocked=True)).values_list("pk", flat=True))
    return {
        each.place: CannotSend() if each.key[0] in blocked else rate_limited(SEND, each.pending.wait_seconds or 0.0)
        for each in candidates
    }


def _store_unchanged(candidates: Sequence[Candidate]) -> Results:
    """Store messages of unchanged rooms. Messages that conflict with another transaction stay open, too."""
    try:
        return store_if_unchanged(candidates)
    except IntegrityError:
        return {}
    except OperationalError as error:
        if not is_conflict(error):
            raise
        return {}


def _store_locked(candidates: Sequence[Candidate], skip_locked: bool) -> Results:
    """Store messages under the locks of their rooms.

    The database's unique constraint finds repetitions: a transaction that meets one is retried without it.
    """
    results: Results = {}
    for attempt in range(1, ATTEMPTS + 1):
        left = _open(candidates, results)
        try:
            results.update(store_locked(left, skip_locked=skip_locked))
        except IntegrityError:
            repeated = _repeated(left)
            if attempt == ATTEMPTS or not repeated:
                raise
            results.update(repeated)
        else:
            break
    return results


def _repeated(candidates: Iterable[Candidate]) -> Results:
    """Return the results of repeated sends: the message that was stored first, whatever else may be wrong with them."""
    condition = Q()
    by_key: dict[IdempotencyKey, list[Candidate]] = {}
    for candidate in candidates:
        room, side, client_id = candidate.key
        by_key.setdefault(candidate.key, []).append(candidate)
        condition |= Q(room=room, side=side, client_id=client_id)
    if not by_key:
        return {}
    return {
        candidate.place: _result_of_repetition(candidate, message)
        for message in all_messages().filter(condition)
        for candidate in by_key[(message.room_id, message.side, message.client_id)]
    }


def _result_of_repetition(candidate: Candidate, message: AbstractMessage) -> StoredMessage | Conflict:
    message.room = candidate.room
    is_untouched = message.edited_at is None and message.deleted_at is None
    stored = (
        message.content,
        message.reply_to,
        message.kind,
        without_preview(message.data),
        message.attachment.name or "",
    )
    # The token of an upload that could not be read names no file that was ever stored with a message.
    has_other_file = candidate.pending.upload is not None and "attachment" not in candidate.fields
    if is_untouched and (has_other_file or not _is_same(stored, candidate.payload)):
        return Conflict(field="client_id")
    return StoredMessage(candidate.room, message.seq, candidate.pending, duplicate=True, instance=message)


def _is_same(stored: tuple[Any, ...], given: tuple[Any, ...]) -> bool:
    """Return whether a message was sent with these values. What was stored may be masked."""
    return stored == given or (stored[1:] == given[1:] and is_masked_from(stored[0], given[0]))
