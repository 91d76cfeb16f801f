"""Cards: messages of a kind of the host's own, whose data its code changes after they were sent."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from ..core.access import all_messages, database, lock_room
from ..core.events import change_events, publish_on_commit
from ..core.references import MessageRef, RoomRef
from ..core.serializers import encoded_message
from ..core.transactions import retry_on_conflict
from ..exceptions import BadRequest, CannotSend, NotFound
from ..protocol.content import clean_card_data, clean_content, is_card_kind
from .messages import send, step

if TYPE_CHECKING:
    from ..base_models import AbstractMessage


def send_card(
    room: RoomRef,
    sender: Any,
    kind: str,
    data: Mapping[str, Any],
    *,
    content: str,
    client_id: uuid.UUID | None = None,
    reply_to: MessageRef | None = None,
    read: bool = True,
    fields: Mapping[str, Any] | None = None,
) -> AbstractMessage:
    """Send a card from the host's own code and return the stored message.

    ``kind`` is a name of the host's own: 1 to 32 of ``a-z``, ``0-9``, ``_`` and ``-``, the first one a letter. The page
    shows ``data``, at most 4 KB of a JSON object, in the template ``pairchat/kinds/<kind>.html``. ``content`` says the
    same as text, for search, mail, push, lists, and clients that do not know the kind. The rest is as in :func:`send`.

    Raises ``BadRequest`` for another ``kind`` or ``data``, with a note that says what is wrong, and what :func:`send`
    raises.
    """
    if not is_card_kind(kind):
        raise _not_a_card(kind)
    return send(
        room,
        sender,
        content,
        client_id=client_id,
        reply_to=reply_to,
        kind=kind,
        data=clean_card_data(data),
        read=read,
        fields=fields,
    )


def update_card(message: AbstractMessage, data: Mapping[str, Any], *, content: str | None = None) -> AbstractMessage:
    """Give a card other data, and another text if ``content`` is given, and return it as it is stored.

    For the host's own code only: nobody is asked whether they may. It is a change like an edit, which open pages
    follow, and sets ``edited_at``; equal data changes nothing. It also works while one person has blocked the other, so
    that an offer can be closed.

    Raises ``CannotSend`` for a deleted message, ``NotFound`` for one that is not there any more, ``BadRequest`` for one
    that is no card, or for data that is no JSON object of at most 4 KB, and ``Empty``, ``TooLong`` or ``BadText``.
    """
    if not is_card_kind(message.kind):
        raise _not_a_card(message.kind)
    cleaned = clean_card_data(data)
    text = None if content is None else clean_content(content)
    stored, changed = _store(message, cleaned, text)
    if changed:
        publish_on_commit(change_events(stored, encoded_message(stored)))
    return stored


@retry_on_conflict
def _store(message: AbstractMessage, data: Any, text: str | None) -> tuple[AbstractMessage, bool]:
    with transaction.atomic(using=database()):
        room = lock_room(message.room_id)
        card: AbstractMessage | None = all_messages().filter(room=room.pk, seq=message.seq).first()
        if card is None:
            raise NotFound
        card.room = room
        if card.is_deleted:
            raise CannotSend
        text = card.content if text is None else text
        changed = card.content != text or not _is_equal(card.data, data)
        if changed:
            card.content, card.data, card.edited_at = text, data, timezone.now()
            step(room, card)
    return card, changed


def _is_equal(data: Any, other: Any) -> bool:
    """Return whether both are the same JSON. For Python ``1``, ``1.0`` and ``True`` are equal."""
    return json.dumps(data, sort_keys=True) == json.dumps(other, sort_keys=True)


def _not_a_card(kind: str) -> BadRequest:
    error = BadRequest(field="kind")
    error.add_note(f"{kind!r} is not the kind of a card: a-z, 0-9, _ and -, and neither text nor file nor system.")
    return error
