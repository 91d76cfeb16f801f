"""Uploaded files before a message takes them: checked, stored under a random name, and named by a signed token.

The file's name, type and size are stored beside the file, for the message that will carry it. A token therefore has the
same length for all file names and keys.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any, Final

from django.core import signing
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from ..conf import UPLOAD, UPLOAD_BYTES
from ..exceptions import BadRequest, TooLarge, Unsupported
from ..model_parts.storage import TENANTS_FOLDER, UPLOADS_FOLDER, attachment_path, attachment_storage, uploads_folder
from ..namespace import salt
from ..node import get_node
from ..policy import get_policy
from ..utils.db_connections import release_connections
from . import images, media
from .access import all_messages, get_room, require_may_send, side_of
from .daily_limit import charged_for_today
from .decode_queue import decode_queue
from .held import held_files
from .references import RoomRef
from .request_cost import charge, refund

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom

SALT: Final = "django_pairchat.upload"
NAME_LIMIT: Final = 100
THUMBNAIL_SUFFIX: Final = "-thumbnail"
INFO_SUFFIX: Final = "-info"
THUMBNAIL_TYPE: Final = "image/webp"
PHOTO_SUFFIXES: Final = frozenset({".avif", ".heic", ".heif"})
SUFFIXES_OF_TURNED_PHOTOS: Final = {"image/jpeg": ".jpg", "image/webp": ".webp"}
PIECE_BYTES: Final = 64 * 1024
NAMES_AT_ONCE: Final = 500
CONTINUES: Final = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb\U0001f3fb-\U0001f3ff]")
"""Vowels and final consonants of Korean syllables that have no character of their own, and skin tone modifiers."""
FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]")
FLAGS_AT_THE_END: Final = re.compile(f"{FLAG.pattern}+$")


@dataclass(frozen=True, slots=True)
class Upload:
    """A stored file that no message has yet. ``info`` becomes the message's ``attachment`` object."""

    token: str
    info: dict[str, Any]


def accepted_types() -> Mapping[str, str]:
    """Return the policy's MIME types by file name suffix, without pictures that cannot be decoded here."""
    types = get_policy().attachment_types
    return {suffix: kind for suffix, kind in types.items() if not is_picture(kind) or images.reads(kind)}


def is_picture(kind: str) -> bool:
    return kind.startswith("image/")


def store_upload(user: Any, room: RoomRef, file: UploadedFile[bytes]) -> Upload:
    """Store a file for a message in this room. It counts against the user's rates ``upload`` and ``upload_bytes``.

    Raises ``NotFound``, ``CannotSend`` or ``RateLimited``. Raises ``Busy`` for a picture if too many wait for decoding,
    of this person or in total. Raises ``TooLarge`` above the policy's limits, ``BadRequest`` for an empty file,
    and ``Unsupported`` for a kind of file that the policy does not list or that is not what its name says.
    """
    charge(user, UPLOAD)
    return _take(user, room, file)


def take_upload(
    user: Any, room: RoomRef, file: UploadedFile[bytes], *, voice: Mapping[str, Any] | None = None
) -> Upload:
    """Store a file as :func:`store_upload` does, for a request that has already spent the rate ``upload``.

    A file that is refused or cannot be stored costs no bytes. A pooled connection is released before the file is read,
    which may take long. ``voice`` is what a client says of a voice message; it is kept if the file is a recording.
    """
    return _take(user, room, file, voice=voice, before_reading=release_connections)


def _take(
    user: Any,
    target: RoomRef,
    file: UploadedFile[bytes],
    *,
    voice: Mapping[str, Any] | None = None,
    before_reading: Callable[[], object] = lambda: None,
) -> Upload:
    room = get_room(user, target)
    require_may_send(side_of(room, user))
    kind = accepted_kind(file)
    if is_picture(kind):
        decode_queue().require_capacity(str(user.pk))
    size = file.size or 0
    charge(user, UPLOAD_BYTES, size)
    try:
        with charged_for_today(user, UPLOAD_BYTES, get_policy().upload_bytes_per_day(user), size, field="file"):
            before_reading()
            name, info = _store(file, kind, str(user.pk))
            if voice and media.is_recording(info["type"]):
                info["voice"] = voice
            named = [name, _owner_digest(user, room), *_place_of_info(name, info)]
    except Exception:
        refund(user, UPLOAD_BYTES, size)
        raise
    return Upload(signing.dumps(named, salt=salt(SALT)), info)


