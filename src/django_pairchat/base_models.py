"""The two abstract models: a room of exactly two people and a message in it."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import F, Q
from django.db.models.deletion import Collector
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .conf import MESSAGE_MODEL_SETTING, ROOM_MODEL_SETTING, conf
from .querysets import MessageManager, RoomManager

T = TypeVar("T")

SYSTEM: Final = 0
TEXT_KIND: Final = "text"
SYSTEM_KIND: Final = "system"
FILE_KIND: Final = "file"
KIND_LENGTH: Final = 32
UPLOADS_FOLDER: Final = "pairchat"


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


def new_epoch() -> str:
    return secrets.token_hex(4)


class MissingStorage(Storage):
    """In place of one that ``STORAGES`` does not know, so that the models load and the check can say so."""

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise ImproperlyConfigured(f'PAIRCHAT["STORAGE"] is {conf.storage!r}, which is not in STORAGES.')

    _open = _save = delete = exists = listdir = size = url = get_modified_time = _refuse


def attachment_storage() -> Storage:
    return storages[conf.storage] if conf.storage in storages.backends else MissingStorage()


def attachment_path(message: models.Model | None, filename: str) -> str:
    """A random name: nothing of the sender's file name reaches the storage."""
    return f"{UPLOADS_FOLDER}/{timezone.now():%Y/%m}/{uuid.uuid4().hex}"


def topic_address(topic: models.Model | None) -> list[str] | None:
    """What identifies the thing a room is about: its model and key."""
    if topic is None:
        return None
    if topic.pk is None:
        raise ValueError("The topic has no key yet: save it before a room about it is opened.")
    # A proxy is the same thing under another name.
    model = topic._meta.concrete_model or type(topic)
    return [model._meta.label_lower, str(topic.pk)]


def pair_key_of(user: Any, peer: Any, topic: models.Model | None) -> str:
    """The same 64 hexadecimal digits whoever of the two asks: SHA-256 over both keys and the topic."""
    identity = [sorted([str(user.pk), str(peer.pk)]), topic_address(topic)]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()


def leave_room(collector: Collector, field: Any, rooms: Any, using: str) -> None:
    """``on_delete`` of a room's people: the other side keeps its history, the last one to go takes the room along."""
    other = "user2_id" if field.name == "user1" else "user1_id"
    leaving = {
        user.pk for model, users in collector.data.items() if issubclass(model, get_user_model()) for user in users
    }
    # Read once: the other account may go at this moment, and between two queries its rooms would be in neither.
    # With both people, of which Django itself would need neither.
    found = list(rooms.only("pk", "user1", "user2"))
    abandoned = [room for room in found if getattr(room, other) is None or getattr(room, other) in leaving]
    gone = set(abandoned)
    kept = [room for room in found if room not in gone]
    # Not nullable as far as the order goes: MariaDB looks at once whether a room is left without its user.
    collector.collect(abandoned, source=field.remote_field.model, source_attr=field.name, nullable=False)
    if kept:
        collector.add_field_update(field, None, kept)
        collector.add_field_update(field.model._meta.get_field("pair_key"), None, kept)


def person_field(verbose_name: Any) -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=leave_room,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=verbose_name,
    )


class Column(Generic[T]):
    """An attribute of a side that is a column of its room."""

    def __set_name__(self, owner: type[Side], name: str) -> None:
        self.names = ("", f"user1_{name}", f"user2_{name}")

    def __get__(self, side: Side, owner: type[Side]) -> T:
        value: T = getattr(side.room, self.names[side.number])
        return value

    def __set__(self, side: Side, value: T) -> None:
        setattr(side.room, self.names[side.number], value)


class Side:
    """One person's half of a room: ``side.read`` is ``room.user1_read`` or ``room.user2_read``, read and written."""

    __slots__ = ("number", "room")

    read = Column[int]()
    read_shown = Column[int]()
    cleared = Column[int]()
    muted_until = Column[datetime | None]()
    archived = Column[bool]()
    marked_unread = Column[bool]()
    has_unread = Column[bool]()
    blocked = Column[bool]()

    def __init__(self, room: AbstractRoom, number: int) -> None:
        self.room = room
        self.number = number

    def field(self, name: str) -> str:
        """The name of the room's column for this side: ``field("read")`` is ``user1_read``."""
        return f"user{self.number}_{name}"

    @property
    def user(self) -> Any:
        return self.room.user1 if self.number == 1 else self.room.user2

    @property
    def user_id(self) -> Any:
        return self.room.user1_id if self.number == 1 else self.room.user2_id

    @property
    def peer(self) -> Side:
        return Side(self.room, 3 - self.number)

    @property
    def unread(self) -> int:
        """How many messages this side has not read; exact, because ``seq`` has no gaps."""
        return self.room.head - max(self.read, self.cleared)

    def advance_read(self, seq: int) -> None:
        self.read = max(self.read, min(seq, self.room.head))
        if not self.room.is_blocked:
            self.read_shown = self.read
        self.marked_unread = False

    def refresh_unread(self) -> None:
        self.has_unread = self.marked_unread or self.unread > 0


