"""A short way to read the frame that a busy server reads most: a ``send`` with a text and nothing else."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from uuid import UUID

from msgspec import DecodeError, Meta, Struct
from msgspec.json import Decoder

from .json_reading import FRAME_LIMIT_BYTES
from .json_text import uuid_text
from .requests import INTEGER_ID_LIMIT, KEY_LIMIT, REQUEST_ID_LIMIT, RequestId, Send

FIELDS: Final = 5
BYTES_PER_CHARACTER: Final = 4


class _PlainSend(Struct, forbid_unknown_fields=True, gc=False):
    # Not as msgspec's tag, which may be missing.
    type: Literal["send"]
    id: (
        Annotated[int, Meta(ge=0, le=INTEGER_ID_LIMIT)]
        | Annotated[str, Meta(min_length=1, max_length=REQUEST_ID_LIMIT)]
    )
    room: Annotated[str, Meta(min_length=1, max_length=KEY_LIMIT)]
    client_id: UUID
    content: str


_decode = Decoder(_PlainSend).decode
_new = object.__new__
# A frozen dataclass takes as long to make as the frame takes to read.
_set_room, _set_client_id, _set_content, _set_reply_to, _set_attachment, _set_album = [
    getattr(Send, name).__set__ for name in ("room", "client_id", "content", "reply_to", "attachment", "album")
]


def read_plain_send(text: str) -> tuple[RequestId, Send] | None:
    """Return the id and the request of such a frame, exactly as ``read_object()`` and ``parse()`` would.

    Return ``None`` for any other text, and for what may be wrong with it: they decide that in one place.
    """
    if len(text) > FRAME_LIMIT_BYTES // BYTES_PER_CHARACTER:
        return None
    try:
        frame = _decode(text)
    except (DecodeError, UnicodeEncodeError):
        return None
    # There are lax forms of a UUID, and a quote within a text has a backslash before it.
    if f'"client_id":"{uuid_text(frame.client_id)}"' not in text:
        return None
    colons = text.count(":")
    # More than one after each key, and than those in the text, are those of a key that is there twice.
    if colons != FIELDS and ("\\" in text or colons != FIELDS + frame.content.count(":")):
        return None
    if "\0" in frame.room:
        return None
    send = _new(Send)
    _set_room(send, frame.room)
    _set_client_id(send, frame.client_id)
    _set_content(send, frame.content)
    _set_reply_to(send, None)
    _set_attachment(send, None)
    _set_album(send, None)
    return frame.id, send
