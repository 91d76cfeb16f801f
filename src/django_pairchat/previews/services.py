"""Functions for the host's code: fetch what is due, and let a message have its preview."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any, Final

from django.db.models import F
from django.utils import timezone

from .. import get_room_model
from ..base_models import TEXT_KIND, AbstractMessage
from ..core.access import all_messages, all_rooms, database, get_message, get_room, require_may_send, side_of
from ..core.images import is_available, read_picture
from ..core.references import MessageRef, RoomRef
from ..exceptions import CannotSend, ChatError
from ..policy import get_policy
from ..querysets import parse_key
from ..services.messages import change_preview
from .fetching import fetch
from .models import LinkPreview, PreviewWish
from .open_graph import Description, describe
from .outcome import NotAllowed, Refused, Unreachable
from .wishes import first_link, wish

logger = logging.getLogger("django_pairchat")

__all__ = ["PreviewsResult", "fetch_previews", "request_preview"]

PAGE_BYTES: Final = 512 * 1024
IMAGE_BYTES: Final = 5 * 1024 * 1024
IMAGE_PIXELS: Final = 20_000_000
PAGE_TYPES: Final = ("text/html", "application/xhtml+xml")
KEPT: Final = timedelta(days=1)
"""How long a page is not asked again, by whomever it is linked to."""
LEASE: Final = timedelta(minutes=5)
"""How long a worker has a message for itself. If it was killed, another one continues afterwards."""
PAUSES: Final = (timedelta(minutes=1), timedelta(minutes=10))
"""Between two attempts at a page that cannot be reached; after the last one it is left alone."""
AT_ONCE: Final = 50


@dataclass(slots=True)
class PreviewsResult:
    """The number of messages that have a preview now, that have none, and that are tried again."""

    shown: int = 0
    without: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        return self.shown + self.without + self.failed


def fetch_previews(*, stopping: Callable[[], bool] = lambda: False) -> PreviewsResult:
    """Fetch the pages that are due, and let the messages that link to them have their previews.

    Several workers may do so at once. ``stopping`` is asked before each page.
    """
    result = PreviewsResult()
    for noted in _due():
        if stopping():
            break
        if not _claim(noted):
            continue
        try:
            shown = _fulfil(noted)
        except Unreachable as problem:
            _try_later(noted, str(problem))
            result.failed += 1
        except Exception:
            logger.exception("The preview of message %s could not be made.", noted)
            _try_later(noted, "an error")
            result.failed += 1
        else:
            # Only the wish that was fulfilled: an edit may have put another in its place.
            _wishes().filter(pk=noted.pk, due_at=noted.due_at).delete()
            result.shown += shown
            result.without += not shown
    return result


def request_preview(user: Any, room: RoomRef, message: MessageRef) -> None:
    """Let the user's own message have a preview of its first link, whatever the policy says of that address.

    For a click by which the sender asks for it. Raises ``CannotSend`` for a message of the peer, one without a link, or
    where the user cannot write, ``NotFound`` for one that the user cannot see.
    """
    side = side_of(get_room(user, room), user)
    found = get_message(side, message)
    if found.side != side.number or found.kind != TEXT_KIND or not first_link(found.content):
        raise CannotSend
    require_may_send(side)
    wish(found, by_sender=True)


def _wishes() -> Any:
    return PreviewWish.objects.using(database())


def _due() -> Iterator[PreviewWish]:
    return iter(list(_wishes().filter(due_at__lte=timezone.now()).order_by("attempts", "due_at", "pk")[:AT_ONCE]))


def _claim(noted: PreviewWish) -> bool:
    until = timezone.now() + LEASE
    mine = _wishes().filter(pk=noted.pk, due_at=noted.due_at).update(due_at=until, attempts=F("attempts") + 1)
    noted.due_at, noted.attempts = until, noted.attempts + 1
    return bool(mine)


def _try_later(noted: PreviewWish, reason: str) -> None:
    mine = _wishes().filter(pk=noted.pk, due_at=noted.due_at)
    if noted.attempts > len(PAUSES):
        logger.info("The page that message %s links to cannot be reached (%s).", noted, reason)
        mine.delete()
    else:
        mine.update(due_at=timezone.now() + PAUSES[noted.attempts - 1])


def _fulfil(noted: PreviewWish) -> bool:
    """Return whether the message has a preview now."""
    message = _message(noted)
    sender = None if message is None or not message.side else message.room.sides[message.side - 1].user
    if message is None or sender is None:
        return False
    url = first_link(message.content)
    found = _cached(url) if url else None
    if found is None and url:
        found = _fetched(url, lambda hop: noted.by_sender or get_policy().shows_preview(sender, hop))
    preview = None if found is None else preview_object(found)
    try:
        change_preview(sender, message.room, message.seq, preview)
    except ChatError:
        # It was deleted meanwhile, or its sender has left.
        return False
    return preview is not None


def _message(noted: PreviewWish) -> AbstractMessage | None:
    room = all_rooms().with_people().filter(pk=parse_key(get_room_model(), noted.room_key, "room")).first()
    if room is None:
        return None
    found: AbstractMessage | None = all_messages().filter(room=room.pk, seq=noted.seq, kind=TEXT_KIND).first()
    if found is not None:
        found.room = room
    return found


def preview_object(page: LinkPreview) -> dict[str, Any] | None:
    """Return the preview as clients get it, ``None`` if there is nothing to show."""
    if not page.title:
        return None
    image = {"width": page.width, "height": page.height} if page.width else None
    return {
        "url": page.url,
        "title": page.title,
        "description": page.description,
        "site": page.site,
        "image": image,
    }


def digest(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def _cached(url: str) -> LinkPreview | None:
    pages = LinkPreview.objects.using(database()).defer("image")
    return pages.filter(url_hash=digest(url), fetched_at__gt=timezone.now() - KEPT).first()


def _fetched(url: str, allows: Callable[[str], bool]) -> LinkPreview | None:
    """Fetch a page and its picture, and store them for all who link to it. Raises ``Unreachable``.

    Return ``None`` if the policy does not allow it to this person, which says nothing to others.
    """
    try:
        page = fetch(url, types=PAGE_TYPES, limit_bytes=PAGE_BYTES, whole=False, allows=allows)
        said = describe(page.content, page.charset, page.url)
    except NotAllowed:
        return None
    except Refused as reason:
        logger.info("There is no preview of a page: %s.", reason)
        said = Description("", "", "", "")
    fields: dict[str, Any] = {"url": url, "title": said.title, "description": said.description, "site": said.site}
    fields["fetched_at"] = timezone.now()
    if said.title and said.image:
        # Older messages show the picture that is there: only another one takes its place.
        fields |= _image(said.image)
    stored, _created = LinkPreview.objects.using(database()).update_or_create(url_hash=digest(url), defaults=fields)
    return stored


def _image(url: str) -> dict[str, Any]:
    """Return the fields of its picture, small and re-encoded. Without one that can be had, the text stands alone."""
    if not is_available():
        return {}
    try:
        found = fetch(url, types=("image/",), limit_bytes=IMAGE_BYTES, whole=True)
        picture = read_picture(BytesIO(found.content), IMAGE_PIXELS)
    except (Refused, Unreachable, ChatError, ValueError):
        return {}
    return {"image": picture.thumbnail, "width": picture.width, "height": picture.height}
