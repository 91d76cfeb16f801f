"""Messages from another chat, added to a room as if they had been written here at their time."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from django.core.files import File
from django.db import transaction

from .. import get_message_model
from ..base_models import FILE_KIND, TEXT_KIND
from ..core.access import all_messages, database, lock_room, side_of
from ..core.events import message_event, publish_on_commit, room_changed
from ..core.serializers import encoded_message
from ..core.transactions import retry_on_conflict
from ..core.uploads import NAME_LIMIT, clean_name, delete_files, store_file
from ..exceptions import BadRequest, ChatError, Conflict
from ..model_parts.storage import attachment_storage
from ..protocol.content import clean_content
from ..protocol.requests import CONTENT_LIMIT
from ..sending.write import STORED_COLUMNS, has_hooks
from ..signals import past_messages_added
from .rooms import open_past_room

if TYPE_CHECKING:
    from django.db.models import Model

    from ..base_models import AbstractMessage, AbstractRoom

MESSAGES_AT_ONCE: Final = 500
"""Messages in one transaction, so that nobody waits long for the room."""
NEW_COLUMNS: Final = (*STORED_COLUMNS, "user1_delivered", "user2_delivered")


@dataclass(frozen=True, slots=True)
class PastMessage:
    """A message from another chat.

    ``client_id`` makes a repetition harmless: it must be the same each time, for instance a ``uuid.uuid5()`` of the
    message's key there. ``was_read`` says whether the other person had read it.
    """

    sender: Any
    content: str
    sent_at: datetime
    client_id: uuid.UUID
    file: File[bytes] | None = None
    was_read: bool = True
    is_deleted: bool = False


@dataclass(slots=True)
class AddedMessages:
    """The outcome of :func:`add_past_messages`.

    ``room`` is ``None`` if there was nothing to add. ``left_out`` has what could not be taken, each with the reason: a
    text in which nothing can be seen, or a file that the policy does not accept. The name of the file is then in the
    text.
    """

    room: Any = None
    added: int = 0
    left_out: list[tuple[PastMessage, ChatError]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A message whose text is clean and whose file is stored."""

    past: PastMessage
    columns: Mapping[str, Any]


def add_past_messages(
    user: Any, peer: Any, messages: Iterable[PastMessage], topic: Model | None = None
) -> AddedMessages:
    """Add messages from another chat to the room of these two about ``topic``, in the order of their times.

    The room is created if it does not exist, whatever the policy says of new ones, and blocked as the other rooms of
    the pair. Nobody is notified, no receiver of ``message_sent`` is called, and no rate is charged. A text longer than
    4000 code points becomes several messages. Each person has read up to the first message of the other that was not.

    Can be interrupted and repeated: what was added before is passed over. At most 500 messages are added in one
    transaction. Raises ``Conflict``, with nothing more added, if the next message is older than the last one in the
    room: somebody has written there since. Raises ``ValueError`` if the times descend or a sender is neither person.
    """
    result = AddedMessages()
    parts = _in_order(messages)
    while portion := list(islice(parts, MESSAGES_AT_ONCE)):
        if result.room is None:
            result.room = open_past_room(user, peer, topic, portion[0].sent_at)
        new = _without_known(result.room, portion)
        prepared = [each for past in new if (each := _prepare(past, result)) is not None]
        if prepared:
            result.added += _add(result.room, prepared)
    return result


def _in_order(messages: Iterable[PastMessage]) -> Iterator[PastMessage]:
    """Yield the messages, the long ones in parts."""
    last: datetime | None = None
    for message in messages:
        if last is not None and message.sent_at < last:
            raise ValueError("Past messages are added in the order of their times: sort them by sent_at.")
        last = message.sent_at
        if message.is_deleted:
            yield replace(message, content="", file=None)
            continue
        first, *further = _parts(message.content, 0 if message.file is None else NAME_LIMIT + 1)
        yield replace(message, content=first)
        for number, text in enumerate(further, 1):
            yield replace(message, content=text, client_id=uuid.uuid5(message.client_id, str(number)), file=None)


