"""Files on their way into a message: checked, stored under a name of our own, and named by a signed token."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from .. import images
from ..base_models import UPLOADS_FOLDER, attachment_path, attachment_storage
from ..conf import conf
from ..exceptions import BadRequest, RateLimited, TooLarge, Unsupported
from .access import all_messages, get_room, require_may_send, side_of
from .rates import rates

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom

SALT: Final = "django_pairchat.upload"
TOKEN_LIFE: Final = timedelta(hours=24)
NAME_LIMIT: Final = 100
THUMBNAIL_SUFFIX: Final = "-thumbnail"
THUMBNAIL_TYPE: Final = "image/webp"
NAMES_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Upload:
    """A stored file that no message has yet. ``info`` is what the message will say of it."""

    token: str
    info: dict[str, Any]


def accepted_types() -> Mapping[str, str]:
    """MIME types by file name suffix: what the policy lists, without pictures where nothing here can read them."""
    types = conf.policy.attachment_types
    if images.is_available():
        return types
    return {suffix: kind for suffix, kind in types.items() if not is_picture(kind)}


def is_picture(kind: str) -> bool:
    return kind.startswith("image/")


def store_upload(user: Any, key: str, file: UploadedFile[bytes]) -> Upload:
    """Take a file for a message in this room.

    Raises ``NotFound``, ``CannotSend``, ``RateLimited``, ``TooLarge`` for more than the policy's limits, and
    ``Unsupported`` for a kind of file that the policy does not list or that is not what its name says.
    """
    room = get_room(user, key)
    require_may_send(side_of(room, user))
    wait = rates.charge(str(user.pk))
    if wait:
        raise RateLimited(retry_after=round(wait, 3))
    name, info = _store(file)
    token = signing.dumps([str(user.pk), str(room.pk), name, info], salt=SALT)
    return Upload(token, info)


def require_fresh(token: str) -> None:
    """Raises ``BadRequest`` for a token so old that its file may have been deleted."""
    try:
        signing.loads(token, salt=SALT, max_age=TOKEN_LIFE)
    except signing.BadSignature:
        raise BadRequest(field="attachment") from None


def read_upload(token: str, user: Any, room: AbstractRoom) -> tuple[str, dict[str, Any]]:
    """The stored name and the info of an upload of this user for this room, however old. Raises ``BadRequest``."""
    try:
        user_key, room_key, name, info = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError):
        raise BadRequest(field="attachment") from None
    if (user_key, room_key) != (str(user.pk), str(room.pk)):
        raise BadRequest(field="attachment")
    return name, info


def carries(message: AbstractMessage, file: UploadedFile[bytes]) -> bool:
    """Whether this is the file that the message was sent with: the same name and, once stored, the same bytes.

    Raises what ``store_upload()`` raises for a picture that cannot be read.
    """
    info = message.attachment_info or {}
    if info.get("name") != clean_name(str(file.name)):
        return False
    file.seek(0)
    picture = is_picture(info["type"])
    content = images.read_picture(file, conf.policy.image_limit_pixels).content if picture else file.read()
    with message.attachment.open("rb") as stored:
        return bool(stored.read() == content)


def delete_files(storage: Storage, name: str) -> None:
    """The file and its thumbnail."""
    storage.delete(name)
    storage.delete(name + THUMBNAIL_SUFFIX)


def delete_orphans() -> int:
    """Delete files that belong to no message and are older than their tokens. Returns how many uploads went."""
    storage = attachment_storage()
    deleted = 0
    for names in _in_parts(_old_names(storage)):
        kept = set(all_messages().filter(attachment__in=names).values_list("attachment", flat=True))
        for name in set(names) - kept:
            delete_files(storage, name)
            deleted += 1
    return deleted


def _store(file: UploadedFile[bytes]) -> tuple[str, dict[str, Any]]:
    shown_name = clean_name(str(file.name))
    kind = accepted_types().get(PurePosixPath(shown_name).suffix.lower())
    size = file.size or 0
    if kind is None:
        raise Unsupported(field="file")
    if size > conf.policy.attachment_limit_bytes:
        raise TooLarge(field="file")
    if size == 0:
        raise BadRequest(field="file")
    return _store_picture(file, shown_name) if is_picture(kind) else _store_file(file, shown_name, kind)


def _store_file(file: UploadedFile[bytes], shown_name: str, kind: str) -> tuple[str, dict[str, Any]]:
    name = attachment_storage().save(attachment_path(None, ""), file)
    return name, {"name": shown_name, "type": kind, "size": file.size, "width": None, "height": None}


def _store_picture(file: UploadedFile[bytes], shown_name: str) -> tuple[str, dict[str, Any]]:
    picture = images.read_picture(file, conf.policy.image_limit_pixels)
    storage = attachment_storage()
    name = storage.save(attachment_path(None, ""), ContentFile(picture.content))
    storage.save(name + THUMBNAIL_SUFFIX, ContentFile(picture.thumbnail))
    return name, {
        "name": shown_name,
        "type": picture.type,
        "size": len(picture.content),
        "width": picture.width,
        "height": picture.height,
    }


def clean_name(name: str) -> str:
    """What people see of a file's name: no folders, nothing invisible, no direction marks, at most 100 characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    visible = "".join(character for character in last if unicodedata.category(character)[0] != "C").strip()
    suffix = PurePosixPath(visible).suffix[:NAME_LIMIT]
    stem = visible.removesuffix(suffix)[: NAME_LIMIT - len(suffix)]
    return f"{stem}{suffix}" or uuid.uuid4().hex


def _old_names(storage: Storage) -> Iterable[str]:
    """The names of files under our folder, thumbnails apart, that are too old to be on their way."""
    oldest_on_its_way = timezone.now() - TOKEN_LIFE - timedelta(hours=1)
    for name in _files_below(storage, UPLOADS_FOLDER):
        if not name.endswith(THUMBNAIL_SUFFIX) and storage.get_modified_time(name) < oldest_on_its_way:
            yield name


def _files_below(storage: Storage, folder: str) -> Iterable[str]:
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        yield f"{folder}/{name}"
    for below in folders:
        yield from _files_below(storage, f"{folder}/{below}")


def _in_parts(names: Iterable[str]) -> Iterable[list[str]]:
    part: list[str] = []
    for name in names:
        part.append(name)
        if len(part) == NAMES_AT_ONCE:
            yield part
            part = []
    if part:
        yield part
