"""Querysets and managers of rooms and messages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Self

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connections, models
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models import F, FilteredRelation, Q
from django.db.models.expressions import RawSQL

from .conf import conf
from .exceptions import BadId
from .model_parts.pair_key import topic_classes
from .protocol.requests import KEY_LIMIT

if TYPE_CHECKING:
    from .base_models import AbstractMessage, AbstractRoom
    from .model_parts.side import Side

ROW_VERSION: Final = "pairchat_row_version"
"""The annotation with the version of a row. The prefix prevents a conflict with a column of the host."""

CANONICAL_INTEGER = re.compile(r"0|[1-9][0-9]*", re.ASCII)


def parse_key(model: type[models.Model], text: str, name: str) -> Any:
    """Return the primary key whose canonical form is ``text``. Raises ``BadId`` for any other spelling.

    Checked before the query, because to a database ``True``, ``1.5`` and ``"01"`` are all row 1. Raises ``TypeError``
    if ``text`` is not a ``str``.
    """
    if not isinstance(text, str):
        raise TypeError(
            f"The key of a {model._meta.verbose_name} is a str as in a URL, not {text!r}: use str(room.pk)."
        )
    field: Any = model._meta.pk
    while field.remote_field is not None:
        field = field.target_field
    kind = field.get_internal_type()
    if kind in BaseDatabaseOperations.integer_field_ranges:
        highest = BaseDatabaseOperations.integer_field_ranges[kind][1]
        if len(text) > KEY_LIMIT or not CANONICAL_INTEGER.fullmatch(text) or int(text) > highest:
            raise BadId(field=name)
        return int(text)
    try:
        value = uuid.UUID(text) if kind == "UUIDField" else field.clean(text, None)
    except (ValueError, ValidationError):
        raise BadId(field=name) from None
    if str(value) != text:
        raise BadId(field=name)
    return value


def preferences_accessor(model: type[models.Model]) -> str:
    """Return the name under which a user has its row of this model, and under which a query joins it."""
    field: Any = model._meta.get_field("user")
    return str(field.remote_field.get_accessor_name())


@lru_cache(maxsize=8)
def _installed_accessor(name: str) -> str | None:
    try:
        return preferences_accessor(apps.get_model(name))
    except (LookupError, ValueError):
        return None


def flags(**wanted: bool) -> Q:
    """Return the condition that these columns have these values, so that SQLite finds it in an index.

    For a comparison Django writes ``NOT column`` there, which no index answers.
    """
    return Q(**{f"{column}__in": [value] for column, value in wanted.items()})


class RoomQuerySet(models.QuerySet["AbstractRoom"]):
    model: type[AbstractRoom]

    def for_user(self, user: Any) -> Self:
        """Return the rooms of this user."""
        return self.filter(Q(user1=user) | Q(user2=user))

    def between(self, user: Any, peer: Any) -> Self:
        """Return the rooms of these two people, in either order."""
        return self.filter(Q(user1=user, user2=peer) | Q(user1=peer, user2=user))

    def about(self, topic: models.Model) -> Self:
        """Return the rooms about this object, whichever of its models they were opened with."""
        keys: dict[str, list[type[models.Model]]] = {}
        for model, key in topic_classes(topic):
            keys.setdefault(key, []).append(model)
        condition = Q()
        for key, family in keys.items():
            types = ContentType.objects.get_for_models(*family, for_concrete_models=False).values()
            condition |= Q(topic_type__in=[kind.pk for kind in types], topic_key=key)
        return self.filter(condition)

    def with_people(self, *, preferences: bool = True) -> Self:
        """Load the two people of each room, and by default what each of them lets others see, in the same query."""
        people = ("user1", "user2")
        accessor = _installed_accessor(conf.preferences_model) if preferences and conf.preferences_model else None
        own = tuple(f"{person}__{accessor}" for person in people) if accessor else ()
        return self.select_related(*people, *own)

    def with_last_message(self) -> Self:
        """Load each room's newest message as ``last_message`` (``None`` in an empty room), in the same query."""
        newest = FilteredRelation("messages", condition=Q(messages__seq=F("head")))
        return self.annotate(last_message=newest).select_related("last_message")

    def with_row_version(self) -> Self:
        """Annotate each room with its row version, if the database has one, for optimistic updates."""
        connection = connections[self.db]
        if connection.vendor != "postgresql":
            return self
        table = connection.ops.quote_name(self.model._meta.db_table)
        return self.annotate(**{ROW_VERSION: RawSQL(f"{table}.xmin::text", ())})  # noqa: S611 - it contains no input

    def locked(self, keys: Collection[Any], *, skip_locked: bool = False) -> Self:
        """Return these rooms in the order of their keys, with their rows locked until the end of the transaction.

        ``skip_locked`` leaves out rows that another transaction has locked, if the database supports it.
        """
        self.take_write_lock(keys)
        return self.for_update(keys, skip_locked)

    def for_update(self, keys: Collection[Any], skip_locked: bool) -> Self:
        rooms = self.filter(pk__in=keys).order_by("pk")
        features = connections[self.db].features
        if not features.has_select_for_update:
            return rooms
        return rooms.select_for_update(
            skip_locked=skip_locked and features.has_select_for_update_skip_locked,
            # A room's key never changes, so inserting a host's row that refers to it does not conflict with this lock.
            no_key=features.has_select_for_no_key_update,
        )

    def touch(self, pk: Any) -> None:
        """Make transactions that wait for this room's lock notice a change in another table or row.

        On PostgreSQL, a waiting transaction above READ COMMITTED continues with its old snapshot unless the locked row
        itself has changed.
        """
        if connections[self.db].vendor == "postgresql":
            self.filter(pk=pk).update(head=F("head"))

    def take_write_lock(self, keys: Collection[Any]) -> None:
        # A SQLite transaction that begins with a read fails at its first write if another one has written since.
        # One that begins with a write waits for its turn.
        connection = connections[self.db]
        if not connection.features.has_select_for_update and getattr(connection, "transaction_mode", "") != "IMMEDIATE":
            self.filter(pk__in=keys).update(head=F("head"))


class MessageQuerySet(models.QuerySet["AbstractMessage"]):
    model: type[AbstractMessage]

    def visible_to(self, side: Side) -> Self:
        """Return the messages that this side has not cleared away."""
        return self.filter(seq__gt=side.cleared)

    def mentioning(self, pattern: str) -> Self:
        """Return the messages whose text matches this regular expression, without deleted ones."""
        return self.filter(content__regex=pattern, deleted_at=None)


RoomManager = models.Manager.from_queryset(RoomQuerySet)
MessageManager = models.Manager.from_queryset(MessageQuerySet)
