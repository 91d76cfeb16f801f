"""The sweep: who is due is decided in parts, and then looked at once more, under a claim, right before sending."""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Min, Q
from django.utils import timezone

from ..base_models import SYSTEM, AbstractMessage, AbstractRoom
from ..core.access import all_messages
from ..core.shown_topics import shown_topics
from ..core.transactions import retry_on_conflict
from ..model_parts.side import Side
from ..policy import Profile, get_policy
from ..realtime.presence import online_users
from ..utils.instruments import timed_sweep
from .candidates import note_unread, notices, rooms_by_key
from .decision import Later, Never, Now, Verdict, decide, first_untold
from .models import RoomNotice
from .notifiers import Delayed, News, Notifier, Refused, RoomNews, Unavailable, Unconfirmed, get_notifiers
from .people import Person, people

logger = logging.getLogger("django_pairchat")

NOTICES_PER_PART: Final = 500
ROOMS_AT_ONCE: Final = 20
"""The rooms in one notification. The others follow with the next sweep."""

MESSAGES_SHOWN: Final = 5
LEASE: Final = timedelta(minutes=10)
"""How long a claim lasts. If its sweep was killed, another one continues afterwards."""

MOST_ATTEMPTS: Final = 8
MOST_DOUBTS: Final = 2
"""An attempt that ends while it sends leaves open whether it sent. It is repeated once, and not again."""

FIRST_PAUSE: Final = timedelta(minutes=2)
LONGEST_PAUSE: Final = timedelta(hours=1)


@dataclass(slots=True)
class SweepResult:
    """The number of people who were told, who cannot be told, and for whom it failed and is tried again."""

    told: int = 0
    refused: int = 0
    failed: int = 0
    unavailable: list[str] = field(default_factory=list)
    """The channels that did not work."""

    @property
    def total(self) -> int:
        return self.told + self.refused + self.failed


@timed_sweep("notifications")
def sweep(*, stopping: Callable[[], bool] = lambda: False) -> SweepResult:
    """Tell everybody who is due, on all channels. Several sweeps may run at once.

    It works on the state of the database only, so that nothing is lost if it is stopped or does not run for a while.
    ``stopping`` is asked before each person.
    """
    result = SweepResult()
    for notifier in get_notifiers():
        note_unread(notifier)
        try:
            for user_pk in due_people(notifier):
                if stopping():
                    return result
                tell(notifier, user_pk, result)
        except Unavailable:
            result.unavailable.append(notifier.channel)
    return result


# Deciding


@dataclass(frozen=True, slots=True)
class Look:
    """One notice, the side of the room and the person as they are now, and what was decided about them.

    Without a side the room is gone, or the person is not in it any more. Only the last look counts the messages.
    """

    notice: RoomNotice
    side: Side | None
    person: Person | None
    verdict: Verdict
    count: int = 0
    by_system: int = 0


def due_people(notifier: Notifier) -> list[Any]:
    """Return the keys of the users to tell now, those who wait longest first, and put off or drop all others."""
    found: dict[Any, None] = {}
    now = timezone.now()
    for part in _due_parts(notifier.channel, now):
        looks = _look(notifier, part)
        _put_off(notices(notifier.channel).filter(due_at__lte=now), looks)
        found.update((look.notice.user_id, None) for look in looks if isinstance(look.verdict, Now))
    return list(found)


def _due_parts(channel: str, now: datetime) -> Iterator[list[RoomNotice]]:
    due = notices(channel).filter(due_at__lte=now).order_by("due_at", "pk")
    part: list[RoomNotice] = list(due[:NOTICES_PER_PART])
    while part:
        yield part
        last = part[-1]
        later = Q(due_at__gt=last.due_at) | Q(due_at=last.due_at, pk__gt=last.pk)
        part = list(due.filter(later, due_at__gte=last.due_at)[:NOTICES_PER_PART])


def _look(notifier: Notifier, part: Sequence[RoomNotice]) -> list[Look]:
    """Decide about each notice with the room and the person as they are now.

    At most two queries, and those of ``notifier.unreachable()``.
    """
    now = timezone.now()
    rooms = rooms_by_key({notice.room_key for notice in part}, with_people=True)
    sides = [_side_of(rooms.get(notice.room_key), notice.user_id) for notice in part]
    found = people({side.user_id: side.user for side in sides if side is not None}.values())
    facts = {
        "now": now,
        "present": online_users({str(pk) for pk in found}),
        "unreachable": notifier.unreachable(found.values()),
    }
    looks: list[Look] = []
    for notice, side in zip(part, sides, strict=True):
        person = None if side is None else found[side.user_id]
        if side is None or person is None:
            verdict: Verdict = Never("gone")
        else:
            verdict = _decide_safely(side, person, notice, notifier, **facts)
        looks.append(Look(notice, side, person, verdict))
    return looks


