"""The abstract models: a room of exactly two people, a message in it, and the star that a person gives a message."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .conf import (
    MESSAGE_MODEL_SETTING,
    PREFERENCES_MODEL_SETTING,
    QUICK_REPLY_MODEL_SETTING,
    ROOM_MODEL_SETTING,
    STAR_MODEL_SETTING,
    conf,
)
from .model_parts.account_deletion import leave_rooms
from .model_parts.side import Side
from .model_parts.storage import attachment_path, attachment_storage
from .querysets import MessageManager, RoomManager, preferences_accessor

__all__ = [
    "FILE_KIND",
    "KIND_LENGTH",
    "SYSTEM",
    "SYSTEM_KIND",
    "TEXT_KIND",
    "AbstractMessage",
    "AbstractPreferences",
    "AbstractQuickReply",
    "AbstractRoom",
    "AbstractStar",
    "Side",
    "attachment_path",
    "attachment_storage",
    "leave_rooms",
    "new_epoch",
    "resolve_message_model",
    "resolve_preferences_model",
    "resolve_quick_reply_model",
    "resolve_room_model",
    "resolve_star_model",
]

SYSTEM: Final = 0
TEXT_KIND: Final = "text"
SYSTEM_KIND: Final = "system"
FILE_KIND: Final = "file"
KIND_LENGTH: Final = 32

# The migrations of hosts refer to these functions by their public module.
for _function in (leave_rooms, attachment_path, attachment_storage):
    _function.__module__ = __name__


@lru_cache(maxsize=8)
def _resolve(name: str, setting: str, base: type[models.Model]) -> Any:
    try:
        model = apps.get_model(name, require_ready=False)
    except (ValueError, LookupError) as error:
        raise ImproperlyConfigured(
            f"{setting} names {name!r}, which is not an installed model. "
            f'Add "django_pairchat.default" to INSTALLED_APPS, or set {setting} to "app_label.Model" of your own.'
        ) from error
    if not issubclass(model, base):
        raise ImproperlyConfigured(f"{setting} names {name!r}, which does not inherit from {base.__name__}.")
    return model


def resolve_room_model() -> type[AbstractRoom]:
    model: type[AbstractRoom] = _resolve(conf.room_model, ROOM_MODEL_SETTING, AbstractRoom)
    return model


def resolve_message_model() -> type[AbstractMessage]:
    model: type[AbstractMessage] = _resolve(conf.message_model, MESSAGE_MODEL_SETTING, AbstractMessage)
    return model


def _optional_model(name: str | None, setting: str, base: type[models.Model]) -> Any:
    """Return the model, ``None`` if the host has none: the ready-made one may be missing, but not one that is named."""
    if name is None or not (setting in conf.named_models or _is_installed(name)):
        return None
    return _resolve(name, setting, base)


def _is_installed(name: str) -> bool:
    try:
        apps.get_model(name, require_ready=False)
    except LookupError:
        return False
    return True


def resolve_star_model() -> type[AbstractStar] | None:
    model: type[AbstractStar] | None = _optional_model(conf.star_model, STAR_MODEL_SETTING, AbstractStar)
    return model


def resolve_preferences_model() -> type[AbstractPreferences] | None:
    model: type[AbstractPreferences] | None = _optional_model(
        conf.preferences_model, PREFERENCES_MODEL_SETTING, AbstractPreferences
    )
    return model


def resolve_quick_reply_model() -> type[AbstractQuickReply] | None:
    model: type[AbstractQuickReply] | None = _optional_model(
        conf.quick_reply_model, QUICK_REPLY_MODEL_SETTING, AbstractQuickReply
    )
    return model


def new_epoch() -> str:
    return secrets.token_hex(4)


def participant_field(verbose_name: Any) -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=leave_rooms,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=verbose_name,
    )


class AbstractRoom(models.Model):
    """A chat of two people, about at most one topic, with all of its state in one row.

    A host subclasses it with ``class Meta(AbstractRoom.Meta)`` and names the subclass in ``PAIRCHAT_ROOM_MODEL``.
    """

    user1 = participant_field(_("created by"))
    user2 = participant_field(_("created with"))
    # Null, not empty, after one of the accounts was deleted: the room is then exempt from the unique constraint.
    pair_key = models.CharField(_("pair key"), max_length=64, null=True, editable=False)  # noqa: DJ001 - as the line above says

    topic_type = models.ForeignKey(
        ContentType, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    topic_key = models.CharField(max_length=64, blank=True, default="")
    topic = GenericForeignKey("topic_type", "topic_key")
    topic_title = models.CharField(_("topic"), max_length=200, blank=True, default="")
    topic_url = models.CharField(_("topic URL"), max_length=500, blank=True, default="")
    # Null in rows of the version before, and in those of topics of which there is no more than title and address.
    topic_details = models.JSONField(null=True, blank=True, editable=False)

    epoch = models.CharField(max_length=16, default=new_epoch, editable=False)
    head = models.PositiveBigIntegerField(default=0, editable=False)
    rev = models.PositiveBigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    last_message_at = models.DateTimeField(_("last message"), default=timezone.now, editable=False)

    # Columns that came later have a default in the database: while processes of the version before still run, they
    # insert rows without them.
    user1_read = models.PositiveBigIntegerField(default=0, editable=False)
    user1_delivered = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    user1_read_shown = models.PositiveBigIntegerField(default=0, editable=False)
    user1_cleared = models.PositiveBigIntegerField(default=0, editable=False)
    user1_muted_until = models.DateTimeField(null=True, blank=True)
    user1_archived = models.BooleanField(default=False)
    user1_pinned = models.BooleanField(default=False, db_default=False)
    user1_marked_unread = models.BooleanField(default=False)
    user1_has_unread = models.BooleanField(default=False, editable=False)
    user1_blocked = models.BooleanField(default=False)

    user2_read = models.PositiveBigIntegerField(default=0, editable=False)
    user2_delivered = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    user2_read_shown = models.PositiveBigIntegerField(default=0, editable=False)
    user2_cleared = models.PositiveBigIntegerField(default=0, editable=False)
    user2_muted_until = models.DateTimeField(null=True, blank=True)
    user2_archived = models.BooleanField(default=False)
    user2_pinned = models.BooleanField(default=False, db_default=False)
    user2_marked_unread = models.BooleanField(default=False)
    user2_has_unread = models.BooleanField(default=False, editable=False)
    user2_blocked = models.BooleanField(default=False)

    legal_hold = models.BooleanField(_("legal hold"), default=False, db_default=False)

    objects = RoomManager()

    pairchat_row_version: str | None = None
    """Row version (``xmin`` on PostgreSQL) or ``None``; used for optimistic updates."""

    class Meta:
        abstract = True
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        permissions = [("hold_conversation", "Can put conversations on legal hold")]
        constraints = [
            models.UniqueConstraint(fields=["pair_key"], name="%(app_label)s_%(class)s_pair_key"),
            models.CheckConstraint(condition=~Q(user1=F("user2")), name="%(app_label)s_%(class)s_two_people"),
        ]
        indexes = [
            models.Index(fields=["user1", "user1_archived", "user1_pinned", "last_message_at"]),
            models.Index(fields=["user2", "user2_archived", "user2_pinned", "last_message_at"]),
            models.Index(fields=["user1", "user1_has_unread"]),
            models.Index(fields=["user2", "user2_has_unread"]),
            models.Index(fields=["last_message_at"]),
            models.Index(fields=["topic_type", "topic_key"]),
        ]

    def __str__(self) -> str:
        return self.topic_title or f"{self._meta.verbose_name} {self.pk}"

    @property
    def sides(self) -> tuple[Side, Side]:
        return Side(self, 1), Side(self, 2)

    def side(self, user: Any) -> Side | None:
        """Return the user's side of the room, ``None`` for a non-member."""
        number = self.side_number(user)
        return None if number is None else Side(self, number)

    def side_number(self, user: Any) -> int | None:
        """Return 1 or 2, the number of the user's side of the room, ``None`` for a non-member."""
        key = None if user is None else user.pk
        if key is None:
            return None
        if key == self.user1_id:
            return 1
        return 2 if key == self.user2_id else None

    def peer_of(self, user: Any) -> Any:
        """Return the other person, ``None`` if that account was deleted. Raises ``ValueError`` for a non-member."""
        side = self.side(user)
        if side is None:
            raise ValueError("This user is not in the room.")
        return side.peer.user

    def append_message(self, sender_side: int, at: datetime, *, moves_read: bool) -> None:
        """Update positions, read mark, unread flags and archive for a new message of a side (0: the system)."""
        self.head = head = self.head + 1
        self.rev += 1
        self.last_message_at = at
        # No side has read or cleared a message that is only now in its place. Each send comes here, and going through
        # the sides, as a message that moves no read mark does, takes four times as long.
        if sender_side != 1:
            self.user1_archived, self.user1_has_unread = False, True
        elif moves_read:
            self.user1_read, self.user1_marked_unread, self.user1_has_unread = head, False, False
        if sender_side != 2:
            self.user2_archived, self.user2_has_unread = False, True
        elif moves_read:
            self.user2_read, self.user2_marked_unread, self.user2_has_unread = head, False, False
        if sender_side == SYSTEM:
            return
        if not moves_read:
            Side(self, sender_side).refresh_unread()
        elif not self.is_blocked:
            Side(self, sender_side).read_shown = head

    @property
    def is_blocked(self) -> bool:
        """``True`` if either person has blocked the other."""
        return self.user1_blocked or self.user2_blocked

    @classmethod
    def check(cls, **kwargs: Any) -> list[checks.CheckMessage]:
        mistakes = [*super().check(**kwargs), *_check_constraints(cls, AbstractRoom, "pairchat.E010")]
        return [*mistakes, *_check_columns(cls, AbstractRoom)]


