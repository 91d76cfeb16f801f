"""How to ask for rooms and messages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ValidationError
from django.db import connections, models
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models import F, FilteredRelation, Q
from django.db.models.expressions import RawSQL

from . import bulk
from .exceptions import BadId
from .wire.requests import KEY_LIMIT

if TYPE_CHECKING:
    from .base_models import AbstractMessage, AbstractRoom, Side

CANONICAL_INTEGER = re.compile(r"0|[1-9][0-9]*", re.ASCII)


def parse_key(model: type[models.Model], text: str, name: str) -> Any:
    """The primary key that ``text`` is the canonical form of. Raises ``BadId`` for any other spelling.

    Checked before the database sees it: to a database ``True``, ``1.5`` and ``"01"`` are all row 1.
    """
    if not isinstance(text, str):
        raise TypeError(
            f"The key of a {model._meta.verbose_name} is a str as in an address, not {text!r}: str(room.pk)."
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


class RoomQuerySet(models.QuerySet["AbstractRoom"]):
    model: type[AbstractRoom]

    def for_user(self, user: Any) -> Self:
        """Rooms in which this user is one of the two."""
        return self.filter(Q(user1=user) | Q(user2=user))

    def between(self, user: Any, peer: Any) -> Self:
        """Rooms of exactly these two, whoever opened them."""
        return self.filter(Q(user1=user, user2=peer) | Q(user1=peer, user2=user))

    def with_people(self) -> Self:
        return self.select_related("user1", "user2")

    def with_last_message(self) -> Self:
        """Each room with its newest message as ``last_message`` (``None`` in an empty room), in the same query."""
        newest = FilteredRelation("messages", condition=Q(messages__seq=F("head")))
        return self.annotate(last_message=newest).select_related("last_message")

    def with_version(self) -> Self:
        """Each room with the version of its row, where the database counts them, as :func:`bulk.exchange` wants it."""
        connection = connections[self.db]
        if connection.vendor != "postgresql":
            return self
        table = connection.ops.quote_name(self.model._meta.db_table)
        return self.annotate(**{bulk.VERSION: RawSQL(f"{table}.xmin::text", ())})  # noqa: S611 - nothing of it is given by anybody

    def locked(self, keys: Collection[Any], *, skip_locked: bool = False) -> Self:
        """These rooms in the order of their keys, their rows locked until the end of the transaction.

        With ``skip_locked`` rows that somebody else holds are left out, where the database can do that.
        """
        self._take_write_lock(keys)
        return self._for_update(keys, skip_locked)

    def locked_values(self, columns: tuple[str, ...], keys: Sequence[Any], *, skip_locked: bool) -> list[list[Any]]:
        """As :meth:`locked`, but these columns only and without Django's work of writing the query each time."""
        self._take_write_lock(keys)
        # Whoever knows the keys has found the rooms before: what a host's manager leaves out is not asked again.
        rooms = type(self)(self.model, using=self.db)
        ask = partial(rooms._for_update, keys, skip_locked)
        how = "locked, skipping" if skip_locked else "locked"
        return bulk.read(ask, self.model, columns, keys, how=how, using=self.db)

    def _for_update(self, keys: Collection[Any], skip_locked: bool) -> Self:
        rooms = self.filter(pk__in=keys).order_by("pk")
        features = connections[self.db].features
        if not features.has_select_for_update:
            return rooms
        return rooms.select_for_update(skip_locked=skip_locked and features.has_select_for_update_skip_locked)

    def _take_write_lock(self, keys: Collection[Any]) -> None:
        # A SQLite transaction that begins by reading fails at its first write when somebody wrote meanwhile;
        # one that begins by writing waits its turn.
        connection = connections[self.db]
        if not connection.features.has_select_for_update and getattr(connection, "transaction_mode", "") != "IMMEDIATE":
            self.filter(pk__in=keys).update(head=F("head"))


class MessageQuerySet(models.QuerySet["AbstractMessage"]):
    model: type[AbstractMessage]

    def visible_to(self, side: Side) -> Self:
        """What this side has not cleared away."""
        return self.filter(seq__gt=side.cleared)

    def mentioning(self, texts: Collection[str]) -> Self:
        """Messages with one of these texts in them, in upper or lower case, not deleted."""
        # SQLite's own comparison knows the case of ASCII letters only; its regular expressions are Python's.
        with_regex = connections[self.db].vendor == "sqlite"
        condition = Q()
        for text in texts:
            condition |= Q(content__iregex=re.escape(text)) if with_regex else Q(content__icontains=text)
        return self.filter(condition, deleted_at=None)


RoomManager = models.Manager.from_queryset(RoomQuerySet)
MessageManager = models.Manager.from_queryset(MessageQuerySet)
