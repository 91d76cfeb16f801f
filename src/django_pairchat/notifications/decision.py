"""The one decision whether a person is told about a room now, later or never, for every channel."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from ..core.access import is_active, is_open
from .models import RoomNotice
from .notifiers import Notifier
from .people import Person

if TYPE_CHECKING:
    from ..model_parts.side import Side

MAX_AGE: Final = timedelta(days=7)
"""Nobody is told about older messages: after a long stop of the sweep they would come as a surprise."""

MUTED_PAUSE: Final = timedelta(minutes=10)
"""How long to wait before looking again at a muted room, which its person may unmute at any time."""

PRESENT_PAUSE: Final = timedelta(minutes=1)
"""How long to wait before looking again at a person who is in the chat now."""


@dataclass(frozen=True, slots=True)
class Now:
    """Tell the person now."""


@dataclass(frozen=True, slots=True)
class Later:
    """Look again at this time."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Never:
    """Do not tell the person about the messages that there are now."""

    reason: str


Verdict = Now | Later | Never


def first_untold(side: Side, notice: RoomNotice) -> int:
    """Return the ``seq`` up to which this person has read the room, or was told about it."""
    return max(side.read, side.cleared, notice.notified_seq)


def decide(
    side: Side,
    person: Person,
    notice: RoomNotice,
    notifier: Notifier,
    *,
    now: datetime,
    present: Collection[str],
    unreachable: Collection[Any] = (),
) -> Verdict:
    """Decide about one side of a room.

    ``present`` are the keys of the users who are in the chat now, ``unreachable`` those of the users to whom the
    notifier has no way.
    """
    reason = _reason_against(side, person, notice, notifier, now)
    if not reason and person.user.pk in unreachable:
        reason = "no way to this person"
    if reason:
        return Never(reason)
    if side.muted_until is not None and side.muted_until > now:
        is_for_long = side.muted_until > now + MAX_AGE
        return Never("muted") if is_for_long else Later(min(side.muted_until, now + MUTED_PAUSE))
    quiet_until = person.quiet_until(now)
    if quiet_until is not None:
        return Later(quiet_until)
    if str(person.user.pk) in present:
        return Later(now + PRESENT_PAUSE)
    return Now()


def _reason_against(side: Side, person: Person, notice: RoomNotice, notifier: Notifier, now: datetime) -> str:
    if first_untold(side, notice) >= side.room.head:
        return "read"
    if not is_active(person.user):
        return "inactive"
    if not is_open(side.room):
        return "blocked"
    if side.archived and not person.settings.archived:
        return "archived"
    if side.room.last_message_at < now - MAX_AGE:
        return "too old"
    if not person.wants(notifier.channel):
        return "switched off"
    return "" if notifier.can_reach(person) else "no way to this person"