def _parts(content: str, kept_free: int) -> list[str]:
    """Return the parts of a text, the first one with room for the name of a file that is not accepted."""
    first = CONTENT_LIMIT - kept_free
    return [content[:first], *(content[at : at + CONTENT_LIMIT] for at in range(first, len(content), CONTENT_LIMIT))]


def _without_known(room: AbstractRoom, portion: Sequence[PastMessage]) -> list[PastMessage]:
    known = _known(room.pk, [past.client_id for past in portion])
    return [past for past in portion if past.client_id not in known]


def _known(pk: Any, client_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    return set(all_messages().filter(room=pk, client_id__in=client_ids).values_list("client_id", flat=True))


def _prepare(past: PastMessage, result: AddedMessages) -> _Prepared | None:
    if past.is_deleted:
        return _Prepared(past, {"content": "", "kind": TEXT_KIND, "deleted_at": past.sent_at})
    columns: dict[str, Any] = {"kind": TEXT_KIND}
    content = past.content
    if past.file is not None:
        try:
            with past.file.open("rb") as file:
                name, info = store_file(file, str(past.sender.pk))
        except (ChatError, FileNotFoundError) as error:
            result.left_out.append((past, error if isinstance(error, ChatError) else BadRequest(field="file")))
            content = f"{content}\n{clean_name(str(past.file.name))}".lstrip("\n")
        else:
            columns = {"kind": FILE_KIND, "attachment": name, "attachment_info": info}
    try:
        columns["content"] = clean_content(content, may_be_empty="attachment" in columns)
    except ChatError as error:
        result.left_out.append((past, error))
        return None
    return _Prepared(past, columns)


def _add(room: AbstractRoom, prepared: Sequence[_Prepared]) -> int:
    # Files of a transaction that failed are left to pairchat_delete_orphans: its commit may have happened.
    stored = _add_in_transaction(room.pk, prepared)
    for each in prepared:
        if each.past.client_id not in stored and (name := each.columns.get("attachment")):
            delete_files(attachment_storage(), name)
    return len(stored)


@retry_on_conflict
def _add_in_transaction(pk: Any, prepared: Sequence[_Prepared]) -> set[uuid.UUID]:
    """Return the client ids of what was added, without what another process has added meanwhile."""
    with transaction.atomic(using=database()):
        room = lock_room(pk)
        known = _known(pk, [each.past.client_id for each in prepared])
        new = [each for each in prepared if each.past.client_id not in known]
        if not new:
            return set()
        if room.head and new[0].past.sent_at < room.last_message_at:
            raise Conflict(field="sent_at")
        messages = [_appended(room, each) for each in new]
        _insert(messages)
        for side in room.sides:
            side.refresh_unread()
        room.save(using=database(), update_fields=NEW_COLUMNS)
        past_messages_added.send(type(room), room=room)
        told = [message_event(message, encoded_message(message)) for message in messages]
        publish_on_commit([*told, room_changed(room)])
    return {each.past.client_id for each in new}


def _appended(room: AbstractRoom, prepared: _Prepared) -> AbstractMessage:
    past = prepared.past
    try:
        number = side_of(room, past.sender).number
    except ChatError:
        raise ValueError(f"The sender {past.sender!r} is neither of the two people.") from None
    had_read = {side.number for side in room.sides if side.unread == 0}
    room.head, room.rev, room.last_message_at = room.head + 1, room.rev + 1, past.sent_at
    for side in room.sides:
        if side.number in had_read and (side.number == number or past.was_read):
            side.advance_read(room.head)
            side.delivered = room.head
    model: Any = get_message_model()
    message: AbstractMessage = model(
        room=room,
        seq=room.head,
        rev=room.rev,
        side=number,
        client_id=past.client_id,
        created_at=past.sent_at,
        **prepared.columns,
    )
    return message


def _insert(messages: Sequence[AbstractMessage]) -> None:
    if has_hooks(get_message_model()):
        for message in messages:
            message.save(using=database(), force_insert=True)
    else:
        all_messages().bulk_create(messages)
