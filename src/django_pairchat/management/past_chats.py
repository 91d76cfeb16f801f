"""Reads the chats of django-private-chat2 and of the consumer tutorials, pair by pair, without holding all of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Greatest, Least

from ..services import PastMessage

PRIVATE_CHAT: Final = "django_private_chat2"
NAMESPACE: Final = uuid.UUID("a3c9a0a6-3f0b-5d0c-9a6e-6c1b9a3f5a11")
"""Any constant one: with the label of a model and a key it gives each message of another chat its ``client_id``."""
ELSE: Final = "Nothing was added. For other tables, write a loop of your own."
ROWS_AT_ONCE: Final = 500
"""All rows are read in parts by key. A cursor that stays open while messages are stored would keep SQLite from it."""


@dataclass(frozen=True, slots=True)
class PastChats:
    """The messages of another chat, whose columns have these names.

    ``people`` are the lookups from a message to the keys of both people. ``text`` and ``time`` are columns.
    """

    messages: QuerySet[Any]
    people: tuple[str, str]
    text: str
    time: str
    has_files: bool = False

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """Yield the keys of each two people who have written to each other."""
        low, high = Least(*self.people), Greatest(*self.people)
        found = self._usable().annotate(low=low, high=high).values_list("low", "high").distinct()
        found = found.order_by("low", "high")
        to_key = get_user_model()._meta.pk.to_python
        part = list(found[:ROWS_AT_ONCE])
        while part:
            yield from ((to_key(one), to_key(other)) for one, other in part)
            last_low, last_high = part[-1]
            part = list(found.filter(Q(low__gt=last_low) | Q(low=last_low, high__gt=last_high))[:ROWS_AT_ONCE])

    def count(self, pair: tuple[Any, Any]) -> int:
        return self._between(pair).count()

    def unusable(self) -> list[Any]:
        """Return the keys of the messages without a time, without two people, or of somebody else."""
        usable = self._usable().order_by().values("pk")
        return list(self.messages.exclude(pk__in=usable).order_by("pk").values_list("pk", flat=True))

    def between(self, pair: tuple[Any, Any], people: Mapping[Any, Any]) -> Iterator[PastMessage]:
        """Yield the messages of these two, oldest first. ``people`` has the users of this project by their old keys."""
        messages = self._between(pair).select_related(*(("file",) if self.has_files else ()))
        messages = messages.order_by(self.time, "pk")
        part = list(messages[:ROWS_AT_ONCE])
        while part:
            for message in part:
                yield self._past(message, people)
            last = part[-1]
            at = getattr(last, self.time)
            later = Q(**{f"{self.time}__gt": at}) | Q(**{self.time: at, "pk__gt": last.pk})
            part = list(messages.filter(later)[:ROWS_AT_ONCE])

    def _usable(self) -> QuerySet[Any]:
        one, other = self.people
        of_two = self.messages.filter(Q(sender=F(one)) | Q(sender=F(other)))
        return of_two.filter(**{f"{name}__isnull": False for name in (one, other, self.time)})

    def _between(self, pair: tuple[Any, Any]) -> QuerySet[Any]:
        one, other = self.people
        return self._usable().filter(Q(**{one: pair[0], other: pair[1]}) | Q(**{one: pair[1], other: pair[0]}))

    def _past(self, message: Any, people: Mapping[Any, Any]) -> PastMessage:
        upload = message.file if self.has_files else None
        return PastMessage(
            sender=people[message.sender_id],
            content=getattr(message, self.text) or "",
            sent_at=getattr(message, self.time),
            client_id=uuid.uuid5(NAMESPACE, f"{message._meta.label_lower} {message.pk}"),
            file=upload.file if upload else None,
            was_read=getattr(message, "read", True),
            is_deleted=getattr(message, "is_removed", False),
        )


def private_chats(database: str) -> PastChats:
    """Return the chats of django-private-chat2. Raises ``CommandError`` if it is not installed."""
    model: Any = _model(f"{PRIVATE_CHAT}.MessageModel")
    return PastChats(model.all_objects.using(database), ("sender_id", "recipient_id"), "text", "created", True)


def tutorial_chats(database: str, label: str, room: str | None = None) -> PastChats:
    """Return the chats of a tutorial's two tables. ``label`` is the messages' model, such as ``chatapp.ChatMessage``.

    Its room is a foreign key to a model with ``user1`` and ``user2``, and ``room`` its name if there are several; it
    has ``sender``, ``content`` and ``timestamp``. Raises ``CommandError`` for any other model.
    """
    model = _model(label)
    fields = {one.name: one for one in model._meta.get_fields()}
    missing = sorted({"sender", "content", "timestamp"} - set(fields))
    if missing:
        raise CommandError(f"{label} has no {', '.join(missing)}. {ELSE}")
    if not fields["sender"].many_to_one:
        raise CommandError(f"The sender of {label} is no foreign key. {ELSE}")
    rooms = [name for name, one in fields.items() if one.many_to_one and _has_two_people(one.related_model)]
    if not rooms or (room is not None and room not in rooms):
        raise CommandError(f"{label} has no foreign key {room or ''} to a model with user1 and user2. {ELSE}")
    if room is None and len(rooms) > 1:
        options = " or ".join(f"--room {name}" for name in rooms)
        raise CommandError(f"{label} has several foreign keys to a room: add {options}. Nothing was added.")
    room = room or rooms[0]
    people = (f"{room}__user1_id", f"{room}__user2_id")
    return PastChats(model._base_manager.using(database), people, "content", "timestamp")


def _has_two_people(model: Any) -> bool:
    return {"user1", "user2"} <= {field.name for field in model._meta.get_fields()}


def _model(label: str) -> type[Model]:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        raise CommandError(
            f"There is no model {label}. Keep the app of the old chat in INSTALLED_APPS until its messages are here. "
            "Nothing was added."
        ) from None
