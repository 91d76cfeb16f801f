"""Decisions about held messages: release, refuse, and withdraw by their sender."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone

from .. import get_room_model
from ..core.access import all_rooms, database, get_room, lock_room, require_may_send, side_of
from ..core.events import deferred_signal, publish_on_commit, room_changed
from ..core.held import all_held
from ..core.references import RoomRef
from ..core.transactions import retry_on_conflict
from ..exceptions import ChatError, NotFound
from ..querysets import parse_key
from ..sending.types import PendingMessage
from ..signals import message_refused
from .messages import send_admitted

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom
    from ..held.models import HeldMessage

REFUSAL_LENGTH: Final = 500
KEPT_REFUSALS: Final = 20
"""How many refused messages of one person are kept, for the sender to see which they were."""


def release_held(held: HeldMessage) -> AbstractMessage:
    """Make a held message the next one of its room, under its own ``client_id``, and return it.

    The policy is not asked about its text again. The sender's read mark moves only if nothing before it is unread.
    Raises ``NotFound`` if it waits no more or its room is gone, ``CannotSend`` or ``Suspended`` if its sender cannot
    write there now, ``BadRequest`` if its file belongs to another message, ``Conflict`` if another message has its id.
    """
    room = _room_of(held)
    require_may_send(side_of(room, held.sender))
    return _release(held, room)


@retry_on_conflict
def _release(held: HeldMessage, room: AbstractRoom) -> AbstractMessage:
    with transaction.atomic(using=database()):
        side = side_of(lock_room(room.pk), held.sender)
        waiting = all_held().select_for_update().filter(pk=held.pk, refused_at=None).first()
        if waiting is None:
            raise NotFound
        pending = PendingMessage(
            sender=held.sender,
            content=waiting.content,
            client_id=waiting.client_id,
            key=str(room.pk),
            reply_to=waiting.reply_to,
            kind=waiting.kind,
            data=waiting.data,
            marks_read=not side.unread,
            fields={**waiting.fields, "attachment": waiting.attachment} if waiting.attachment else waiting.fields,
        )
        stored = send_admitted(pending)
        waiting.delete()
    return stored.message


def refuse_held(held: HeldMessage, reason: str = "") -> None:
    """Refuse a held message: it will not be sent, and its sender is told, with this reason.

    Its sender sees it until it is removed from the page, or until 20 later ones were refused. Its file is
    deleted as one that belongs to no message. Raises ``NotFound`` if it waits no more.
    """
    if not _refuse(held, reason[:REFUSAL_LENGTH]):
        raise NotFound
    earlier = all_held().filter(sender=held.sender_id).exclude(refused_at=None).order_by("-refused_at", "-pk")
    all_held().filter(pk__in=[old.pk for old in earlier[KEPT_REFUSALS:]]).delete()
    try:
        room = _room_of(held)
    except ChatError:
        return
    signal = deferred_signal(message_refused, type(room), room=room, user=held.sender, held=held)
    publish_on_commit([room_changed(room, [held.sender_id])], signal)


def withdraw_held(user: Any, room: RoomRef, client_id: uuid.UUID) -> None:
    """Delete the user's own held message, whether it waits or was refused. Raises ``NotFound`` if there is none."""
    found = get_room(user, room)
    deleted, _by_model = all_held().filter(sender=user, room_key=str(found.pk), client_id=client_id).delete()
    if not deleted:
        raise NotFound
    publish_on_commit([room_changed(found, [user.pk])])


def _room_of(held: HeldMessage) -> AbstractRoom:
    """Return the room, loaded with its people. Raises ``NotFound`` if it is gone, or its sender is not in it."""
    pk = parse_key(get_room_model(), held.room_key, "room")
    room: AbstractRoom | None = all_rooms().with_people().filter(pk=pk).first()
    if room is None:
        raise NotFound
    side_of(room, held.sender)
    return room


def _refuse(held: HeldMessage, reason: str) -> bool:
    """Return whether it waited. Its file is forgotten, and deleted with the files of no message."""
    changed = {"refused_at": timezone.now(), "refusal": reason, "attachment": ""}
    if not all_held().filter(pk=held.pk, refused_at=None).update(**changed):
        return False
    for name, value in changed.items():
        setattr(held, name, value)
    return True