def _decide_safely(side: Side, person: Person, notice: RoomNotice, notifier: Notifier, **facts: Any) -> Verdict:
    """Decide, or put it off if the host's policy fails for this person: the others are told anyway."""
    try:
        return decide(side, person, notice, notifier, **facts)
    except Exception:
        logger.exception("It could not be decided whether to tell user %s by %s.", notice.user_id, notifier.channel)
        return Later(timezone.now() + FIRST_PAUSE)


def _side_of(room: AbstractRoom | None, user_id: Any) -> Side | None:
    sides = () if room is None else room.sides
    return next((side for side in sides if side.user_id == user_id), None)


def _put_off(mine: Any, looks: Collection[Look]) -> None:
    """Store the decisions against telling now, for the notices among ``mine``, which nobody else has taken."""
    later: defaultdict[datetime, list[int]] = defaultdict(list)
    heads: defaultdict[int, list[int]] = defaultdict(list)
    gone: list[int] = []
    for look in looks:
        if look.side is None:
            gone.append(look.notice.pk)
        elif isinstance(look.verdict, Later):
            later[look.verdict.at].append(look.notice.pk)
        elif isinstance(look.verdict, Never):
            heads[look.side.room.head].append(look.notice.pk)
    for at, pks in later.items():
        _store(mine, pks, due_at=at, claim=None)
    for head, pks in heads.items():
        _store(mine, pks, notified_seq=head, **FINISHED)
    if gone:
        _forget(mine, gone)


@retry_on_conflict
def _store(mine: Any, pks: Collection[int], **values: Any) -> None:
    mine.filter(pk__in=pks).update(**values)


@retry_on_conflict
def _forget(mine: Any, pks: Collection[int]) -> None:
    mine.filter(pk__in=pks).delete()


# Telling

FINISHED: Final[dict[str, Any]] = {"due_at": None, "claim": None, "sending_seq": 0, "attempts": 0, "doubts": 0}


def tell(notifier: Notifier, user_pk: Any, result: SweepResult) -> None:
    """Tell one person about all that is due for them, unless that has changed or another sweep is at it.

    Raises ``Unavailable`` if the channel does not work at all.
    """
    claim = uuid.uuid4()
    claimed = _claim(notifier.channel, user_pk, claim)
    mine = notices(notifier.channel).filter(user=user_pk, claim=claim)
    chosen = _last_look(notifier, mine, _without_doubtful(notifier, mine, claimed))
    if not chosen:
        return
    try:
        news = _news(notifier.channel, chosen)
        for look, each in zip(chosen, news.rooms, strict=True):
            _store(mine, [look.notice.pk], sending_seq=each.upto)
        _send(notifier, news)
    except Unavailable as error:
        logger.warning("Notifications by %s do not work now, and are tried again: %s", notifier.channel, error)
        result.failed += 1
        _wait(mine, chosen, is_open=isinstance(error, Unconfirmed))
        raise
    except Refused as error:
        logger.warning("User %s cannot be told by %s: %s", user_pk, notifier.channel, error)
        result.refused += 1
        _finish(mine, chosen)
    except Delayed as error:
        logger.warning("User %s is told by %s later: %s", user_pk, notifier.channel, error)
        result.failed += 1
        _postpone(mine, chosen, at_least=error.wait, steady=notifier.repeat if error.is_partial else None)
    except Exception:
        logger.exception("User %s could not be told by %s.", user_pk, notifier.channel)
        result.failed += 1
        _postpone(mine, chosen)
    else:
        result.told += 1
        _finish(mine, chosen, told_at=timezone.now())


@retry_on_conflict
def _claim(channel: str, user_pk: Any, claim: uuid.UUID) -> list[RoomNotice]:
    """Take the person's due notices. Two sweeps never take the same one: its lease is no longer due."""
    now = timezone.now()
    taken = notices(channel).filter(user=user_pk, due_at__lte=now).update(claim=claim, due_at=now + LEASE)
    return list(notices(channel).filter(user=user_pk, claim=claim).order_by("pk")) if taken else []


def _without_doubtful(notifier: Notifier, mine: Any, claimed: Sequence[RoomNotice]) -> list[RoomNotice]:
    """Return the notices to look at, without those of which two attempts left open whether the person was told."""
    kept = []
    for notice in claimed:
        if notice.sending_seq:
            notice.doubts += 1
            if notice.doubts >= MOST_DOUBTS:
                _assume_told(notifier, mine, notice)
                continue
            # The count is stored before anything is sent again.
            _store(mine, [notice.pk], doubts=notice.doubts, sending_seq=0)
        kept.append(notice)
    return kept


