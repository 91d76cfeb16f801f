"""Messages that the policy holds: stored apart from their room, and found again when they are sent once more."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import IntegrityError, transaction

from ..core.access import all_messages, database, side_of
from ..core.events import deferred_signal, publish_on_commit, room_changed
from ..core.held import all_held, held_files, holds
from ..core.request_cost import limit_refusal
from ..core.uploads import read_upload, require_fresh
from ..exceptions import BadRequest, ChatError, Conflict, Held, Rejected
from ..policy import get_policy
from ..review import Hold
from ..signals import message_held
from .first_message import charge_first_message, is_first_message, limits_new_rooms
from .publish import refund_token
from .types import PendingMessage

if TYPE_CHECKING:
    from uuid import UUID

    from ..base_models import AbstractRoom
    from ..held.models import HeldMessage

REASON_LENGTH: Final = 500


class Payload(NamedTuple):
    """The values that must be equal in a repetition. ``upload`` is the token of a file that is stored already."""

    content: str
    reply_to: int | None
    kind: str
    data: Any
    upload: str | None


def is_stored(room: AbstractRoom, sender: Any, client_id: UUID) -> bool:
    side = side_of(room, sender)
    return all_messages().filter(room=room.pk, side=side.number, client_id=client_id).exists()


def require_not_held(room: AbstractRoom, sender: Any, client_id: UUID, payload: Payload) -> None:
    """Raise ``Held`` for a message that waits, ``Rejected`` for one that was refused, ``Conflict`` for another one."""
    if not holds():
        return
    held = _held_by(sender).filter(room_key=str(room.pk), client_id=client_id).first()
    if held is None:
        return
    if not _is_same(held, payload, sender, room):
        raise Conflict(field="client_id")
    raise Rejected(reason=held.refusal) if held.is_refused else Held


def _is_same(held: HeldMessage, payload: Payload, sender: Any, room: AbstractRoom) -> bool:
    if (held.content, held.reply_to, held.kind, held.data) != payload[:-1]:
        return False
    if payload.upload is None or not held.attachment:
        # A form brings its file afterwards, and that of a refused message is forgotten.
        return True
    with suppress(BadRequest):
        return read_upload(payload.upload, sender, room) == held.attachment
    return False


def hold(pending: PendingMessage, verdict: Hold) -> PendingMessage | ChatError:
    """Store a message that waits for a decision, and return ``Held``.

    It is returned as it is if another request has stored it in the meantime.
    """
    try:
        return Held() if _store(pending, verdict) else pending
    except ChatError as error:
        refund_token(pending)
        return error if pending.wait_seconds is None else limit_refusal(pending.sender, error)


def _held_by(sender: Any) -> Any:
    return all_held().filter(sender=sender)


def _store(pending: PendingMessage, verdict: Hold) -> bool:
    """Return whether it is held. Raises ``ChatError`` for one that could not be stored as a message either."""
    room, sender = pending.room, pending.sender
    assert room is not None
    if pending.reply_to is not None and not 1 <= pending.reply_to <= room.head:
        raise BadRequest(field="reply_to")
    held = all_held().model(
        room_key=str(room.pk),
        sender=sender,
        client_id=pending.client_id,
        kind=pending.kind,
        content=pending.content,
        data=pending.data,
        reply_to=pending.reply_to,
        attachment="" if pending.upload is None else _file_of(pending, pending.upload, room),
        fields=dict(pending.fields),
        reason=str(verdict.reason)[:REASON_LENGTH],
    )
    if limits_new_rooms() and is_first_message(pending, room, side_of(room, sender).number):
        error = charge_first_message(pending, room)
        if error is not None:
            raise error
    if _held_by(sender).filter(refused_at=None).count() >= get_policy().held_messages_limit:
        raise Conflict(field="held")
    try:
        with transaction.atomic(using=database()):
            held.save(using=database(), force_insert=True)
            if is_stored(room, sender, pending.client_id):
                raise _StoredMeanwhile
            _publish(held, room)
    except _StoredMeanwhile:
        return False
    except IntegrityError:
        payload = Payload(pending.content, pending.reply_to, pending.kind, pending.data, pending.upload)
        require_not_held(room, sender, pending.client_id, payload)
        raise
    return True


class _StoredMeanwhile(Exception):
    """Raised to roll back: the message was released between the look for it and now."""


def _file_of(pending: PendingMessage, token: str, room: AbstractRoom) -> str:
    """Return the name of the file that the token of an upload names. Raises ``BadRequest``."""
    name = read_upload(token, pending.sender, room)
    require_fresh(token)
    used = all_messages().filter(room=room.pk, attachment=name).exists() or held_files([name])
    if used or pending.fields.get("attachment_info") is None:
        raise BadRequest(field="attachment")
    return name


def _publish(held: HeldMessage, room: AbstractRoom) -> None:
    signal = deferred_signal(message_held, type(room), room=room, user=held.sender, held=held)
    publish_on_commit([room_changed(room, [held.sender_id])], signal)