class AbstractMessage(models.Model):
    """One message, addressed by its room and ``seq``.

    A host subclasses it with ``class Meta(AbstractMessage.Meta)`` and names the subclass in ``PAIRCHAT_MESSAGE_MODEL``.
    """

    room: models.ForeignKey[Any, Any] = models.ForeignKey(
        conf.room_model, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    seq = models.PositiveBigIntegerField(editable=False)
    rev = models.PositiveBigIntegerField(editable=False)
    side = models.PositiveSmallIntegerField(_("sender side"), editable=False)
    client_id = models.UUIDField(default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=KIND_LENGTH, default=TEXT_KIND)
    content = models.TextField(_("text"), blank=True, default="")
    data = models.JSONField(_("data"), null=True, blank=True)
    reply_to = models.PositiveBigIntegerField(_("in reply to"), null=True, blank=True)
    reactions = models.JSONField(_("reactions"), default=dict, blank=True)
    attachment = models.FileField(
        _("attachment"),
        storage=attachment_storage,
        upload_to=attachment_path,
        max_length=200,
        blank=True,
        default="",
    )
    attachment_info = models.JSONField(null=True, blank=True, editable=False)
    album = models.UUIDField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)

    objects = MessageManager()

    pairchat_notice: str = ""
    """The notice of the policy's review to the person who has just written this. It is not stored."""

    class Meta:
        abstract = True
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        permissions = [("read_message_content", "Can read what is written in messages")]
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="%(app_label)s_%(class)s_seq"),
            models.UniqueConstraint(fields=["room", "side", "client_id"], name="%(app_label)s_%(class)s_client_id"),
        ]
        indexes = [models.Index(fields=["room", "rev"])]

    def __str__(self) -> str:
        return f"{self.room_id}/{self.seq}"

    @property
    def sender(self) -> Any:
        """The user who wrote it, ``None`` for the system's messages and for a deleted account."""
        return None if self.side == SYSTEM else Side(self.room, self.side).user

    @property
    def sender_id(self) -> Any:
        return None if self.side == SYSTEM else Side(self.room, self.side).user_id

    def sent_by(self, user: Any) -> bool:
        return self.sender_id is not None and self.sender_id == user.pk

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @classmethod
    def check(cls, **kwargs: Any) -> list[checks.CheckMessage]:
        mistakes = [*super().check(**kwargs), *_check_constraints(cls, AbstractMessage, "pairchat.E011")]
        return [*mistakes, *_check_columns(cls, AbstractMessage)]


