"""Reads the chats of django-private-chat2 and of the consumer tutorials, pair by pair, without holding all of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.core.management.base import CommandError
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Greatest, Least

from ..services import PastMessage

PRIVATE_CHAT: Final = "django_private_chat2"
NAMESPACE: Final = uuid.UUID("a3c9a0a6-3f0b-5d0c-9a6e-6c1b9a3f5a11")
"""Any constant one: with the label of a model and a key it gives each message of another chat its ``client_id``."""


@dataclass(frozen=True, slots=True)
class PastChats:
    """The messages of another chat, whose columns have these names.

    ``people`` are the lookups from a message to the keys of both people. ``sender``, ``text`` and ``time`` are columns.
    """

    messages: QuerySet[Any]
    people: tuple[str, str]
    text: str
    time: str
    has_files: bool = False

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """Yield the keys of each two people who have written to each other."""
        one, other = self.people
        low, high = Least(one, other), Greatest(one, other)
        found = self.messages.order_by().annotate(low=low, high=high).values_list("low", "high").distinct()
        yield from found.order_by("low", "high").iterator()

    def count(self, pair: tuple[Any, Any]) -> int:
        return self._between(pair).count()

    def between(self, pair: tuple[Any, Any]) -> Iterator[PastMessage]:
        """Yield the messages of these two, oldest first."""
        messages = self._between(pair).select_related("sender", *(("file",) if self.has_files else ()))
        for message in messages.order_by(self.time, "pk").iterator(chunk_size=500):
            yield self._past(message)

    def _between(self, pair: tuple[Any, Any]) -> QuerySet[Any]:
        one, other = self.people
        return self.messages.filter(Q(**{one: pair[0], other: pair[1]}) | Q(**{one: pair[1], other: pair[0]}))

    def _past(self, message: Any) -> PastMessage:
        upload = message.file if self.has_files else None
        return PastMessage(
            sender=message.sender,
            content=getattr(message, self.text),
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


def tutorial_chats(database: str, label: str) -> PastChats:
    """Return the chats of a tutorial's two tables. ``label`` is the messages' model, such as ``chatapp.ChatMessage``.

    Its room is a foreign key to a model with ``user1`` and ``user2``; it has ``sender``, ``content`` and ``timestamp``.
    Raises ``CommandError`` for any other model.
    """
    model = _model(label)
    fields = {one.name: one for one in model._meta.get_fields()}
    missing = sorted({"sender", "content", "timestamp"} - set(fields))
    rooms = [name for name, one in fields.items() if one.many_to_one and _has_two_people(one.related_model)]
    if missing or len(rooms) != 1:
        lacks = f"no {', '.join(missing)}" if missing else "no foreign key to a model with user1 and user2"
        raise CommandError(f"{label} has {lacks}. Nothing was added. For other tables, write a loop of your own.")
    people = (f"{rooms[0]}__user1_id", f"{rooms[0]}__user2_id")
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
