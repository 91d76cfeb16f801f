"""The host's decisions: who may write to whom, the names of people, and which texts are allowed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from django.utils.module_loading import import_string

from .conf import conf
from .model_parts.descriptions import default_name, default_url
from .model_parts.signed_urls import signed_url
from .review.verdicts import ALLOW

if TYPE_CHECKING:
    from django.core.files.storage import Storage
    from django.db.models import Model, QuerySet

    from .base_models import AbstractRoom
    from .querysets import RoomQuerySet
    from .review.verdicts import Verdict


ATTACHMENT_TYPES: Final[Mapping[str, str]] = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".avif": "image/avif",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".zip": "application/zip",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".ppt": "application/vnd.ms-powerpoint",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".hwp": "application/x-hwp",
    ".hwpx": "application/hwp+zip",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
    ".weba": "audio/webm",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".mov": "video/quicktime",
}


IMPERSONATING_APPS: Final[Mapping[str, str]] = {
    "hijack": "hijack_history",
    "impersonate": "_impersonate",
    "loginas": "loginas_from_user",
}
"""Apps with which staff act as another user, and what each of them writes into the session for that time."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The name of a person as others see it. ``avatar`` and ``url`` are URLs, or ``None``."""

    name: str
    avatar: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class TopicState:
    """How matters stand with a topic: ``key`` for programs and styles, ``label`` for people, in the active language."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as people see it. Texts are in the active language.

    ``title`` and ``url`` are as in :meth:`Policy.topic_title` and :meth:`Policy.topic_url`. ``image`` is the address of
    a picture: it begins with ``/``, ``http://`` or ``https://`` and has at most 2000 characters; any other is left out.
    ``subtitle``, such as a price, is truncated to 100 characters, ``state`` to 40.
    """

    title: str
    url: str = ""
    image: str | None = None
    subtitle: str = ""
    state: TopicState | None = None