class AbstractStar(models.Model):
    """A message that one person has starred. The other person does not learn of it.

    A host with messages of its own subclasses it with ``class Meta(AbstractStar.Meta)`` and names the subclass in
    ``PAIRCHAT_STAR_MODEL``. Without one, such a host's pages offer no stars.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False, verbose_name=_("person")
    )
    message: models.ForeignKey[Any, Any] = models.ForeignKey(
        conf.message_model, on_delete=models.CASCADE, related_name="+", verbose_name=_("message")
    )
    created_at = models.DateTimeField(_("starred"), default=timezone.now, editable=False)

    class Meta:
        abstract = True
        verbose_name = _("star")
        verbose_name_plural = _("stars")
        constraints = [models.UniqueConstraint(fields=["user", "message"], name="%(app_label)s_%(class)s_once")]
        indexes = [models.Index(fields=["user", "created_at"])]

    def __str__(self) -> str:
        return f"{self.user_id}/{self.message_id}"

    @classmethod
    def check(cls, **kwargs: Any) -> list[checks.CheckMessage]:
        mistakes = [*super().check(**kwargs), *_check_constraints(cls, AbstractStar, "pairchat.E030")]
        return [*mistakes, *_check_columns(cls, AbstractStar)]


class AbstractPreferences(models.Model):
    """The switches of one person for what others see. A person without a row has switched nothing off.

    A host with messages of its own subclasses it and names the subclass in ``PAIRCHAT_PREFERENCES_MODEL``. Without one,
    such a host's people have no switches of their own.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="%(app_label)s_%(class)s",
        verbose_name=_("person"),
    )
    shows_read_marks = models.BooleanField(_("shows read marks"), default=True)
    shows_presence = models.BooleanField(_("shows presence"), default=True)

    class Meta:
        abstract = True
        verbose_name = _("switches of a person")
        verbose_name_plural = _("switches of people")

    def __str__(self) -> str:
        return str(self.user_id)

    @classmethod
    def check(cls, **kwargs: Any) -> list[checks.CheckMessage]:
        return [*super().check(**kwargs), *_check_columns(cls, AbstractPreferences)]

    @classmethod
    def accessor(cls) -> str:
        """Return the name under which a user has its row, and under which a query joins it."""
        return preferences_accessor(cls)