def _place_of_info(name: str, info: Mapping[str, Any]) -> list[str]:
    """Store the info of an upload and return its name, if the storage has not kept the one it was given."""
    expected = name + INFO_SUFFIX
    stored = attachment_storage().save(expected, ContentFile(json.dumps(info).encode()))
    return [] if stored == expected else [stored]


def _owner_digest(user: Any, room: AbstractRoom) -> str:
    """Return 32 characters that identify the user and the room of an upload, for keys of any length."""
    return hashlib.sha256(json.dumps([str(user.pk), str(room.pk)]).encode()).hexdigest()[:32]


def require_fresh(token: str) -> None:
    """Raise ``BadRequest`` for a token so old that its file may have been deleted."""
    try:
        signing.loads(token, salt=salt(SALT), max_age=get_node().options.upload_seconds)
    except signing.BadSignature:
        raise BadRequest(field="attachment") from None


def read_upload(token: str, user: Any, room: AbstractRoom) -> str:
    """Return the stored name of an upload of this user for this room, of any age. Raises ``BadRequest``."""
    try:
        name, owner, *_rest = signing.loads(token, salt=salt(SALT))
    except (signing.BadSignature, ValueError):
        raise BadRequest(field="attachment") from None
    if owner != _owner_digest(user, room):
        raise BadRequest(field="attachment")
    return str(name)


def read_info(token: str) -> dict[str, Any] | None:
    """Return the ``attachment`` object of the file that a token names, ``None`` if the file no longer exists.

    Raises what the storage raises.
    """
    try:
        name, _owner, *place = signing.loads(token, salt=salt(SALT), max_age=get_node().options.upload_seconds)
        with attachment_storage().open(place[0] if place else name + INFO_SUFFIX) as stored:
            info: dict[str, Any] = json.loads(stored.read())
    except (signing.BadSignature, ValueError, FileNotFoundError):
        return None
    return info


def carries(message: AbstractMessage, file: UploadedFile[bytes]) -> bool:
    """Return whether the message was sent with this file: the same name and, once stored, the same bytes.

    Raises what ``store_upload()`` raises for a picture that cannot be read.
    """
    info = message.attachment_info or {}
    if info.get("name") != _name_for(clean_name(str(file.name)), info.get("type", "")):
        return False
    file.seek(0)
    with message.attachment.open("rb") as stored:
        if is_picture(info["type"]):
            return bool(stored.read() == _read_picture(file, str(message.sender_id)).content)
        return _are_equal(stored, file)


def _are_equal(one: IO[bytes], other: IO[bytes]) -> bool:
    while piece := one.read(PIECE_BYTES):
        if piece != other.read(PIECE_BYTES):
            return False
    return not other.read(1)


def delete_files(storage: Storage, name: str) -> None:
    """Delete the file and those stored beside it. The file is last, so that an interrupted deletion is found again."""
    storage.delete(name + THUMBNAIL_SUFFIX)
    storage.delete(name + INFO_SUFFIX)
    storage.delete(name)


def delete_orphans() -> int:
    """Delete files that belong to no message and are older than their tokens. Returns the number of uploads deleted."""
    storage = attachment_storage()
    deleted = 0
    for names in _in_parts(_old_names(storage)):
        kept = set(all_messages().filter(attachment__in=names).values_list("attachment", flat=True)) | held_files(names)
        for name in set(names) - kept:
            delete_files(storage, name)
            deleted += 1
    return deleted


def _read_picture(file: File[bytes], person: str) -> images.Picture:
    return images.read_picture(file, get_policy().image_limit_pixels, person)


def limit_bytes(kind: str) -> int:
    """Return the policy's size limit of a file of this MIME type, in bytes."""
    policy = get_policy()
    if policy.media_limit_bytes is not None and kind.startswith(("audio/", "video/")):
        return policy.media_limit_bytes
    return policy.attachment_limit_bytes


