"""Acts on messages: send, edit, delete, react, report."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from .. import get_room_model
from ..base_models import KIND_LENGTH, TEXT_KIND
from ..conf import conf
from ..exceptions import BadRequest, CannotSend, RateLimited
from ..signals import message_deleted, message_edited, message_reacted, message_reported
from ..wire.emoji import is_one_emoji
from ..wire.text import clean_content, clean_data
from .access import database, get_message, get_room, lock_room, require_may_send, side_of
from .announcements import after_commit, message_push, signal_later
from .drafts import Draft, Sent
from .rates import rates
from .sending import ask_policy, charge, send_one
from .snapshots import encoded_message
from .uploads import delete_files

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom, Side


def send(
    room: AbstractRoom,
    sender: Any,
    text: str,
    *,
    client_id: uuid.UUID | None = None,
    reply_to: int | None = None,
    kind: str = TEXT_KIND,
    data: Any = None,
    read: bool = True,
    fields: Mapping[str, Any] | None = None,
) -> AbstractMessage:
    """Send from the host's own code and return the stored message.

    ``sender`` is ``None`` for a message of the system (``kind="system"``). The same ``client_id`` stores one message
    however often it is sent. ``data`` is at most 4 KB of JSON. Whoever sends has read the
    room, as on a page, unless ``read=False`` says that a program sends for somebody who is away. ``fields`` fills
    columns that the host's own message model adds.

    Raises ``NotFound`` for a sender who is not in the room, ``CannotSend``, ``Rejected``, ``Conflict``, ``Empty``,
    ``TooLong``, ``BadText`` or ``BadRequest``.
    """
    _require_right_types(room, text)
    if not 1 <= len(kind) <= KIND_LENGTH:
        raise BadRequest(field="kind")
    draft = Draft(
        sender,
        text,
        client_id or uuid.uuid4(),
        key=str(room.pk),
        reply_to=reply_to,
        kind=kind,
        data=clean_data(data),
        moves_read=read,
        fields=fields or {},
    )
    return send_one(draft, copy.copy(room)).message


def _require_right_types(room: Any, text: Any) -> None:
    if not isinstance(room, get_room_model()):
        raise TypeError(f"send() was given {room!r}, which is not a room: use open_room(), or get_room(user, key).")
    if not isinstance(text, str):
        raise TypeError(f"send() was given {text!r} to send, which is not a str.")


def send_once(
    user: Any,
    key: str,
    *,
    client_id: uuid.UUID,
    content: str,
    reply_to: int | None = None,
    upload: str | None = None,
) -> Sent:
    """Send as a person does over a page: by the room's key, and with the sender's own read mark moved along."""
    draft = Draft(user, content, client_id, key=key, reply_to=reply_to, upload=upload)
    charge(draft)
    return send_one(draft)


def _change(
    side: Side, seq: int, alter: Callable[[AbstractRoom, AbstractMessage], bool]
) -> tuple[AbstractMessage, bool]:
    """Let ``alter`` change a message under its room's lock; it says whether it did. One step of ``rev`` if so."""
    with transaction.atomic(using=database()):
        room = lock_room(side.room.pk)
        for person in ("user1", "user2"):
            setattr(room, person, getattr(side.room, person))
        message = get_message(side_of(room, side.user), seq)
        changed = alter(room, message)
        if changed:
            room.rev += 1
            message.rev = room.rev
            room.save(using=database(), update_fields=["rev"])
            message.save(using=database())
    return message, changed


def _announce(message: AbstractMessage, told: Callable[[], object]) -> None:
    changes = [message_push(message, encoded_message(message))]
    after_commit(changes, told)


def edit(user: Any, key: str, seq: int, content: str) -> AbstractMessage:
    """Change one's own text. Equal text changes nothing.

    Raises ``CannotSend`` for somebody else's message, a deleted one, one that is not a text, one older than the
    policy's ``edit_window``, or in a room where one cannot write; ``Rejected`` where the policy refuses the text.
    """
    side = side_of(get_room(user, key), user)
    text = clean_content(content)
    _require_editable(side, get_message(side, seq))
    ask_policy(side.room, user, text)
    before = ""

    def alter(room: AbstractRoom, message: AbstractMessage) -> bool:
        nonlocal before
        _require_editable(side, message)
        if room.is_blocked:
            raise CannotSend
        before = message.content
        if before == text:
            return False
        message.content = text
        message.edited_at = timezone.now()
        return True

    message, changed = _change(side, seq, alter)
    if changed:
        told = signal_later(message_edited, type(message), message=message, room=message.room, before=before)
        _announce(message, told)
    return message


def _require_editable(side: Side, message: AbstractMessage) -> None:
    window = conf.policy.edit_window
    too_late = window is not None and timezone.now() - message.created_at > window
    if message.side != side.number or message.kind != TEXT_KIND or message.is_deleted or too_late:
        raise CannotSend


def delete(user: Any, key: str, seq: int) -> AbstractMessage:
    """Leave a tombstone of one's own message, for both people. Repeating it changes nothing.

    Raises ``CannotSend`` for a message of somebody else.
    """
    side = side_of(get_room(user, key), user)
    before = ""

    def alter(room: AbstractRoom, message: AbstractMessage) -> bool:
        nonlocal before
        if message.side != side.number:
            raise CannotSend
        before = message.content
        if message.is_deleted:
            return False
        _bury(message)
        return True

    message, changed = _change(side, seq, alter)
    if changed:
        told = signal_later(message_deleted, type(message), message=message, room=message.room, before=before)
        _announce(message, told)
    return message


def _bury(message: AbstractMessage) -> None:
    if message.attachment:
        storage, name = message.attachment.storage, str(message.attachment.name)
        transaction.on_commit(partial(delete_files, storage, name), using=database(), robust=True)
    message.content = ""
    message.data = None
    message.reply_to = None
    message.reactions = {}
    message.attachment = ""
    message.attachment_info = None
    message.edited_at = None
    message.deleted_at = timezone.now()


def react(user: Any, key: str, seq: int, emoji: str | None) -> AbstractMessage:
    """Set one's one reaction to a message, or take it back with ``None``. The same again changes nothing.

    Raises ``BadRequest`` for anything but one emoji, ``CannotSend`` on a deleted message or where one cannot write.
    """
    side = side_of(get_room(user, key), user)
    if emoji is not None and not is_one_emoji(emoji):
        raise BadRequest(field="emoji")
    get_message(side, seq)
    require_may_send(side)
    number = str(side.number)

    def alter(room: AbstractRoom, message: AbstractMessage) -> bool:
        if message.is_deleted or room.is_blocked:
            raise CannotSend
        if message.reactions.get(number) == emoji:
            return False
        reactions = {other: given for other, given in message.reactions.items() if other != number}
        message.reactions = reactions if emoji is None else {**reactions, number: emoji}
        return True

    message, changed = _change(side, seq, alter)
    if changed:
        told = signal_later(message_reacted, type(message), message=message, room=message.room, user=user, emoji=emoji)
        _announce(message, told)
    return message


def report(user: Any, key: str, reason: str, seq: int | None = None) -> None:
    """Tell the host about a conversation or one message in it: the signal ``message_reported``, nothing is stored.

    Costs as much of one's rate as a message. Raises ``RateLimited``.
    """
    room = get_room(user, key)
    message = None if seq is None else get_message(side_of(room, user), seq)
    wait = rates.charge(str(user.pk))
    if wait:
        raise RateLimited(retry_after=round(wait, 3))
    told = signal_later(message_reported, type(room), room=room, user=user, reason=reason, message=message)
    after_commit([], told)