class AbstractQuickReply(models.Model):
    """A text that one person has saved, to write it again.

    A host with messages of its own subclasses it and names the subclass in ``PAIRCHAT_QUICK_REPLY_MODEL``. Without one,
    such a host's pages offer no saved texts.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("person")
    )
    text = models.TextField(_("text"))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        abstract = True
        verbose_name = _("quick reply")
        verbose_name_plural = _("quick replies")

    def __str__(self) -> str:
        return self.text[:50]

    @classmethod
    def check(cls, **kwargs: Any) -> list[checks.CheckMessage]:
        return [*super().check(**kwargs), *_check_columns(cls, AbstractQuickReply)]


def _check_constraints(
    model: type[models.Model], base: type[models.Model], check_id: str
) -> Iterable[checks.CheckMessage]:
    """Report unique constraints that a host's ``class Meta:`` has lost because it does not inherit from the base's."""
    kept = {
        tuple(constraint.fields)
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint) and constraint.condition is None
    }
    kept |= {tuple(fields) for fields in model._meta.unique_together}
    promised = {
        tuple(constraint.fields)
        for constraint in base.Meta.constraints  # type: ignore[attr-defined]  # the stubs know no abstract Meta
        if isinstance(constraint, models.UniqueConstraint)
    }
    missing = sorted(promised - kept)
    if missing:
        yield checks.Error(
            f"{model.__name__} has lost the unique constraints on {' and '.join(map(' + '.join, missing))}.",
            hint=f"Let its Meta inherit: `class Meta({base.__name__}.Meta):`, then run makemigrations.",
            obj=model,
            id=check_id,
        )


def _check_columns(model: type[models.Model], base: type[models.Model]) -> Iterable[checks.CheckMessage]:
    """Report required columns of the host, because the library inserts rows without values for them."""
    if model.save is not models.Model.save:
        # An overridden save() may fill them.
        return
    promised = {field.name for field in base._meta.get_fields()}
    for field in model._meta.local_concrete_fields:
        if field.name not in promised and not field.primary_key and not _fills_itself(field):
            yield checks.Error(
                f"{model.__name__}.{field.name} has no default and is not nullable, "
                "but the library inserts rows without it.",
                hint=f"Give {field.name} a default, or let it be null: `null=True`, then run makemigrations.",
                obj=field,
                id="pairchat.E017",
            )


def _fills_itself(field: Any) -> bool:
    return bool(
        field.null
        or field.has_default()
        or field.db_default is not models.NOT_PROVIDED
        or field.generated
        or field.empty_strings_allowed
        or getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
    )
