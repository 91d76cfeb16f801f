"""Domain events, published after the commit: to the connected clients, then to the host's signal receivers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.dispatch import Signal

from ..protocol import frames
from ..signals import events_published
from ..tenancy import in_this_tenant
from .access import database

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom


class FramePush(NamedTuple):
    """A frame for every connection of these users, with the same bytes for all of them."""

    users: tuple[str, ...]
    frame: str


@dataclass(frozen=True, slots=True)
class RoomChanged:
    """A room that changed for these users. Each receives their own representation."""

    room: str
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccessRevoked:
    """A change of this user's right to be connected.

    ``session`` identifies a session that has ended. If it is ``None``, all connections of the user are rechecked.
    """

    user: str
    session: str | None = None


@dataclass(frozen=True, slots=True)
class RestrictionChanged:
    """A user who may not write anywhere any more, or may again."""

    user: str


@dataclass(frozen=True, slots=True)
class ConnectionEvicted:
    """A connection to close, because the user has too many and it is the oldest."""

    user: str
    connection: str


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """A user who went online or offline. ``last_active`` is in seconds since the Unix epoch."""

    user: str
    online: bool
    last_active: float


Event = FramePush | RoomChanged | AccessRevoked | RestrictionChanged | ConnectionEvicted | PresenceChanged
SignalCall = Callable[[], object]

_collected: ContextVar[list[SignalCall] | None] = ContextVar("pairchat_collected_signals", default=None)


def known_participants(room: AbstractRoom) -> tuple[str, ...]:
    """Return the keys of the people who know of the room: the peer learns of it with the first message."""
    keys = (room.user1_id, room.user2_id) if room.head else (room.user1_id,)
    return tuple([str(key) for key in keys if key is not None])


def room_changed(room: AbstractRoom, users: Collection[Any] | None = None) -> RoomChanged:
    """Return the event for a changed room. ``users`` are the keys of those who see a change, by default both people."""
    known = known_participants(room)
    return RoomChanged(str(room.pk), known if users is None else tuple(key for key in known if key in map(str, users)))


def message_event(message: AbstractMessage, encoded: str) -> FramePush:
    """Return the ``message`` event for the people who have not cleared the message away."""
    room = message.room
    users = tuple(str(side.user_id) for side in room.sides if side.user_id is not None and side.cleared < message.seq)
    return FramePush(users, frames.message_event(str(room.pk), room.epoch, encoded))


def change_events(message: AbstractMessage, encoded: str) -> list[Event]:
    """Return the events for a changed message: those who have cleared it away learn of the room's new ``rev`` only."""
    cleared = [side.user_id for side in message.room.sides if side.user_id is not None and side.cleared >= message.seq]
    return [message_event(message, encoded), *([room_changed(message.room, cleared)] if cleared else [])]


def publish(changes: Sequence[Event]) -> None:
    events_published.send_robust(sender=None, changes=changes)


@contextmanager
def collect_signals() -> Iterator[list[SignalCall]]:
    """Collect the calls of the host's receivers, for a caller that answers first and makes the calls afterwards."""
    collected: list[SignalCall] = []
    token = _collected.set(collected)
    try:
        yield collected
    finally:
        _collected.reset(token)


def publish_on_commit(changes: Sequence[Event], *receivers: SignalCall) -> None:
    """Publish to the connected clients, then to the host's receivers, once the current transaction is committed."""
    transaction.on_commit(in_this_tenant(partial(_publish, changes, receivers)), using=database(), robust=True)


def _publish(changes: Sequence[Event], receivers: Sequence[SignalCall]) -> None:
    if changes:
        publish(changes)
    collected = _collected.get()
    if collected is not None:
        collected.extend(receivers)
        return
    for receiver in receivers:
        receiver()


def deferred_signal(signal: Signal, sender: Any, **payload: Any) -> SignalCall:
    """Return a call that sends ``signal``. Django logs a receiver that raises, and calls the others."""
    return partial(signal.send_robust, sender=sender, **payload)
