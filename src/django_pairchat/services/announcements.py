"""What changed, told after the commit: to whoever delivers it live, and to the host's receivers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.dispatch import Signal

from ..signals import changes_announced
from ..wire import answers
from .access import database

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom


@dataclass(frozen=True, slots=True)
class Push:
    """A frame for every connection of these users, the same bytes for each of them."""

    users: tuple[str, ...]
    frame: str


@dataclass(frozen=True, slots=True)
class RoomChange:
    """A room that these users now see differently; each of them gets it as he sees it."""

    room: str
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RightsChange:
    """Something about this user's right to be connected changed. ``session`` is the mark of a session that has ended;
    without one all of the user's connections are to be looked at."""

    user: str
    session: str | None = None


@dataclass(frozen=True, slots=True)
class SocketOneTooMany:
    """This connection of the user's has to go: there are too many, and it is the oldest."""

    user: str
    connection: str


@dataclass(frozen=True, slots=True)
class PresenceChange:
    """This user has come or gone; ``last_active`` is in seconds since the epoch."""

    user: str
    online: bool
    last_active: float


Change = Push | RoomChange | RightsChange | SocketOneTooMany | PresenceChange
Receiver = Callable[[], object]

_held_back: ContextVar[list[Receiver] | None] = ContextVar("pairchat_held_back", default=None)


def everybody(room: AbstractRoom) -> tuple[str, ...]:
    """The keys of those who know of the room: nobody is invited before there is a message."""
    sides = room.sides if room.head else room.sides[:1]
    return tuple(str(side.user_id) for side in sides if side.user_id is not None)


def room_change(room: AbstractRoom, users: Collection[Any] | None = None) -> RoomChange:
    """``users``: the keys of those whose view changed, both people where it is ``None``."""
    known = everybody(room)
    return RoomChange(str(room.pk), known if users is None else tuple(key for key in known if key in map(str, users)))


def message_push(message: AbstractMessage, encoded: str) -> Push:
    """The ``message`` event for those who have not cleared the message away."""
    room = message.room
    users = tuple(str(side.user_id) for side in room.sides if side.user_id is not None and side.cleared < message.seq)
    return Push(users, answers.message_event(str(room.pk), room.epoch, encoded))


def tell_live(changes: Sequence[Change]) -> None:
    changes_announced.send_robust(sender=None, changes=changes)


@contextmanager
def receivers_held_back() -> Iterator[list[Receiver]]:
    """Collect the calls of the host's receivers, for a caller that answers first and makes them afterwards."""
    held: list[Receiver] = []
    token = _held_back.set(held)
    try:
        yield held
    finally:
        _held_back.reset(token)


def after_commit(changes: Sequence[Change], *receivers: Receiver) -> None:
    """Tell the live layer, then the host's receivers, when the transaction that did it has been committed."""
    transaction.on_commit(partial(_tell, changes, receivers), using=database(), robust=True)


def _tell(changes: Sequence[Change], receivers: Sequence[Receiver]) -> None:
    if changes:
        tell_live(changes)
    held = _held_back.get()
    if held is not None:
        held.extend(receivers)
        return
    for receiver in receivers:
        receiver()


def signal_later(signal: Signal, sender: Any, **payload: Any) -> Receiver:
    """A call that sends ``signal``; a receiver that raises is logged by Django and disturbs nobody."""
    return partial(signal.send_robust, sender=sender, **payload)
