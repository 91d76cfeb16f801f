"""A file and the message that carries it in one operation, as a form sends them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile

from ..conf import UPLOAD
from ..core.access import all_messages, get_room, side_of
from ..core.references import MessageRef, RoomRef, optional_seq, room_key
from ..core.request_cost import charge
from ..core.uploads import accepted_kind, carries, clean_name, is_picture, take_upload
from ..exceptions import BadRequest, ChatError, Conflict, Held
from ..protocol.content import clean_content
from ..protocol.requests import Send
from ..review.verdicts import is_masked_from
from ..sending.admit import admit, with_upload
from ..sending.publish import refund_token
from ..sending.types import PendingMessage, StoredMessage
from .messages import send_admitted

if TYPE_CHECKING:
    from ..base_models import AbstractMessage


def send_with_file(
    user: Any,
    room: RoomRef,
    *,
    client_id: uuid.UUID,
    content: str,
    file: UploadedFile[bytes],
    reply_to: MessageRef | None = None,
    album: uuid.UUID | None = None,
) -> StoredMessage:
    """Send a file as a person does on a page. Submitting the same form with the same file again stores nothing.

    ``album`` is shared by photos that are sent together. Raises what ``store_upload()`` and ``send_once()`` raise.
    """
    key = room_key(room)
    seq = optional_seq(reply_to, key)
    charge(user, UPLOAD)
    stored = _stored(user, key, client_id)
    if stored is None:
        request = Send(room=key, client_id=client_id, content=content, reply_to=seq, album=album)
        try:
            return _send_new(user, request, file)
        except Conflict:
            # The same form was submitted twice at the same time, or another message with this id was faster.
            stored = _stored(user, key, client_id)
            if stored is None:
                raise
    if not _repeats(stored, content, seq, file):
        raise Conflict(field="client_id")
    pending = PendingMessage(user, stored.content, client_id, key)
    return StoredMessage(stored.room, stored.seq, pending, duplicate=True, instance=stored)


class PartlySent(Exception):
    """Raised from the error of a file after others of the same form were sent. ``sent`` is the last of those."""

    def __init__(self, sent: StoredMessage, file_name: str, error: ChatError) -> None:
        super().__init__(file_name)
        self.sent = sent
        self.file_name = file_name
        self.error = error


def send_with_files(
    user: Any,
    room: RoomRef,
    *,
    client_id: uuid.UUID,
    content: str,
    files: Sequence[UploadedFile[bytes]],
    reply_to: MessageRef | None = None,
) -> StoredMessage:
    """Send one or more files, each as a message, and return the last. The text and the answer go with the first.

    Several photos are an album. Submitting the same form with the same files again stores nothing. If the name or the
    size of one is refused, none is sent. Raises what :func:`send_with_file` raises, and ``PartlySent`` if it raises
    that after others were sent. If one is held, the others are sent, and ``Held`` is raised at the end.
    """
    if len(files) > 1:
        charge(user, UPLOAD)
        side_of(get_room(user, room), user)
    photos = {number for number, file in enumerate(files) if len(files) > 1 and is_picture(accepted_kind(file))}
    stored: StoredMessage | None = None
    held: Held | None = None
    for number, file in enumerate(files):
        try:
            stored = send_with_file(
                user,
                room,
                client_id=uuid.uuid5(client_id, str(number)) if number else client_id,
                content="" if number else content,
                file=file,
                reply_to=None if number else reply_to,
                album=client_id if number in photos and len(photos) > 1 else None,
            )
        except Held as error:
            held = error
        except ChatError as error:
            if stored is None:
                raise
            raise PartlySent(stored, clean_name(str(file.name)), error) from error
    if held is not None:
        raise held
    if stored is None:
        raise BadRequest(field="file")
    return stored


def _send_new(user: Any, request: Send, file: UploadedFile[bytes]) -> StoredMessage:
    """Admit the message before its file is stored: a file that no message takes would remain."""
    admitted = admit(user, request, brings_file=True)
    if isinstance(admitted, PendingMessage) and admitted.error is None and not admitted.wait_seconds:
        try:
            upload = take_upload(user, request.room, file)
        except Exception:
            refund_token(admitted)
            raise
        admitted = with_upload(admitted, upload)
    return send_admitted(admitted)


def _stored(user: Any, key: str, client_id: uuid.UUID) -> AbstractMessage | None:
    side = side_of(get_room(user, key), user)
    message = all_messages().filter(room=side.room.pk, side=side.number, client_id=client_id).first()
    if message is not None:
        message.room = side.room
    return message


def _repeats(message: AbstractMessage, content: str, reply_to: int | None, file: UploadedFile[bytes]) -> bool:
    if message.edited_at is not None or message.deleted_at is not None:
        return True
    is_same = reply_to == message.reply_to and is_masked_from(
        message.content, clean_content(content, may_be_empty=True)
    )
    return is_same and bool(message.attachment) and carries(message, file)
