"""Operations on messages: send, edit, delete, react, report."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from ..base_models import KIND_LENGTH, TEXT_KIND
from ..core import reports
from ..core.access import (
    all_messages,
    database,
    find_message,
    get_message,
    get_room,
    lock_room,
    require_may_send,
    side_of,
)
from ..core.events import change_events, deferred_signal, publish_on_commit
from ..core.references import MessageRef, RoomRef, message_seq, optional_seq, room_key
from ..core.request_cost import charge_request
from ..core.restrictions import require_unrestricted
from ..core.serializers import encoded_message
from ..core.transactions import retry_on_conflict
from ..core.uploads import delete_files
from ..exceptions import BadRequest, CannotSend, ChatError, NotFound, Rejected
from ..policy import get_policy
from ..protocol.content import clean_content, clean_data, with_preview
from ..protocol.emoji import is_one_emoji
from ..protocol.requests import Report as ReportRequest
from ..protocol.requests import Send
from ..review import Hold, Mask, Verdict
from ..sending.admit import admit, ask_policy, review, settle
from ..sending.publish import publish
from ..sending.room_cache import RoomCache
from ..sending.store import store
from ..sending.types import NO_FIELDS, Answer, PendingMessage, StoredMessage, StoreResult
from ..signals import message_deleted, message_edited, message_reacted, message_reported
from ..tenancy import in_this_tenant
from ..utils import instruments

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom
    from ..model_parts.side import Side


def send(
    room: RoomRef,
    sender: Any,
    text: str,
    *,
    client_id: uuid.UUID | None = None,
    reply_to: MessageRef | None = None,
    kind: str = TEXT_KIND,
    data: Any = None,
    read: bool = True,
    fields: Mapping[str, Any] | None = None,
) -> AbstractMessage:
    """Send from the host's own code and return the stored message.

    ``sender`` is ``None`` for a message of the system (``kind="system"``). Repeated calls with the same ``client_id``
    store one message. ``data`` is at most 4 KB of JSON. Sending marks the room as read for the sender, as on a page.
    ``read=False`` prevents that, for a program that sends on behalf of an absent person. ``fields`` fills columns that
    the host's own message model adds.

    Raises ``NotFound`` for a sender who is not in the room, ``CannotSend``, ``Rejected``, ``Conflict``, ``Empty``,
    ``TooLong``, ``BadText`` or ``BadRequest``. Raises ``TypeError`` if ``room`` is neither a room nor a key, or
    ``text`` is not a ``str``.
    """
    key = room_key(room)
    if not isinstance(text, str):
        raise TypeError(f"send() was given {text!r} to send, which is not a str.")
    if not 1 <= len(kind) <= KIND_LENGTH:
        raise BadRequest(field="kind")
    admitted = admit(
        sender,
        Send(room=key, client_id=client_id or uuid.uuid4(), content=text, reply_to=optional_seq(reply_to, key)),
        room=None if isinstance(room, str) else copy.copy(room),
        kind=kind,
        data=clean_data(data),
        marks_read=read,
        fields=fields or NO_FIELDS,
        costs_token=False,
    )
    stored = send_admitted(admitted)
    message = stored.message
    message.pairchat_notice = stored.pending.notice
    return message


def send_once(
    user: Any,
    room: RoomRef,
    *,
    client_id: uuid.UUID,
    content: str,
    reply_to: MessageRef | None = None,
    upload: str | None = None,
    read: bool = True,
) -> StoredMessage:
    """Send as a person does on a page: at the cost of a token, and with the read mark moved along.

    ``read=False`` leaves the read mark where it is, for a person who may not have seen the page.
    Raises ``RateLimited``, and what :func:`send` raises.
    """
    key = room_key(room)
    seq = optional_seq(reply_to, key)
    request = Send(room=key, client_id=client_id, content=content, reply_to=seq, attachment=upload)
    return send_admitted(admit(user, request, marks_read=read))


def send_admitted(admitted: PendingMessage | ChatError) -> StoredMessage:
    """Store and publish one message. Raises the ``ChatError`` if it is refused, and what the database raises."""
    if isinstance(admitted, ChatError):
        raise admitted
    result, answer = store_and_publish(admitted)
    if isinstance(result, StoredMessage):
        return result
    assert isinstance(answer, Exception)
    raise answer


def store_and_publish(pending: PendingMessage) -> tuple[StoreResult, Answer]:
    """Store one message, in the caller's transaction if there is one, and publish it after the commit."""
    known = RoomCache()
    if pending.room is not None:
        known.add(pending.key, pending.room)
    (result,) = store([pending], known)
    published = publish([(pending, result)])
    if published.new:
        instruments.messages_sent(len(published.new))
        publish_on_commit(published.events(), *published.signals())
    return result, published.answers[0]


