"""What a host decides: who may write to whom, how people are called, which texts are allowed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from django.db.models import Model

    from .base_models import AbstractRoom


ATTACHMENT_TYPES: Final[Mapping[str, str]] = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
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
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
}


@dataclass(frozen=True, slots=True)
class Profile:
    """How one person is shown: ``avatar`` and ``url`` are addresses, or ``None``."""

    name: str
    avatar: str | None = None
    url: str | None = None


class Policy:
    """Subclass it and name the subclass in ``PAIRCHAT["POLICY"]``.

    One instance serves all requests of a process, from several threads. Its methods are called before a transaction,
    never inside one, so a slow answer holds no lock.
    """

    edit_window: timedelta | None = timedelta(hours=24)
    """How long after sending a message can be edited; ``None`` for ever."""

    attachment_types: Mapping[str, str] = ATTACHMENT_TYPES
    """The kinds of files that can be sent: MIME types by file name suffix. Pictures are re-encoded, and need Pillow;
    everything else is only ever offered as a download."""

    attachment_limit_bytes: int = 10 * 1024 * 1024
    """How large a file may be."""

    image_limit_pixels: int = 40_000_000
    """Of all frames together; checked before anything is decoded."""

    def profiles(self, users: Collection[Any]) -> dict[Any, Profile]:
        """A profile for each of these users: asked once for a whole page, so it can be answered by one query."""
        return {user: self.profile(user) for user in users}

    def profile(self, user: Any) -> Profile:
        """One user's profile: the full name if there is one, else the user's own ``str()``, never an e-mail address."""
        full_name = user.get_full_name() if hasattr(user, "get_full_name") else ""
        name = str(full_name or user).strip()
        return Profile(name=name.partition("@")[0] or str(user.pk))

    def can_open(self, user: Any, peer: Any, topic: Model | None) -> bool:
        """Whether ``user`` may begin to write to ``peer`` about ``topic``."""
        return True

    def can_send(self, user: Any, peer: Any, room: AbstractRoom) -> bool:
        """Whether ``user`` may write in this room. Blocked and inactive people are refused without asking."""
        return True

    def can_send_in(self, user: Any, rooms: Collection[AbstractRoom]) -> Collection[AbstractRoom]:
        """Those of these rooms in which ``user`` may write: asked once for a whole page, so it can be answered by one
        query. It shows who can write; what is sent is decided by :meth:`can_send`."""
        return [room for room in rooms if self.can_send(user, room.peer_of(user), room)]

    def shows_read_marks(self, user: Any) -> bool:
        """Whether others may see how far ``user`` has read."""
        return True

    def shows_presence(self, user: Any) -> bool:
        """Whether others may see that ``user`` is there now, and when that was last so."""
        return True

    def check_content(self, user: Any, room: AbstractRoom, content: str) -> None:
        """Raise ``django_pairchat.exceptions.Rejected`` for a text that is not allowed."""

    def topic_title(self, topic: Model) -> str:
        """How the thing a room is about is called; kept in the room, so that it survives the thing."""
        return str(topic)

    def topic_url(self, topic: Model) -> str:
        """The address of the thing a room is about, ``""`` for none; kept in the room."""
        get_absolute_url = getattr(topic, "get_absolute_url", None)
        return str(get_absolute_url()) if get_absolute_url else ""
