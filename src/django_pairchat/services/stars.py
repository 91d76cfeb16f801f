"""Stars: messages that one person has kept for finding them again. The other person does not learn of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from .. import get_star_model
from ..core.access import database, get_message, get_room, side_of
from ..core.answer_size import fit_to_size, message_bytes
from ..core.cursors import beyond, cursor_of
from ..core.events import FramePush, publish_on_commit
from ..core.references import MessageRef, RoomRef
from ..exceptions import CannotSend, Conflict, Unsupported
from ..policy import get_policy
from ..protocol import frames

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ..base_models import AbstractMessage, AbstractRoom, AbstractStar

PAGE_SIZE: Final = 20


@dataclass(frozen=True, slots=True)
class StarPage:
    """A page of starred messages. ``next`` is the cursor of the following page, ``None`` on the last."""

    messages: list[AbstractMessage]
    next: str | None


def _all_stars() -> QuerySet[AbstractStar]:
    model = get_star_model()
    if model is None:
        raise Unsupported
    return model._default_manager.using(database())


def _visible(user: Any) -> Q:
    """Return the condition for stars of messages that the user can see, in rooms that the user has not blocked."""
    sides = [
        Q(
            **{f"message__room__{side}": user, f"message__room__{side}_blocked": False},
            message__seq__gt=F(f"message__room__{side}_cleared"),
        )
        for side in ("user1", "user2")
    ]
    return Q(sides[0] | sides[1], message__deleted_at=None)


def starred_messages(user: Any, *, before: str | None = None, limit: int = PAGE_SIZE) -> StarPage:
    """Return the user's starred messages, the one that was starred last first, in one query.

    Messages that are deleted or cleared are left out, and those of rooms that the user has blocked. Raises
    ``BadRequest`` for a cursor that no earlier page gave, ``Unsupported`` for a host without a model of stars.
    """
    stars = _all_stars().filter(_visible(user), user=user).order_by("-created_at", "-pk")
    if before is not None:
        stars = stars.filter(beyond(before, stars.model, "created_at"))
    found = list(stars.select_related("message__room__user1", "message__room__user2")[: limit + 1])
    shown = fit_to_size([star.message for star in found[:limit]], message_bytes)
    if len(shown) == len(found):
        return StarPage(shown, None)
    last = found[len(shown) - 1]
    return StarPage(shown, cursor_of(last.created_at, last.pk))


def starred_in(user: Any, room: AbstractRoom) -> list[int]:
    """Return the ``seq`` of each message of a room that the user has starred and can see, ascending."""
    if get_star_model() is None:
        return []
    stars = _all_stars().filter(_visible(user), user=user, message__room=room.pk)
    return list(stars.order_by("message__seq").values_list("message__seq", flat=True))


def remove_stars(user: Any, room: AbstractRoom) -> None:
    """Remove the user's stars in a room that the user leaves."""
    if get_star_model() is not None:
        _all_stars().filter(user=user, message__room=room.pk).delete()


def star(user: Any, room: RoomRef, message: MessageRef, on: bool = True) -> None:
    """Star a message for the user, or remove the star with ``on=False``. Repeating it changes nothing.

    Raises ``CannotSend`` for a deleted message, ``Conflict`` for more stars than the policy's
    ``starred_messages_limit``, ``NotFound`` for a room or message that the user cannot see, and ``Unsupported`` for a
    host without a model of stars.
    """
    stars = _all_stars()
    side = side_of(get_room(user, room), user)
    found = get_message(side, message)
    changed = _add(user, found) if on else bool(stars.filter(user=user, message=found.pk).delete()[0])
    if changed and not found.is_deleted:
        frame = frames.star_event(str(side.room.pk), found.seq, on)
        publish_on_commit([FramePush((str(user.pk),), frame)])


def _add(user: Any, message: AbstractMessage) -> bool:
    """Return whether the star is new."""
    stars = _all_stars().filter(user=user)
    if message.is_deleted:
        raise CannotSend
    if stars.filter(message=message.pk).exists():
        return False
    _require_free_star(user, stars)
    try:
        with transaction.atomic(using=database()):
            _all_stars().create(user=user, message_id=message.pk)
    except IntegrityError:
        # Another request was faster, or the message has just gone.
        return False
    return True


def _require_free_star(user: Any, stars: QuerySet[AbstractStar]) -> None:
    """Raise ``Conflict`` if the user has as many stars as the policy allows.

    Stars of messages that the user cannot see any more are removed first. Two requests at the same time may go beyond
    the limit, which only keeps the table small.
    """
    limit = get_policy().starred_messages_limit
    if stars.count() < limit:
        return
    gone = Q(message__deleted_at__isnull=False) | Q(
        message__room__user1=user, message__seq__lte=F("message__room__user1_cleared")
    )
    gone |= Q(message__room__user2=user, message__seq__lte=F("message__room__user2_cleared"))
    stars.filter(pk__in=list(stars.filter(gone).values_list("pk", flat=True))).delete()
    if stars.count() >= limit:
        raise Conflict(field="starred")