@retry_on_conflict
def _change(
    side: Side,
    target: MessageRef,
    alter: Callable[[AbstractRoom, AbstractMessage], bool],
    find: Callable[[Side, MessageRef], AbstractMessage] = get_message,
) -> tuple[AbstractMessage, bool]:
    """Let ``alter`` change a message under its room's lock, and return the message and whether it has changed.

    A change advances ``rev`` by one. ``find`` returns the message, by default if the side can see it.
    """
    with transaction.atomic(using=database()):
        room = lock_room(side.room.pk)
        for person in ("user1", "user2"):
            setattr(room, person, getattr(side.room, person))
        message = find(side_of(room, side.user), target)
        changed = alter(room, message)
        if changed:
            step(room, message)
    return message, changed


def step(room: AbstractRoom, message: AbstractMessage) -> None:
    """Store a changed message of a locked room as the room's next change. Not public."""
    room.rev += 1
    message.rev = room.rev
    room.save(using=database(), update_fields=["rev"])
    message.save(using=database())


def _publish_change(message: AbstractMessage, signal: Callable[[], object]) -> None:
    changes = change_events(message, encoded_message(message))
    publish_on_commit(changes, signal)


def edit(user: Any, room: RoomRef, message: MessageRef, content: str) -> AbstractMessage:
    """Change the text of the user's own message and return the message. An equal text changes nothing.

    Raises ``CannotSend`` for a message of the peer, a deleted one, one that is not a text, one older than the policy's
    ``edit_window``, or in a room where the user cannot write. Raises ``Rejected`` if the policy refuses the text,
    ``NotFound`` for a room or message that the user cannot see, ``Empty``, ``TooLong`` or ``BadText``.
    """
    side = side_of(get_room(user, room), user)
    text = clean_content(content)
    _require_editable(side, get_message(side, message))
    require_unrestricted(user)
    verdict = ask_policy(side.room, user, text)
    text, notice = settle(_of_what_is_there(verdict), text)
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

    stored, changed = _change(side, message, alter)
    if changed:
        signal = deferred_signal(message_edited, type(stored), message=stored, room=stored.room, before=before)
        _publish_change(stored, signal)
    stored.pairchat_notice = notice
    return stored


def _of_what_is_there(verdict: Verdict) -> Verdict:
    """Return the verdict about a change of a message that both people see already: it cannot be held."""
    if isinstance(verdict, Hold):
        raise Rejected
    return verdict


def _require_editable(side: Side, message: AbstractMessage) -> None:
    window = get_policy().edit_window
    too_late = window is not None and timezone.now() - message.created_at > window
    if message.side != side.number or message.kind != TEXT_KIND or message.is_deleted or too_late:
        raise CannotSend


def delete(user: Any, room: RoomRef, message: MessageRef) -> AbstractMessage:
    """Replace the user's own message by a tombstone, for both people, and return it. Repeating it changes nothing.

    Raises ``CannotSend`` for a message of the peer, ``NotFound`` for a room or message that the user cannot see.
    """
    side = side_of(get_room(user, room), user)
    before = ""

    def alter(room: AbstractRoom, message: AbstractMessage) -> bool:
        nonlocal before
        if message.side != side.number:
            raise CannotSend
        before = message.content
        if message.is_deleted:
            return False
        _clear_message(message)
        return True

    stored, changed = _change(side, message, alter)
    if changed:
        signal = deferred_signal(message_deleted, type(stored), message=stored, room=stored.room, before=before)
        _publish_change(stored, signal)
    return stored


def erase(user: Any, room: AbstractRoom, message: MessageRef) -> None:
    """Turn the user's own message into a tombstone, and remove the user's reaction from the peer's.

    Unlike :func:`delete`, also where the user has cleared the room, without a signal, and not in a room on legal hold.
    Raises ``NotFound``.
    """
    number = str(side_of(room, user).number)

    def alter(room: AbstractRoom, message: AbstractMessage) -> bool:
        if message.is_deleted or room.legal_hold:
            return False
        if str(message.side) == number:
            _clear_message(message)
            return True
        return message.reactions.pop(number, None) is not None

    stored, changed = _change(side_of(room, user), message, alter, find_message)
    if changed:
        publish_on_commit(change_events(stored, encoded_message(stored)))


def _clear_message(message: AbstractMessage) -> None:
    if message.attachment:
        storage, name = message.attachment.storage, str(message.attachment.name)
        transaction.on_commit(in_this_tenant(partial(delete_files, storage, name)), using=database(), robust=True)
    message.content = ""
    message.data = None
    message.reply_to = None
    message.reactions = {}
    message.attachment = ""
    message.attachment_info = None
    message.edited_at = None
    message.deleted_at = timezone.now()


