"""The fields of a message as clients get it: the one list that both encoders, and a test of the columns, go by."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, NamedTuple

from .json_text import encode, moment, quote, utc, uuid_text


class MessageField(NamedTuple):
    """One field of the message object.

    - ``columns`` are the model's attributes that it is made of.
    - ``read`` returns its JSON value of a stored message, or is ``None`` if ``core/serializers.py`` computes it.
    - ``new`` is its JSON text in a new message, as the inside of an f-string, in which the field's name stands for the
      value that the sending code has given for it.
    """

    name: str
    columns: tuple[str, ...]
    read: Callable[[Any], Any] | None
    new: str


def _sender(message: Any) -> str | None:
    return None if message.sender_id is None else str(message.sender_id)


def _album(message: Any) -> str | None:
    return None if message.album is None else str(message.album)


MESSAGE_FIELDS: Final = (
    MessageField("room", ("room_id",), lambda message: str(message.room_id), "{quote(room)}"),
    MessageField("seq", ("seq",), attrgetter("seq"), "{seq}"),
    MessageField("rev", ("rev",), attrgetter("rev"), "{rev}"),
    MessageField("sender", ("side",), _sender, '{"null" if sender is None else quote(sender)}'),
    MessageField("client_id", ("client_id",), lambda message: str(message.client_id), '"{uuid_text(client_id)}"'),
    MessageField("kind", ("kind",), attrgetter("kind"), "{quote(kind)}"),
    MessageField("content", ("content",), attrgetter("content"), "{quote(content)}"),
    MessageField("data", ("data",), attrgetter("data"), '{"null" if data is None else encode(data)}'),
    MessageField("reply_to", ("reply_to",), attrgetter("reply_to"), '{"null" if reply_to is None else reply_to}'),
    MessageField(
        "attachment", ("attachment", "attachment_info"), None, '{"null" if attachment is None else encode(attachment)}'
    ),
    MessageField("album", ("album",), _album, '{"null" if album is None else quote(str(album))}'),
    MessageField("reactions", ("reactions",), None, "{{}}"),
    MessageField("created_at", ("created_at",), lambda message: moment(message.created_at), '"{utc(created_at)}"'),
    MessageField("edited_at", ("edited_at",), lambda message: moment(message.edited_at), "null"),
    MessageField("deleted_at", ("deleted_at",), lambda message: moment(message.deleted_at), "null"),
)


def _encoder(fields: tuple[MessageField, ...]) -> Callable[..., str]:
    """Compile one function from the list, because every send calls it: a loop over the fields takes half as long again.

    The function takes the value of each field that is not the same in every new message.
    """
    given = ", ".join(field.name for field in fields if field.name in field.new)
    pairs = ",".join(f'"{field.name}":{field.new}' for field in fields)
    names = {"encode": encode, "quote": quote, "utc": utc, "uuid_text": uuid_text}
    encoder: Callable[..., str] = eval(f"lambda *, {given}: f'''{{{{{pairs}}}}}'''", names)  # noqa: S307 - the list above is all that it contains
    return encoder


new_message = _encoder(MESSAGE_FIELDS)
"""Returns the encoded message object of a new message. A test keeps it equal to ``encode()`` of the same object."""
