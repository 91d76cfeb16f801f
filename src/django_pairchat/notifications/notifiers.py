"""The interface of a channel: a ``Notifier`` carries out what was decided."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.module_loading import import_string

from ..policy import Profile
from .conf import conf

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom
    from .people import Person


class Refused(Exception):
    """This person cannot be told on this channel, and another attempt would not change that."""


class Unavailable(Exception):
    """The channel does not work for anybody now. It is tried again with the next sweep."""


class Unconfirmed(Unavailable):
    """The channel failed after it was given everything, so the person may have been told.

    It is tried once more, and not again.
    """


class Delayed(Exception):
    """This person cannot be told now, or not on every device.

    It is tried again, after ``wait`` at the earliest, a limited number of times. With ``is_partial`` another device
    has been told, and must hear of the next message without that wait: the notifier itself lets the silent one rest.
    """

    def __init__(self, reason: str, wait: timedelta = timedelta(), *, is_partial: bool = False) -> None:
        super().__init__(reason)
        self.wait = wait
        self.is_partial = is_partial


@dataclass(frozen=True, slots=True)
class RoomNews:
    """Unread messages of one room.

    ``messages`` are the newest of the ``count`` messages, oldest first; empty unless the policy shows texts.
    ``upto`` is the ``seq`` of the last one, ``topic`` the title of what the room is about, and ``by_system`` the number
    of messages that were written by the system, not by the peer.
    """

    room: AbstractRoom
    peer: Profile
    count: int
    upto: int
    messages: Sequence[AbstractMessage] = ()
    topic: str = ""
    by_system: int = 0

    @property
    def key(self) -> str:
        return str(self.room.pk)


@dataclass(frozen=True, slots=True)
class News:
    """All that one person is told at once: one entry for each room."""

    person: Person
    rooms: Sequence[RoomNews]

    @property
    def count(self) -> int:
        """The number of messages in all rooms."""
        return sum(news.count for news in self.rooms)


class Notifier:
    """One channel. A host names its subclasses in ``PAIRCHAT_NOTIFICATIONS["NOTIFIERS"]``.

    One instance serves all sweeps of a process.
    """

    channel: ClassVar[str]
    """A short name, such as ``mail``, which is stored with each person's state and switches."""

    label: Any = ""
    """The name of the channel's switch on the page of settings."""

    @property
    def delay(self) -> timedelta:
        """How long a message waits to be read before anybody is told on this channel."""
        return conf.delay

    @property
    def repeat(self) -> timedelta:
        """How long a room rests whose last notification led to no visit."""
        return conf.repeat

    @property
    def is_set_up(self) -> bool:
        """``False`` if the site lacks something that this channel needs. The channel then exists for nobody."""
        return True

    def can_reach(self, person: Person) -> bool:
        """Return whether there is a way to this person, such as an address."""
        return True

    def unreachable(self, people: Collection[Person]) -> Collection[Any]:
        """Return the keys of the users to whom there is no way, for a channel that looks up many at once.

        :meth:`can_reach` is asked about the others.
        """
        return ()

    def send(self, news: News) -> None:
        """Tell the person. Called in their language and time zone, outside of any transaction.

        Raises :class:`Refused`, :class:`Unavailable`, :class:`Unconfirmed` or :class:`Delayed`. After any other
        exception it is tried again, with pauses, a limited number of times.
        """
        raise NotImplementedError


def get_notifiers() -> list[Notifier]:
    """Return the notifiers of the settings that are set up, one instance of each per process."""
    return [notifier for path in conf.notifiers if (notifier := _instance(path)).is_set_up]


@lru_cache(maxsize=16)
def _instance(dotted_path: str) -> Notifier:
    notifier: Notifier = import_string(dotted_path)()
    return notifier