def _assume_told(notifier: Notifier, mine: Any, notice: RoomNotice) -> None:
    """Close what was sent twice, with a rest before what has been written since."""
    logger.error("Two attempts to tell user %s about room %s ended open.", notice.user_id, notice.room_key)
    now = timezone.now()
    values = {**FINISHED, "notified_seq": notice.sending_seq, "told_at": now, "due_at": now + notifier.repeat}
    _store(mine, [notice.pk], **values)


def _last_look(notifier: Notifier, mine: Any, claimed: Sequence[RoomNotice]) -> list[Look]:
    """Return what to tell the person at once, and put off or drop the rest."""
    looks = _look(notifier, claimed)
    _put_off(mine, looks)
    due = [look for look in looks if isinstance(look.verdict, Now)]
    _store(mine, [look.notice.pk for look in due[ROOMS_AT_ONCE:]], due_at=timezone.now(), claim=None)
    looks = [_count(notifier, look, look.side) for look in due[:ROOMS_AT_ONCE] if look.side is not None]
    _put_off(mine, looks)
    return [look for look in looks if isinstance(look.verdict, Now)]


def _count(notifier: Notifier, look: Look, side: Side) -> Look:
    """Return the look with the number of messages, unless none is left or the oldest has not waited long enough.

    It is young if the person has read the message that the notice was first about.
    """
    found = _untold(side, look.notice).aggregate(
        count=Count("pk"), by_system=Count("pk", filter=Q(side=SYSTEM)), oldest_at=Min("created_at")
    )
    if not found["count"]:
        return replace(look, verdict=Never("nothing left"))
    due_at = found["oldest_at"] + notifier.delay
    if due_at > timezone.now():
        return replace(look, verdict=Later(due_at))
    return replace(look, count=found["count"], by_system=found["by_system"])


def _untold(side: Side, notice: RoomNotice) -> Any:
    """Return the messages that the side has neither written nor read, and was not told about."""
    new = all_messages().visible_to(side).exclude(side=side.number)
    return new.filter(room=side.room.pk, deleted_at=None, seq__gt=first_untold(side, notice), seq__lte=side.room.head)


def _send(notifier: Notifier, news: News) -> None:
    with news.person.speaking(), news.person.at_home():
        notifier.send(news)


def _finish(mine: Any, looks: Collection[Look], **values: Any) -> None:
    """Close what the person was told about, or cannot be told about."""
    for look in looks:
        if look.side is not None:
            _store(mine, [look.notice.pk], notified_seq=look.side.room.head, **FINISHED, **values)


def _wait(mine: Any, looks: Collection[Look], *, is_open: bool) -> None:
    """Let an attempt rest that failed for reasons that are not the person's, and does not count."""
    values = {} if is_open else {"sending_seq": 0}
    _store(mine, [look.notice.pk for look in looks], due_at=timezone.now() + FIRST_PAUSE, claim=None, **values)


def _postpone(
    mine: Any, looks: Collection[Look], at_least: timedelta = timedelta(), steady: timedelta | None = None
) -> None:
    """Let a failed attempt rest, longer each time, or give it up after the last one. Every ``steady`` rest is alike."""
    for look in looks:
        attempts = look.notice.attempts + 1
        if attempts >= MOST_ATTEMPTS:
            logger.error("Gave up telling user %s about room %s.", look.notice.user_id, look.notice.room_key)
            _finish(mine, [look])
            continue
        growing = min(max(at_least, FIRST_PAUSE * 2 ** (attempts - 1)), LONGEST_PAUSE)
        pause = growing if steady is None else steady or FIRST_PAUSE
        due_at = timezone.now() + pause
        _store(mine, [look.notice.pk], attempts=attempts, due_at=due_at, claim=None, sending_seq=0)


def _news(channel: str, looks: Sequence[Look]) -> News:
    """Return what to tell, read from the database now: what was deleted in the meantime is not in it."""
    (person, *_) = [look.person for look in looks if look.person is not None]
    sides = [look.side for look in looks if look.side is not None]
    with person.speaking():
        profiles = get_policy().profiles([side.peer.user for side in sides])
        topics = shown_topics([side.room for side in sides], person.user)
    rooms = []
    for look, side in zip(looks, sides, strict=True):
        topic = topics.get(side.room.pk)
        rooms.append(
            RoomNews(
                side.room,
                profiles.get(side.peer.user) or Profile(str(side.peer.user_id)),
                look.count,
                side.room.head,
                _shown_messages(channel, person, side, look.notice),
                "" if topic is None else topic.title,
                look.by_system,
            )
        )
    return News(person, rooms)


def _shown_messages(channel: str, person: Person, side: Side, notice: RoomNotice) -> list[AbstractMessage]:
    """Return the newest messages, oldest first, if the policy shows them."""
    if not get_policy().shows_text_to(person.user, side.room, channel):
        return []
    messages: list[AbstractMessage] = list(reversed(_untold(side, notice).order_by("-seq")[:MESSAGES_SHOWN]))
    for message in messages:
        message.room = side.room
    return messages