class AbstractRoom(models.Model):
    """A conversation of two people, about at most one thing, with everything that is known of it in one row.

    A host subclasses it with ``class Meta(AbstractRoom.Meta)`` and names the subclass in ``PAIRCHAT_ROOM_MODEL``.
    """

    user1 = person_field(_("opened by"))
    user2 = person_field(_("opened with"))
    # Null, not empty, in a room that a person has left: it takes part in no uniqueness any more.
    pair_key = models.CharField(_("pair key"), max_length=64, null=True, editable=False)  # noqa: DJ001 - as the line above says

    topic_type = models.ForeignKey(
        ContentType, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    topic_key = models.CharField(max_length=64, blank=True, default="")
    topic = GenericForeignKey("topic_type", "topic_key")
    topic_title = models.CharField(_("topic"), max_length=200, blank=True, default="")
    topic_url = models.CharField(_("topic address"), max_length=500, blank=True, default="")

    epoch = models.CharField(max_length=16, default=new_epoch, editable=False)
    head = models.PositiveBigIntegerField(default=0, editable=False)
    rev = models.PositiveBigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    last_message_at = models.DateTimeField(_("last message"), default=timezone.now, editable=False)

    user1_read = models.PositiveBigIntegerField(default=0, editable=False)
    user1_read_shown = models.PositiveBigIntegerField(default=0, editable=False)
    user1_cleared = models.PositiveBigIntegerField(default=0, editable=False)
    user1_muted_until = models.DateTimeField(null=True, blank=True)
    user1_archived = models.BooleanField(default=False)
    user1_marked_unread = models.BooleanField(default=False)
    user1_has_unread = models.BooleanField(default=False, editable=False)
    user1_blocked = models.BooleanField(default=False)

    user2_read = models.PositiveBigIntegerField(default=0, editable=False)
    user2_read_shown = models.PositiveBigIntegerField(default=0, editable=False)
    user2_cleared = models.PositiveBigIntegerField(default=0, editable=False)
    user2_muted_until = models.DateTimeField(null=True, blank=True)
    user2_archived = models.BooleanField(default=False)
    user2_marked_unread = models.BooleanField(default=False)
    user2_has_unread = models.BooleanField(default=False, editable=False)
    user2_blocked = models.BooleanField(default=False)

    objects = RoomManager()

    pairchat_version: str | None = None
    """Of its row, where the database counts them and was asked: stored by it, a room is stored only if nobody has
    changed it since."""

    class Meta:
        abstract = True
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = [
            models.UniqueConstraint(fields=["pair_key"], name="%(app_label)s_%(class)s_pair_key"),
            models.CheckConstraint(condition=~Q(user1=F("user2")), name="%(app_label)s_%(class)s_two_people"),
        ]
        indexes = [
            models.Index(fields=["user1", "user1_archived", "last_message_at"]),
            models.Index(fields=["user2", "user2_archived", "last_message_at"]),
            models.Index(fields=["user1", "user1_has_unread"]),
            models.Index(fields=["user2", "user2_has_unread"]),
        ]

    def __str__(self) -> str:
        return self.topic_title or f"{self._meta.verbose_name} {self.pk}"

    @property
    def sides(self) -> tuple[Side, Side]:
        return Side(self, 1), Side(self, 2)

    def side(self, user: Any) -> Side | None:
        """This user's half of the room, ``None`` for anybody else."""
        key = None if user is None else user.pk
        if key is None:
            return None
        if key == self.user1_id:
            return Side(self, 1)
        return Side(self, 2) if key == self.user2_id else None

    def peer_of(self, user: Any) -> Any:
        """The other person, ``None`` when that account is gone. Raises ``ValueError`` for a stranger to the room."""
        side = self.side(user)
        if side is None:
            raise ValueError("This user is not in the room.")
        return side.peer.user

    def take_message(self, writer: int, at: datetime, *, moves_read: bool) -> None:
        """Count a new message of side ``writer`` (0: the system): positions, read mark, unread flags, archive."""
        self.head += 1
        self.rev += 1
        self.last_message_at = at
        for side in self.sides:
            if side.number != writer:
                side.archived = False
            elif moves_read:
                side.advance_read(self.head)
            side.refresh_unread()

    @property
    def is_blocked(self) -> bool:
        """Whether either of the two has blocked the other."""
        return self.user1_blocked or self.user2_blocked

    @classmethod
    def check(cls, **kwargs: Any) -> list[checks.CheckMessage]:
        found = [*super().check(**kwargs), *_check_constraints(cls, AbstractRoom, "pairchat.E010")]
        return [*found, *_check_columns(cls, AbstractRoom)]


class AbstractMessage(models.Model):
    """One message, addressed by its room and ``seq``.

    A host subclasses it with ``class Meta(AbstractMessage.Meta)`` and names the subclass in ``PAIRCHAT_MESSAGE_MODEL``.
    """

    room: models.ForeignKey[Any, Any] = models.ForeignKey(
        conf.room_model, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    seq = models.PositiveBigIntegerField(editable=False)
    rev = models.PositiveBigIntegerField(editable=False)
    side = models.PositiveSmallIntegerField(_("written by side"), editable=False)
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
    created_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)

    objects = MessageManager()

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
        """Who wrote it; ``None`` for the system's messages and for an account that is gone."""
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
        found = [*super().check(**kwargs), *_check_constraints(cls, AbstractMessage, "pairchat.E011")]
        return [*found, *_check_columns(cls, AbstractMessage)]


def _check_constraints(
    model: type[models.Model], base: type[models.Model], check_id: str
) -> Iterable[checks.CheckMessage]:
    """A host's ``class Meta:`` that forgets the base's loses every promise that the database keeps."""
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
    """People's messages and rooms come without the host's own columns: one that must be given fails them all."""
    if model.save is not models.Model.save:
        # It may fill them.
        return
    promised = {field.name for field in base._meta.get_fields()}
    for field in model._meta.local_concrete_fields:
        if field.name not in promised and not field.primary_key and not _fills_itself(field):
            yield checks.Error(
                f"{model.__name__}.{field.name} must be given, and what people write comes without it.",
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