def change_preview(user: Any, room: RoomRef, message: MessageRef, preview: dict[str, Any] | None) -> AbstractMessage:
    """Let the user's own message show a preview of a link in it, or none, and return it. Not public.

    A link that is not in the text any more changes nothing. Raises ``CannotSend`` for a message of the peer, a deleted
    one, one that is not a text, or a new preview during a block; ``NotFound`` for a room or message that the user
    cannot see; ``BadRequest`` if it does not fit beside the host's ``data``.
    """
    side = side_of(get_room(user, room), user)

    def alter(room: AbstractRoom, message: AbstractMessage) -> bool:
        if message.side != side.number or message.kind != TEXT_KIND or message.is_deleted:
            raise CannotSend
        if preview is not None and room.is_blocked:
            raise CannotSend
        data = with_preview(message.data, preview)
        if data == message.data or (preview is not None and preview["url"] not in message.content):
            return False
        message.data = data
        return True

    stored, changed = _change(side, message, alter)
    if changed:
        publish_on_commit(change_events(stored, encoded_message(stored)))
    return stored


def react(user: Any, room: RoomRef, message: MessageRef, emoji: str | None) -> AbstractMessage:
    """Set the user's reaction to a message, or remove it with ``None``. Repeating it changes nothing.

    Return the message. Raises ``BadRequest`` for anything but one emoji, ``CannotSend`` for a deleted message or in a
    room where the user cannot write, ``NotFound`` for a room or message that the user cannot see.
    """
    side = side_of(get_room(user, room), user)
    if emoji is not None and not is_one_emoji(emoji):
        raise BadRequest(field="emoji")
    get_message(side, message)
    require_may_send(side)
    notice = "" if emoji is None else _notice_about(side, emoji)
    number = str(side.number)

    def alter(room: AbstractRoom, message: AbstractMessage) -> bool:
        if message.is_deleted or room.is_blocked:
            raise CannotSend
        if message.reactions.get(number) == emoji:
            return False
        reactions = {other: given for other, given in message.reactions.items() if other != number}
        message.reactions = reactions if emoji is None else {**reactions, number: emoji}
        return True

    stored, changed = _change(side, message, alter)
    if changed:
        signal = deferred_signal(
            message_reacted, type(stored), message=stored, room=stored.room, user=user, emoji=emoji
        )
        _publish_change(stored, signal)
    stored.pairchat_notice = notice
    return stored


def _notice_about(side: Side, emoji: str) -> str:
    """Return what the policy's review has to say about a reaction. Raises ``Rejected``: nothing of it can be masked."""
    verdict = _of_what_is_there(review(side.room, side.user, emoji))
    if isinstance(verdict, Mask):
        raise Rejected
    return settle(verdict, emoji)[1]


def take_down(room: AbstractRoom, message: MessageRef) -> bool:
    """Replace a message by a tombstone, of either person and even if that account is gone. Not public.

    Return whether it was there. Raises ``NotFound`` for a message that does not exist.
    """
    stored, before = _take_down(room.pk, message_seq(message, room))
    if before is None:
        return False
    signal = deferred_signal(message_deleted, type(stored), message=stored, room=stored.room, before=before)
    _publish_change(stored, signal)
    return True


@retry_on_conflict
def _take_down(pk: Any, seq: int) -> tuple[AbstractMessage, str | None]:
    with transaction.atomic(using=database()):
        room = lock_room(pk)
        message = all_messages().filter(room=pk, seq=seq).first()
        if message is None:
            raise NotFound
        message.room = room
        if message.is_deleted:
            return message, None
        before = message.content
        _clear_message(message)
        step(room, message)
    return message, before


def report(
    user: Any,
    room: RoomRef,
    reason: str = "",
    message: MessageRef | None = None,
    *,
    category: str = "",
    context: bool = False,
) -> None:
    """Report a chat, or one message in it, to the host: send the signal ``message_reported``.

    The library itself stores nothing; the app ``django_pairchat.moderation`` does. Only with such an app a
    ``category`` can take the place of the ``reason``, and ``context`` lets it keep what was written around the message.

    It counts against the user's rate ``report``. Raises ``RateLimited``, ``NotFound`` for a room or message that the
    user cannot see, and ``BadRequest`` without a reason or for a category that does not exist.
    """
    charge_request(user, ReportRequest)
    if not reason and not (category and reports.are_kept()):
        raise BadRequest(field="reason")
    reported = get_room(user, room)
    about = None if message is None else get_message(side_of(reported, user), message)
    reports.keep(reports.Report(user, reported, about, reason, category, context))
    signal = deferred_signal(message_reported, type(reported), room=reported, user=user, reason=reason, message=about)
    publish_on_commit([], signal)