def accepted_kind(file: File[bytes]) -> str:
    """Return the MIME type of a file by its name, without reading it.

    Raises ``Unsupported``, ``TooLarge``, or ``BadRequest`` for an empty file.
    """
    kind = accepted_types().get(PurePosixPath(clean_name(str(file.name))).suffix.lower())
    size = file.size or 0
    if kind is None:
        raise Unsupported(field="file")
    if size > limit_bytes(kind):
        raise TooLarge(field="file")
    if size == 0:
        raise BadRequest(field="file")
    return kind


def store_file(file: File[bytes], person: str) -> tuple[str, dict[str, Any]]:
    """Store a file for a message that the host's own code adds. Return its name and the message's attachment object.

    ``person`` is the key of who has sent it. Raises ``Unsupported``, ``TooLarge`` or ``BadRequest`` as for an upload.
    """
    return _store(file, accepted_kind(file), person)


def _store(file: File[bytes], kind: str, person: str) -> tuple[str, dict[str, Any]]:
    shown_name = clean_name(str(file.name))
    return _store_picture(file, shown_name, person) if is_picture(kind) else _store_file(file, shown_name, kind)


def _store_file(file: File[bytes], shown_name: str, kind: str) -> tuple[str, dict[str, Any]]:
    content_type = media.type_by_content(file, kind)
    name = attachment_storage().save(attachment_path(None, ""), file)
    return name, {"name": shown_name, "type": content_type, "size": file.size, "width": None, "height": None}


def _store_picture(file: File[bytes], shown_name: str, person: str) -> tuple[str, dict[str, Any]]:
    picture = _read_picture(file, person)
    storage = attachment_storage()
    name = storage.save(attachment_path(None, ""), ContentFile(picture.content))
    storage.save(name + THUMBNAIL_SUFFIX, ContentFile(picture.thumbnail))
    return name, {
        "name": _name_for(shown_name, picture.type),
        "type": picture.type,
        "size": len(picture.content),
        "width": picture.width,
        "height": picture.height,
    }


def _name_for(shown_name: str, kind: str) -> str:
    """Return the name with the suffix of what a phone's photo has become, if it was turned into another type."""
    path = PurePosixPath(shown_name)
    suffix = SUFFIXES_OF_TURNED_PHOTOS.get(kind) if path.suffix.lower() in PHOTO_SUFFIXES else None
    return f"{path.stem}{suffix}" if suffix else shown_name


def clean_name(name: str) -> str:
    """Return the file name that people see: at most 100 characters, without folders.

    Invisible characters and direction marks are removed. Letters are composed, because macOS decomposes them.
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    visible = "".join(character for character in last if unicodedata.category(character)[0] != "C").strip()
    visible = unicodedata.normalize("NFC", visible)
    suffix = PurePosixPath(visible).suffix[:NAME_LIMIT]
    stem = _cut(visible.removesuffix(suffix), NAME_LIMIT - len(suffix))
    return f"{stem}{suffix}" or uuid.uuid4().hex


def _cut(text: str, longest: int) -> str:
    """Return at most ``longest`` characters from the beginning, without splitting one that is displayed as a unit."""
    end = longest
    while 0 < end < len(text) and _continues(text[end]):
        end -= 1
    if end < len(text) and FLAG.match(text[end]):
        # Two regional indicators are one flag.
        end -= (end - len(FLAGS_AT_THE_END.sub("", text[:end]))) % 2
    return text[: end if end > 0 else max(longest, 0)]


def _continues(character: str) -> bool:
    return unicodedata.category(character)[0] == "M" or CONTINUES.match(character) is not None


def _old_names(storage: Storage) -> Iterable[str]:
    """Yield the names of uploads whose tokens have expired, without the files stored beside them."""
    oldest_valid = timezone.now() - timedelta(seconds=get_node().options.upload_seconds, hours=1)
    folder = uploads_folder()
    for name in _files_below(storage, folder):
        if folder == UPLOADS_FOLDER and name.startswith(f"{TENANTS_FOLDER}/"):
            # Whether they are forgotten is known where their messages are.
            continue
        if not name.endswith((THUMBNAIL_SUFFIX, INFO_SUFFIX)) and storage.get_modified_time(name) < oldest_valid:
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
