"""The addresses to which people reply. Each is signed, and says which side of which room may write until when.

Nothing is stored for them: 64 characters may stand before the @, and room, side, day and signature fit into fewer.
Programs on the way may change the case of letters, so that only base32 is safe.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from ... import namespace
from ...core.access import may_send
from ..conf import conf

if TYPE_CHECKING:
    from ...base_models import AbstractRoom

DAYS_VALID: Final = 30
SECONDS_PER_DAY: Final = 24 * 60 * 60
LOCAL_PART_LIMIT: Final = 64
MARK_BYTES: Final = 12
"""Guesses cost a mail each, so that 96 bits are far more than enough."""

HEAD_BYTES: Final = 3
PURPOSE: Final = b"reply by mail\0"
INTEGER, UNIQUE_ID, TEXT = range(3)


class Forged(Exception):
    """This is not a token that this installation has signed."""


@dataclass(frozen=True, slots=True)
class ReplyTarget:
    """The room's key in its text form, the number of the side that may write there, and what the mail has shown.

    ``shown`` is the ``seq`` up to which the person has read all of the room in mails, 0 if that is not known.
    """

    room_key: str
    side: int
    shown: int
    is_expired: bool


def reply_address(user: Any, room: AbstractRoom, *, shown: int = 0) -> str:
    """Return the address for replies of this person in this room, in a mail that shows all up to the ``seq`` ``shown``.

    It is empty if replies are off, if the person may not write there, or if the key of the room is a text that is too
    long for an address.
    """
    side = room.side(user)
    if not conf.reply_address or side is None or not may_send(side):
        return ""
    address = ascii_domain(conf.reply_address).replace("{token}", make_token(room.pk, side.number, shown))
    return address if len(address.rpartition("@")[0]) <= LOCAL_PART_LIMIT else ""


def make_token(room_pk: Any, side: int, shown: int = 0) -> str:
    """Return the signed token, in lower case."""
    kind, key = _packed(room_pk)
    last_day = int(time.time() // SECONDS_PER_DAY) + DAYS_VALID
    seen = _shortest(shown)
    body = bytes([side | kind << 2 | len(seen) << 4]) + last_day.to_bytes(2, "big") + seen + key
    return base64.b32encode(body + _mark(namespace.own(), body)).decode().rstrip("=").lower()


def read_token(token: str) -> ReplyTarget:
    """Return what the token stands for, in whatever case its letters came. Raises ``Forged``."""
    try:
        signed = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except (binascii.Error, ValueError):
        raise Forged from None
    body, mark = signed[:-MARK_BYTES], signed[-MARK_BYTES:]
    if not body or not any(hmac.compare_digest(_mark(each, body), mark) for each in namespace.known()):
        raise Forged
    seen_end = HEAD_BYTES + (body[0] >> 4)
    last_day, shown = (int.from_bytes(part, "big") for part in (body[1:HEAD_BYTES], body[HEAD_BYTES:seen_end]))
    key = _unpacked(body[0] >> 2 & 3, body[seen_end:])
    return ReplyTarget(key, body[0] & 3, shown, is_expired=time.time() // SECONDS_PER_DAY > last_day)


def find_token(addresses: Iterable[str]) -> str | None:
    """Return the token in the first of the addresses that has the form of the setting."""
    form = _form()
    for address in addresses:
        if found := form.fullmatch(ascii_domain(address.strip())):
            return found[1]
    return None


def is_reply_address(address: str) -> bool:
    return find_token([address]) is not None


def holds_reply_address(text: str) -> bool:
    """Return whether an address for replies is anywhere in this text."""
    return _form().search(ascii_domain(text)) is not None


def ascii_domain(address: str) -> str:
    """Return the address with its domain as it is on the way, so that one can be compared with another."""
    local_part, at, domain = address.rpartition("@")
    try:
        return f"{local_part}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def bare_address(text: str) -> str:
    """Return the address without the name that may stand before it."""
    return parseaddr(text)[1]


def _form() -> re.Pattern[str]:
    before, _, after = ascii_domain(conf.reply_address).partition("{token}")
    return re.compile(f"{re.escape(before)}([a-z2-7]+){re.escape(after)}", re.IGNORECASE | re.ASCII)


def _mark(space: namespace.Namespace, body: bytes) -> bytes:
    return bytes.fromhex(space.mark(PURPOSE + body))[:MARK_BYTES]


def _packed(key: Any) -> tuple[int, bytes]:
    """Return the kind of the key and its shortest bytes."""
    if isinstance(key, int) and key >= 0:
        return INTEGER, _shortest(key)
    if isinstance(key, UUID):
        return UNIQUE_ID, key.bytes
    return TEXT, str(key).encode()


def _shortest(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _unpacked(kind: int, key: bytes) -> str:
    if kind == INTEGER:
        return str(int.from_bytes(key, "big"))
    return str(UUID(bytes=key)) if kind == UNIQUE_ID else key.decode()