class Policy:
    """Default decisions. A host names a subclass in ``PAIRCHAT["POLICY"]``.

    One instance serves all requests of a process, from several threads. Its methods are called before a transaction,
    never inside one, so that a slow method holds no lock.
    """

    edit_window: timedelta | None = timedelta(hours=24)
    """How long after sending a message can be edited. ``None`` is without limit."""

    attachment_types: Mapping[str, str] = ATTACHMENT_TYPES
    """The kinds of files that can be sent: MIME types by file name suffix. Pictures are re-encoded, which needs Pillow.
    Audio and video that browsers play is played in the chat. All other files are only offered as a download."""

    attachment_limit_bytes: int = 10 * 1024 * 1024
    """The size limit of a file, in bytes."""

    media_limit_bytes: int | None = None
    """The size limit of an audio or video file, in bytes. ``None`` is that of all files."""

    image_limit_pixels: int = 40_000_000
    """The limit of a picture's pixels, in all frames together. It is checked before anything is decoded."""

    pinned_rooms_limit: int = 10
    """How many chats one person can pin."""

    starred_messages_limit: int = 1_000
    """How many messages one person can star."""

    held_messages_limit: int = 20
    """How many messages of one person can wait for a decision."""

    previews_on_request: bool = False
    """People may ask for a preview of a link that they have sent, even where :meth:`shows_preview` says no."""

    def profiles(self, users: Collection[Any]) -> dict[Any, Profile]:
        """Return a :class:`Profile` for each user. Called once for a whole page, so that one query is enough."""
        return {user: self.profile(user) for user in users}

    def profile(self, user: Any) -> Profile:
        """Return one user's :class:`Profile`, with a name that is never an e-mail address and never empty.

        It is the first that there is of: the full name; ``name``, ``display_name`` or ``nickname``; the user's
        ``str()``, of an e-mail address only the part before the @; the key.
        """
        return Profile(name=default_name(user))

    def can_open(self, user: Any, peer: Any, topic: Model | None) -> bool:
        """Return whether ``user`` may open a room with ``peer`` about ``topic``."""
        return True

    def can_send(self, user: Any, peer: Any, room: AbstractRoom) -> bool:
        """Return whether ``user`` may write in this room. Not called for blocked or inactive people, who never may."""
        return True

    def can_send_in(self, user: Any, rooms: Collection[AbstractRoom]) -> Collection[AbstractRoom]:
        """Return the rooms in which ``user`` may write. Called once for a whole page, so that one query is enough.

        It only decides what pages show. :meth:`can_send` decides whether a message is accepted.
        """
        return [room for room in rooms if self.can_send(user, room.peer_of(user), room)]

    def shows_read_marks(self, user: Any) -> bool:
        """Return whether others may see how far ``user`` has read."""
        return True

    def shows_delivered(self, user: Any) -> bool:
        """Return whether others may see which messages have reached a device of ``user``.

        It is not asked for a person whose read marks others may not see. If it returns ``False``, nothing is stored.
        """
        return True

    def shows_presence(self, user: Any) -> bool:
        """Return whether others may see that ``user`` is online, and when ``user`` was last online.

        It is asked up to 31 times per ``focus`` request: for the open room, and for each of up to 30 rows of the list.
        """
        return True

    def shows_response_time(self, user: Any) -> bool:
        """Return whether others may see how fast ``user`` usually answers: beside the button, and in a room's head."""
        return False

    def is_impersonated(self, user: Any, session: Mapping[str, Any]) -> bool:
        """Return whether somebody else acts as ``user`` in this session, such as staff who look into a complaint.

        They see the chats, but nothing is marked as read by that, and ``user`` neither appears online nor as typing.
        By default the session tells it, if django-hijack, django-impersonate or django-loginas is installed.
        """
        return any(session.get(key) for key in IMPERSONATING_APPS.values())

    def new_rooms_per_day(self, user: Any) -> int | None:
        """Return how many conversations ``user`` may begin in a day, ``None`` for any number.

        Asked at the first message in an empty room, of the person who opened it: answers are never counted. By default
        it is the setting ``NEW_ROOMS_PER_DAY``.
        """
        return conf.new_rooms_per_day

    def upload_bytes_per_day(self, user: Any) -> int | None:
        """Return how many bytes of files ``user`` may upload in a day, ``None`` for any number.

        By default it is the setting ``UPLOAD_BYTES_PER_DAY``.
        """
        return conf.upload_bytes_per_day

    def file_url(self, storage: Storage, name: str, content_type: str, disposition: str) -> str | None:
        """Return the address of the storage at which a browser gets a file by itself, ``None`` if the library sends it.

        Asked with ``PAIRCHAT["REDIRECT_FILES"]``, after the right to see the file was checked. The address should be
        signed for at most 5 minutes, and be answered with these values of ``Content-Type`` and ``Content-Disposition``.
        By default it is made by ``S3Storage`` of django-storages. Raises ``ImproperlyConfigured`` for other storages.
        """
        return signed_url(storage, name, content_type, disposition)

    def mail_address(self, user: Any) -> str:
        """Return the address for mails to ``user`` about missed messages, ``""`` for none."""
        name = user.get_email_field_name() if hasattr(user, "get_email_field_name") else "email"
        return str(getattr(user, name, None) or "")

    def may_reply_from(self, user: Any, address: str) -> bool:
        """Return whether a reply by mail of ``user`` may come from this address.

        By default it is the one that :meth:`mail_address` returns, with or without what stands behind a ``+`` in it.
        """
        own = self.mail_address(user).casefold()
        local_part, at, domain = own.rpartition("@")
        return bool(own) and address.casefold() in {own, f"{local_part.partition('+')[0]}{at}{domain}"}

    def language(self, user: Any) -> str | None:
        """Return the code of the language in which notifications to ``user`` are written.

        ``None`` is the site's. A choice on the page of notification settings takes precedence.
        """
        return None

    def time_zone(self, user: Any) -> str | None:
        """Return the name of the time zone of ``user``, such as ``"Asia/Seoul"``. ``None`` is the site's.

        A choice on the page of notification settings takes precedence.
        """
        return None

    def notifies(self, user: Any, channel: str) -> bool | None:
        """Return whether a channel of notifications is on for ``user``, who has not decided.

        ``None`` leaves it to ``PAIRCHAT_NOTIFICATIONS["ON_BY_DEFAULT"]``.
        """
        return None

    def shows_text_to(self, user: Any, room: AbstractRoom, channel: str) -> bool:
        """Return whether notifications to ``user`` contain what was written. By default they say only who wrote."""
        return False

    def shows_preview(self, user: Any, url: str) -> bool:
        """Return whether a worker may fetch ``url``, which ``user`` has sent, for its preview. By default never.

        Called with the app ``django_pairchat.previews`` only, also for each address that ``url`` redirects to. A link
        that works once is used up by fetching it: allow hosts on which there are none.
        """
        return False

    def check_content(self, user: Any, room: AbstractRoom, content: str) -> None:
        """Raise ``django_pairchat.exceptions.Rejected`` for a text that is not allowed."""

    def review(self, user: Any, room: AbstractRoom, content: str) -> Verdict:
        """Return what becomes of a text: one of the verdicts in ``django_pairchat.review``. By default it is allowed.

        Called for messages, edits, captions and reactions, after :meth:`check_content`, but not for a caption that is
        empty, nor again when a message that is stored or held is sent once more.
        """
        return ALLOW

    def may_prune(self, room: AbstractRoom) -> bool:
        """Return whether old messages of this room may be removed. It is not asked for rooms on hold."""
        return True

    def closed_rooms(self, rooms: RoomQuerySet) -> RoomQuerySet:
        """Return those of ``rooms`` whose topic is closed, such as a thing that is sold. By default none are.

        ``pairchat_prune --closed`` is about these. The database filters them, because there may be millions.
        """
        return rooms.none()

    def openings(self, user: Any, room: AbstractRoom) -> Sequence[str]:
        """Return what ``user`` might begin with in an empty room, in the active language. Three are shown at most.

        Choosing one puts it into the form to write; nothing is sent.
        """
        return ()

    def topics(self, user: Any, topics: Collection[Model]) -> Mapping[Model, Topic]:
        """Return what ``user`` sees of each topic. Called once for a whole page, so that one query is enough.

        They come from :meth:`topic_queryset`. What is left out of the answer is not shown any more, as if it were
        deleted: it keeps its title, and has no link. For the copy that a room keeps, ``user`` is ``None``.
        """
        return {topic: self.topic(user, topic) for topic in topics}

    def topic(self, user: Any, topic: Model) -> Topic:
        """Return what ``user`` sees of one topic: by default :meth:`topic_title` and :meth:`topic_url`."""
        return Topic(self.topic_title(topic), self.topic_url(topic))

    def topic_title(self, topic: Model) -> str:
        """Return the topic's title, in the active language.

        It is copied to the room and outlives the topic. While the topic exists, it is asked again for each page.
        """
        return str(topic)

    def topic_url(self, topic: Model) -> str:
        """Return the topic's URL, ``""`` for none: by default ``get_absolute_url()``, ``get_url()`` or ``url``.

        It is copied to the room and outlives the topic. While the topic exists, it is asked again for each page.
        """
        return default_url(topic)

    def topic_queryset(self, model: type[Model]) -> QuerySet[Any]:
        """Return the objects of ``model`` from which a page reads its topics, all with one query.

        A host adds ``select_related()`` here for what :meth:`topics` needs. What is not among them counts as gone.
        """
        return model._base_manager.all()


def reviews(policy: Policy) -> bool:
    """Return whether the host's policy overrides :meth:`Policy.review`."""
    return type(policy).review is not Policy.review


def get_policy() -> Policy:
    """Return the host's policy: one instance of ``PAIRCHAT["POLICY"]`` per process.

    Raises the exception of importing or creating that class. The system checks report it earlier.
    """
    return _instance(conf.policy)


@lru_cache(maxsize=8)
def _instance(dotted_path: str) -> Policy:
    policy: Policy = import_string(dotted_path)()
    return policy
