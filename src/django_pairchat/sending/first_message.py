"""The limit of new conversations: who opened a room pays for the first message in it, once."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ..conf import conf
from ..core.access import all_rooms
from ..core.daily_limit import NEW_ROOMS, charge_for_today
from ..core.error_handling import to_chat_error
from ..exceptions import ChatError
from ..node import NodePart
from ..policy import Policy, get_policy
from ..utils.db_connections import database_connections
from ..utils.threads import DaemonThreads
from .types import LOCKED, Locked, PendingMessage

if TYPE_CHECKING:
    from ..base_models import AbstractRoom

OPENER: Final = 1
THREADS: Final = 2
"""The host's policy may be slow, and one person's answer should not wait for another's."""
REMEMBERED_SECONDS: Final = 10.0
REMEMBERED_ROOMS: Final = 10_000

AskLimit = Callable[[PendingMessage, "AbstractRoom"], ChatError | Locked | None]
"""Return why a first message is refused, ``LOCKED`` while that is not yet known, ``None`` if it may be sent."""


def limits_new_rooms() -> bool:
    """Return whether a setting or the host's policy limits how many conversations people begin."""
    return conf.new_rooms_per_day is not None or type(get_policy()).new_rooms_per_day is not Policy.new_rooms_per_day


def is_first_message(pending: PendingMessage, room: AbstractRoom, side: int) -> bool:
    """Return whether nobody has written in this room before, and its opener sends this as a person does."""
    return room.head == 0 and side == OPENER and pending.wait_seconds is not None and not room.is_blocked


def charge_first_message(pending: PendingMessage, room: AbstractRoom) -> ChatError | None:
    """Charge the sender for beginning this conversation, once however often it is tried. Return why not, if so."""
    user = pending.sender
    try:
        charge_for_today(user, NEW_ROOMS, get_policy().new_rooms_per_day(user), thing=str(room.pk))
    except ChatError as error:
        return error
    return None


class FirstMessages:
    """Asks for first messages in threads of its own, because the group committer waits neither for cache nor policy."""

    def __init__(self) -> None:
        self._threads: DaemonThreads | None = None
        self._lock = threading.Lock()
        # By the key of the room: when it was asked for, and the answer.
        self._answers: OrderedDict[str, tuple[float, ChatError | Locked | None]] = OrderedDict()

    def ask(self, pending: PendingMessage, room: AbstractRoom) -> ChatError | Locked | None:
        """Return the answer for this message if it is known, and let it be found out otherwise."""
        key = pending.key
        with self._lock:
            self._forget_old()
            if key in self._answers:
                answer = self._answers[key][1]
                if isinstance(answer, ChatError):
                    # The next message may be sent on another day, or after the policy has changed.
                    del self._answers[key]
                return answer
            self._answers[key] = (time.monotonic(), LOCKED)
            if self._threads is None:
                self._threads = DaemonThreads("pairchat-first-messages", THREADS)
            self._threads.submit(self._find_out, pending, room)
        return LOCKED

    def stop(self) -> None:
        """End the threads and close their database connections."""
        with self._lock:
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown()

    def _find_out(self, pending: PendingMessage, room: AbstractRoom) -> None:
        try:
            with database_connections():
                # The group committer knows a room for up to 2 s, and the other person may have written meanwhile.
                is_empty = all_rooms().filter(pk=room.pk, head=0).exists()
                answer = charge_first_message(pending, room) if is_empty else None
        except Exception as error:  # noqa: BLE001 - the host's policy may raise anything, and the message is answered
            answer = to_chat_error(error)
        with self._lock:
            self._answers[pending.key] = (time.monotonic(), answer)

    def _forget_old(self) -> None:
        oldest = time.monotonic() - REMEMBERED_SECONDS
        while self._answers:
            key, (since, _answer) = next(iter(self._answers.items()))
            if since > oldest and len(self._answers) <= REMEMBERED_ROOMS:
                return
            del self._answers[key]


first_messages = NodePart(FirstMessages)
