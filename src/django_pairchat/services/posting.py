"""A file and the message that carries it in one act, as a form sends them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile

from ..exceptions import Conflict
from ..wire.text import clean_content
from .access import all_messages, get_room, side_of
from .drafts import Sent
from .messages import send_once
from .snapshots import encoded_message
from .uploads import carries, store_upload

if TYPE_CHECKING:
    from ..base_models import AbstractMessage


def send_file_once(
    user: Any,
    key: str,
    *,
    client_id: uuid.UUID,
    content: str,
    file: UploadedFile[bytes],
    reply_to: int | None = None,
) -> Sent:
    """Send a file as a person does over a page. The same form with the same file is one message however often it comes.

    Raises what ``store_upload()`` and ``send_once()`` raise.
    """
    stored = _stored(user, key, client_id)
    if stored is None:
        upload = store_upload(user, key, file)
        try:
            return send_once(user, key, client_id=client_id, content=content, reply_to=reply_to, upload=upload.token)
        except Conflict:
            # The same form came twice at the same time, or another message was quicker.
            stored = _stored(user, key, client_id)
            if stored is None:
                raise
    if not _repeats(stored, content, reply_to, file):
        raise Conflict(field="client_id")
    return Sent(stored.room, stored.seq, encoded_message(stored), duplicate=True, message=stored)


def _stored(user: Any, key: str, client_id: uuid.UUID) -> AbstractMessage | None:
    side = side_of(get_room(user, key), user)
    message = all_messages().filter(room=side.room.pk, side=side.number, client_id=client_id).first()
    if message is not None:
        message.room = side.room
    return message


def _repeats(message: AbstractMessage, content: str, reply_to: int | None, file: UploadedFile[bytes]) -> bool:
    if message.edited_at is not None or message.deleted_at is not None:
        return True
    said = (clean_content(content, may_be_empty=True), reply_to)
    return said == (message.content, message.reply_to) and bool(message.attachment) and carries(message, file)
