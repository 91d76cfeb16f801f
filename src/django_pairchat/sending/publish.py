"""The stage after the commit: encode the answers and events of stored messages, and refund tokens."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from .. import get_message_model
from ..core.error_handling import RETRY_BUSY_SECONDS, to_chat_error
from ..core.events import Event, FramePush, RoomChanged, SignalCall, known_participants
from ..core.rate_limit import rate_limiter
from ..core.request_cost import limit_refusal
from ..core.serializers import attachment_object, encoded_message
from ..exceptions import Busy, ChatError
from ..protocol import frames
from ..signals import message_sent
from .types import Answer, Failed, Locked, PendingMessage, SentMessage, StoredMessage, StoreResult

if TYPE_CHECKING:
    from ..base_models import AbstractRoom


class Publication(NamedTuple):
    """The consequences of a batch of sends, for the caller to deliver in the order of these names.

    ``answers`` has one for each send. An error is its own answer. The rest is made when it is asked for, so that no
    answer waits for it.
    """

    answers: list[Answer]
    new: list[tuple[StoredMessage, Answer]]

    def events(self) -> list[Event]:
        """Return one event for each new message, then one for each of their rooms."""
        return _events(self.new)

    def signals(self) -> list[SignalCall]:
        """Return the calls of the host's receivers. They may query the database."""
        if not self.new or not message_sent.has_listeners(get_message_model()):
            return []
        return _signal_calls([stored for stored, _answer in self.new])


def publish(sends: Iterable[tuple[PendingMessage, StoreResult]]) -> Publication:
    """Return what to publish of these sends, and refund the tokens of those that stored no new message.

    A message that is still ``LOCKED`` is answered with ``busy``.
    """
    answers: list[Answer] = []
    new: list[tuple[StoredMessage, Answer]] = []
    for pending, result in sends:
        answer = _answer(result) if isinstance(result, StoredMessage) else _error(pending, result)
        answers.append(answer)
        if isinstance(result, StoredMessage) and not result.duplicate:
            new.append((result, answer))
        else:
            refund_token(pending)
    return Publication(answers, new)


def refund_token(pending: PendingMessage) -> None:
    if pending.wait_seconds == 0:
        rate_limiter().refund(str(pending.sender.pk))


def _error(pending: PendingMessage, result: ChatError | Locked | Failed) -> Exception:
    if isinstance(result, Locked):
        return Busy(retry_after=RETRY_BUSY_SECONDS)
    if isinstance(result, Failed):
        return result.error
    return result if pending.wait_seconds is None else limit_refusal(pending.sender, result)


def _answer(stored: StoredMessage) -> Answer:
    try:
        return SentMessage(_encoded(stored), stored.duplicate, stored.pending.notice)
    except Exception as error:  # noqa: BLE001 - it is stored, and the others of its batch are answered
        return to_chat_error(error)


def _encoded(stored: StoredMessage) -> str:
    row, pending = stored.row, stored.pending
    if row is None:
        return encoded_message(stored.message)
    info = pending.fields.get("attachment_info")
    return frames.new_message(
        room=pending.key,
        seq=stored.seq,
        rev=row["rev"],
        sender=None if pending.sender is None else str(pending.sender.pk),
        client_id=pending.client_id,
        kind=pending.kind,
        content=pending.content,
        data=pending.data,
        reply_to=pending.reply_to,
        attachment=None if info is None else attachment_object(pending.key, stored.seq, info),
        album=pending.fields.get("album"),
        created_at=row["created_at"],
    )


def _events(new: Sequence[tuple[StoredMessage, Answer]]) -> list[Event]:
    events: list[Event] = []
    rooms: dict[str, tuple[tuple[str, ...], Callable[[str], str]]] = {}
    for stored, answer in new:
        key = stored.pending.key
        if key not in rooms:
            rooms[key] = known_participants(stored.room), frames.message_events(key, stored.room.epoch)
        people, message_event = rooms[key]
        if isinstance(answer, SentMessage):
            events.append(FramePush(people, message_event(answer.encoded)))
    events.extend(RoomChanged(key, people) for key, (people, _message_event) in rooms.items())
    return events


def _signal_calls(new: Sequence[StoredMessage]) -> list[SignalCall]:
    """Return the calls of the host's receivers, with a copy of each room.

    The cached instance is changed by the next batch while receivers run.
    """
    rooms: dict[int, AbstractRoom] = {}
    for stored in new:
        if id(stored.room) not in rooms:
            rooms[id(stored.room)] = copy.copy(stored.room)
    return [partial(_send_signal, stored._replace(room=rooms[id(stored.room)])) for stored in new]


def _send_signal(stored: StoredMessage) -> None:
    message = stored.message
    message.room = stored.room
    message_sent.send_robust(sender=type(message), message=message, room=message.room)
