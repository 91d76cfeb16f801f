"""From a mail to a message: whose reply it is, to which room, and what is done with it."""

from __future__ import annotations

import hashlib
import logging
import re
import uuid
from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from django.urls import reverse

from ... import get_room_model
from ...core.access import all_rooms, database, is_active
from ...core.transactions import retry_on_conflict
from ...exceptions import BadId, Busy, ChatError, Conflict, Held, RateLimited, TooLarge
from ...policy import get_policy
from ...querysets import parse_key
from ...services import send_once
from ..conf import conf
from ..models import RoomNotice
from . import telling
from .address import Forged, ReplyTarget, bare_address, find_token, holds_reply_address, read_token
from .incoming import IncomingMail, Unreadable
from .quotes import reply_in
from .screening import reason_to_drop

if TYPE_CHECKING:
    from ...base_models import AbstractMessage
    from ...model_parts.side import Side

logger = logging.getLogger("django_pairchat")

NAMES: Final = uuid.UUID("6ba9cd5b-5c3f-4a1c-9d0e-6f2d1a6c8b57")
"""The namespace of the client ids that are made of mails."""


LONGEST_TEXT: Final = 20_000
"""Far more than a message may have. The rest of a longer text is not looked at: it is too long anyway."""


@dataclass(frozen=True, slots=True)
class ReplyResult:
    """The outcome for one mail.

    ``message`` is the message that was sent, now or when the same mail came before, or ``None``; then ``reason`` says
    why for the log. ``is_told`` says whether a mail tells the person about it.
    """

    message: AbstractMessage | None = None
    reason: str = ""
    is_told: bool = False


class Refused(Exception):
    """The mail becomes no message, and its writer should know why: ``problem`` is told, ``reason`` logged."""

    def __init__(self, problem: telling.Problem, reason: str) -> None:
        super().__init__(reason)
        self.problem = problem


class Dropped(Exception):
    """The mail becomes no message, and nobody is told."""


def receive_reply(
    mail: bytes | Message[Any, Any], *, sender: str | None = None, recipient: str | None = None
) -> ReplyResult:
    """Send what a mail says as the message of the person to whom its reply address belongs.

    ``mail`` is raw, or was parsed with ``email.policy.default``. ``sender`` and ``recipient`` are those of the SMTP
    envelope, if they are known; ``sender`` is empty for a bounce. The same mail twice is one message. What is refused
    is in the result, not an exception: whatever is raised, such as ``Busy``, ``RateLimited`` or an error of the
    database, must lead to another attempt later.
    """
    try:
        return _receive(mail, sender, recipient)
    except Dropped as error:
        logger.info("A mail to a reply address was dropped: %s", error)
        return ReplyResult(reason=str(error))


def _receive(mail: bytes | Message[Any, Any], sender: str | None, recipient: str | None) -> ReplyResult:
    if not conf.reply_address:
        raise Dropped("replies by mail are off")
    try:
        incoming = IncomingMail.parse(mail) if isinstance(mail, bytes) else IncomingMail(mail)
    except Unreadable:
        raise Dropped("it cannot be read") from None
    target = _target(incoming, recipient)
    reason = reason_to_drop(incoming, sender)
    if reason:
        raise Dropped(reason)
    side = _side(target)
    try:
        return _send(incoming, target, side)
    except Refused as error:
        logger.info("A reply by mail of user %s was refused: %s", side.user_id, error)
        is_told = telling.tell(side, error.problem)
        return ReplyResult(reason=str(error), is_told=is_told)


def _target(incoming: IncomingMail, recipient: str | None) -> ReplyTarget:
    # A server that passes the mail on may have another recipient than its headers.
    token = find_token([bare_address(recipient or ""), *incoming.recipients])
    if token is None:
        raise Dropped("it is not addressed to a reply address")
    try:
        return read_token(token)
    except Forged:
        raise Dropped("its address is forged") from None


def _side(target: ReplyTarget) -> Side:
    try:
        pk = parse_key(get_room_model(), target.room_key, "room")
    except BadId:
        raise Dropped("there is no such room") from None
    room = all_rooms().with_people().filter(pk=pk).first()
    side = None if room is None else next((each for each in room.sides if each.number == target.side), None)
    if side is None or not is_active(side.user):
        raise Dropped("the room or the account is gone")
    return side


def _send(incoming: IncomingMail, target: ReplyTarget, side: Side) -> ReplyResult:
    if not get_policy().may_reply_from(side.user, incoming.addresses("From")[0]):
        raise Refused(telling.wrong_sender(side.user), "it comes from another address than the account's")
    if target.is_expired:
        raise Refused(telling.EXPIRED, "its address has expired")
    text = _text(incoming, side)
    try:
        stored = send_once(
            side.user,
            side.room,
            client_id=_client_id(incoming, side, text),
            content=text,
            # What came after the mail, or was not shown in it, stays unread.
            read=not side.unread or side.room.head <= target.shown,
        )
    except (Busy, RateLimited):
        raise
    except Held:
        end_rest(side)
        return ReplyResult(reason="it is held until somebody has decided")
    except Conflict as error:
        raise Dropped("another mail with the same Message-ID came before") from error
    except ChatError as error:
        raise Refused(telling.refused_by_the_chat(error), f"the chat refuses it ({error.code})") from error
    end_rest(side)
    is_told = incoming.has_files and not stored.duplicate and telling.tell(side, telling.FILES)
    return ReplyResult(stored.message, is_told=is_told)


def _text(incoming: IncomingMail, side: Side) -> str:
    """Return what the person wrote. Raises ``Refused`` if that is nothing."""
    if not incoming.is_whole:
        raise Refused(telling.refused_by_the_chat(TooLarge()), "it is too large")
    name, address = parseaddr(conf.mail_from)
    ours = [name, address, get_policy().mail_address(side.user)]
    try:
        text = without_secrets(reply_in(incoming.text, ours)[:LONGEST_TEXT])
    except Unreadable:
        raise Refused(telling.UNREADABLE, "its text cannot be read") from None
    if not text:
        raise Refused(telling.FILES if incoming.has_files else telling.EMPTY, "it has no text")
    return text


def without_secrets(text: str) -> str:
    """Return the text without addresses that act for the person to whom they were sent, and that a quotation holds."""
    unsubscribe = reverse("pairchat_notifications:unsubscribe", args=["x"]).removesuffix("x/")

    def kept(word: re.Match[str]) -> str:
        # Some servers pass links through an address of their own.
        plain = unquote(word[0])
        is_secret = unsubscribe in plain or holds_reply_address(plain)
        return "…" if is_secret else word[0]

    return re.sub(r"[^\s<>]+", kept, text)


def _client_id(incoming: IncomingMail, side: Side, text: str) -> uuid.UUID:
    """Return an id that is the same if the same mail comes again, by this or another way."""
    identity = incoming.header("Message-ID")
    if not identity:
        written = "\0".join((incoming.header("Date"), incoming.header("Subject"), text))
        identity = hashlib.sha256(written.encode()).hexdigest()
    return uuid.uuid5(NAMES, f"{identity}\0{side.user_id}\0{side.room.pk}")


@retry_on_conflict
def end_rest(side: Side) -> None:
    """Let the next message be told about as early as after a visit: the person answers, so nobody is disturbed."""
    notices = RoomNotice.objects.using(database()).filter(user=side.user_id, room_key=str(side.room.pk))
    notices.exclude(told_at=None).update(told_at=None)
