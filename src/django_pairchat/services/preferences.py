"""The switches of a person for what others see, and the rooms that a person has blocked, muted or archived."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.utils import timezone

from .. import get_preferences_model
from ..core.access import all_rooms, database
from ..core.cursors import beyond, cursor_of
from ..core.events import RoomChanged, publish, publish_on_commit
from ..core.visibility import own_preferences
from ..exceptions import BadRequest, Unsupported
from ..querysets import flags

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ..base_models import AbstractRoom
    from ..querysets import RoomQuerySet

PAGE_SIZE: Final = 20
EVENTS_AT_ONCE: Final = 500
SIDES: Final[tuple[tuple[str, str, dict[str, int]], ...]] = (
    ("user1", "user2", {"head__gt": 0}),
    ("user2", "user1", {}),
)
"""The one who opened a room knows of it from the beginning, the other one from the first message on."""
PEER: Final = "pairchat_peer"
"""The annotation of a room with the key of the other person. The prefix prevents a conflict with a host's column."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """The switches of a person, as far as the host's policy lets them see it at all."""

    shows_read_marks: bool = True
    shows_presence: bool = True


def preferences(user: Any) -> Preferences:
    """Return the person's own switches, whatever the policy says. All are on until the person switches one off."""
    own = own_preferences(user)
    return Preferences() if own is None else Preferences(own.shows_read_marks, own.shows_presence)


def change_preferences(
    user: Any, *, shows_read_marks: bool | None = None, shows_presence: bool | None = None
) -> Preferences:
    """Change the person's switches, those that are not ``None``, and return them all.

    Open pages of the people whom ``user`` writes with follow at once. Raises ``Unsupported`` for a host without a model
    of them.
    """
    model = get_preferences_model()
    if model is None:
        raise Unsupported
    given = {"shows_read_marks": shows_read_marks, "shows_presence": shows_presence}
    changes = {name: value for name, value in given.items() if value is not None}
    rows = model._default_manager.using(database())
    before = rows.filter(user=user.pk).first() or model(user_id=user.pk)
    if any(getattr(before, name) != value for name, value in changes.items()):
        _store(rows.filter(user=user.pk), user.pk, changes)
        publish_on_commit([], partial(_tell_peers, user.pk))
    stored = rows.filter(user=user.pk).first() or before
    return Preferences(stored.shows_read_marks, stored.shows_presence)


def _store(rows: QuerySet[Any], user_pk: Any, changes: dict[str, bool]) -> None:
    if rows.update(**changes):
        return
    try:
        with transaction.atomic(using=database()):
            rows.create(user_id=user_pk, **changes)
    except IntegrityError:
        # Another request of the same person was faster.
        rows.update(**changes)


def _tell_peers(user_pk: Any) -> None:
    """Publish each room of the person to the other one, who sees it differently now."""
    events: list[RoomChanged] = []
    for mine, others, known in SIDES:
        rooms = all_rooms().filter(**{mine: user_pk, f"{others}__isnull": False, **known})
        events += [RoomChanged(str(pk), (str(peer),)) for pk, peer in rooms.values_list("pk", f"{others}_id")]
    for start in range(0, len(events), EVENTS_AT_ONCE):
        publish(events[start : start + EVENTS_AT_ONCE])


@dataclass(frozen=True, slots=True)
class RoomPage:
    """A page of rooms. ``next`` is the cursor of the following page, ``None`` on the last."""

    rooms: list[AbstractRoom]
    next: str | None


def _blocked(rooms: RoomQuerySet, user: Any) -> RoomQuerySet:
    """Return one room for each person whom ``user`` has blocked: a block covers all rooms of the pair."""
    earlier = all_rooms().filter(
        Q(user1=user, user2=OuterRef(PEER)) | Q(user2=user, user1=OuterRef(PEER)), pk__lt=OuterRef("pk")
    )
    peer = Case(When(user1=user, then=F("user2")), default=F("user1"))
    mine = Q(user1=user, user1_blocked=True) | Q(user2=user, user2_blocked=True)
    return (
        rooms.filter(mine, user1__isnull=False, user2__isnull=False).annotate(**{PEER: peer}).filter(~Exists(earlier))
    )


def _muted(rooms: RoomQuerySet, user: Any) -> RoomQuerySet:
    now = timezone.now()
    return rooms.filter(Q(user1=user, user1_muted_until__gt=now) | Q(user2=user, user2_muted_until__gt=now))


def _archived(rooms: RoomQuerySet, user: Any) -> RoomQuerySet:
    opened = Q(flags(user1_archived=True), user1=user)
    return rooms.filter(opened | Q(flags(user2_archived=True), user2=user, head__gt=0))


KINDS: Final = {"blocked": _blocked, "muted": _muted, "archived": _archived}


def rooms_set_apart(user: Any, kind: str, *, before: str | None = None, limit: int = PAGE_SIZE) -> RoomPage:
    """Return the rooms that ``user`` has ``"blocked"``, ``"muted"`` or ``"archived"``, by last message, newest first.

    Of a person who is blocked there is one room. Raises ``BadRequest`` for another kind, or a cursor that no earlier
    page gave.
    """
    if kind not in KINDS:
        raise BadRequest(field="kind")
    rooms = KINDS[kind](all_rooms().with_people().with_last_message(), user).order_by("-last_message_at", "-pk")
    if before is not None:
        rooms = rooms.filter(beyond(before, rooms.model, "last_message_at"))
    found = list(rooms[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return RoomPage(found[:limit], None if last is None else cursor_of(last.last_message_at, last.pk))
