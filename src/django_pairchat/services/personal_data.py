"""The data of one person: all of it as a ZIP file, and the removal of what the person wrote."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import IO, TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Q

from .. import get_quick_reply_model
from ..base_models import new_epoch
from ..core.access import all_messages, all_rooms, database, lock_rooms, side_of
from ..core.events import publish_on_commit, room_changed
from ..core.held import forget_held, held_ids
from ..core.paging import visible_messages
from ..core.serializers import message_object, room_objects
from ..core.transactions import retry_on_conflict
from ..exceptions import NotFound
from ..protocol.json_text import moment
from .held import withdraw_held
from .messages import erase
from .preferences import preferences
from .quick_replies import saved_quick_replies
from .stars import remove_stars, starred_in

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom

PIECE_BYTES: Final = 64 * 1024
ROWS_AT_ONCE: Final = 500

Source = Callable[[Any], Mapping[str, Any]]
_sources: dict[str, Source] = {}


def add_personal_data(name: str, source: Source) -> None:
    """Put what ``source`` returns for a user into each export, as ``<name>.json``. Call it in ``AppConfig.ready()``."""
    _sources[name] = source


def _choices_of(user: Any) -> dict[str, Any]:
    saved = [] if get_quick_reply_model() is None else saved_quick_replies(user)
    replies = [{"text": each.text, "created_at": moment(each.created_at)} for each in saved]
    return {"preferences": asdict(preferences(user)), "quick_replies": replies}


class _Pieces(io.RawIOBase):
    """The stream that a ZIP file is written into. It is emptied again and again."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written += data
        return len(data)

    def taken(self) -> Iterator[bytes]:
        if len(self._written) >= PIECE_BYTES:
            yield self.rest()

    def rest(self) -> bytes:
        rest = bytes(self._written)
        self._written.clear()
        return rest


def export_person(user: Any, *, only_own: bool = False) -> Iterator[bytes]:
    """Yield the pieces of a ZIP file with all that this person sees in the chat, each about 64 KiB or more.

    It has ``rooms/<key>.json`` for each room, with the room and its messages as in the protocol; the files that were
    sent, below ``files/``; ``person.json``, with the person's preferences and quick replies; what other apps have added
    by :func:`add_personal_data`; and ``missing.json``, the files that the storage does not have any more. With
    ``only_own`` the messages of the other people are left out.

    Messages and files are read in parts, so it takes little memory, and shows what is there when a room's turn comes.
    Raises what the storage raises, but not ``FileNotFoundError``.
    """
    pieces = _Pieces()
    missing: list[str] = []
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in {"person": _choices_of, **_sources}.items():
            archive.writestr(f"{name}.json", json.dumps(source(user), ensure_ascii=False, indent=1))
        for room in _rooms_of(user):
            key = str(room.pk)
            with archive.open(f"rooms/{key}.json", "w", force_zip64=True) as entry:
                for _ in _write_room(entry, room, user, only_own):
                    yield from pieces.taken()
            for message in _messages(room, user, only_own, with_file=True):
                try:
                    with (
                        message.attachment.open("rb") as stored,
                        archive.open(_path(message), "w", force_zip64=True) as entry,
                    ):
                        while piece := stored.read(PIECE_BYTES):
                            entry.write(piece)
                            yield from pieces.taken()
                except FileNotFoundError:
                    missing.append(_path(message))
        archive.writestr("missing.json", json.dumps(missing, ensure_ascii=False))
    yield pieces.rest()


def _rooms_of(user: Any) -> Iterator[AbstractRoom]:
    # The peer learns of a room with its first message.
    known = all_rooms().for_user(user).exclude(user2=user, head=0)
    keys = list(known.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), ROWS_AT_ONCE):
        rooms = all_rooms().with_people().with_last_message().filter(pk__in=keys[start : start + ROWS_AT_ONCE])
        yield from rooms.order_by("pk")


def _messages(room: AbstractRoom, user: Any, only_own: bool, *, with_file: bool = False) -> Iterator[AbstractMessage]:
    """Yield the messages that the person sees, in parts by ``seq``: a cursor would hold a connection meanwhile."""
    side = side_of(room, user)
    messages = visible_messages(side).order_by("seq")
    if only_own:
        messages = messages.filter(side=side.number)
    if with_file:
        messages = messages.exclude(attachment="")
    last = 0
    while part := list(messages.filter(seq__gt=last)[:ROWS_AT_ONCE]):
        for message in part:
            message.room = room
            yield message
        last = part[-1].seq


def _write_room(entry: IO[bytes], room: AbstractRoom, user: Any, only_own: bool) -> Iterator[None]:
    [shown] = room_objects([room], user)
    last = shown["last_message"]
    if only_own and last is not None and last["sender"] != str(user.pk):
        shown["last_message"] = None
    head = json.dumps({**shown, "created_at": moment(room.created_at)}, ensure_ascii=False)
    entry.write(f'{{"room": {head},\n"starred": {starred_in(user, room)},\n"messages": ['.encode())
    separator = "\n"
    for message in _messages(room, user, only_own):
        described = message_object(message)
        if described["attachment"] is not None:
            described["attachment"]["file"] = _path(message)
        entry.write(f"{separator}{json.dumps(described, ensure_ascii=False)}".encode())
        separator = ",\n"
        yield
    entry.write(b"\n]}\n")


def _path(message: AbstractMessage) -> str:
    name = (message.attachment_info or {}).get("name") or "file"
    return f"files/{message.room_id}/{message.seq}-{name}"


def erase_messages(user: Any, *, dry_run: bool = False) -> Iterator[int]:
    """Turn all messages of this person into tombstones, for both people; remove the person's reactions and held texts.

    Yields the number of what is done after each, to show progress: one transaction for each, so nobody waits long. It
    can be interrupted, and repeated. Delete the account afterwards, if it is to go. Rooms on legal hold are left as
    they are. With ``dry_run`` nothing is changed.
    """
    done = 0
    for room in _rooms_of(user):
        if room.legal_hold:
            continue
        for client_id in held_ids(user, room):
            if not dry_run:
                # Somebody may decide on it meanwhile. What is released is a message by then, and goes below.
                with suppress(NotFound):
                    withdraw_held(user, room, client_id)
            done += 1
            yield done
        side = side_of(room, user)
        own = Q(side=side.number, deleted_at=None)
        reacted = Q(reactions__has_key=str(side.number))
        concerned = all_messages().filter(own | reacted, room=room.pk).order_by("seq").values_list("seq", flat=True)
        last = 0
        while part := list(concerned.filter(seq__gt=last)[:ROWS_AT_ONCE]):
            for seq in part:
                if not dry_run:
                    erase(user, room, seq)
                done += 1
                yield done
            last = part[-1]


def anonymise(user: Any, *, dry_run: bool = False) -> Iterator[int]:
    """Let this person leave all rooms, as if the account had been deleted: the other people keep what was written.

    Yields the number of rooms after each; it is one transaction for each, and can be interrupted and repeated. Nothing
    says any more who wrote, but the texts are as they were: what a person wrote about themselves is still there. What
    waits for a decision is deleted, and so is a room that the other one has left before. Rooms on legal hold are left
    as they are. With ``dry_run`` nothing is changed.
    """
    done = 0
    rooms = all_rooms().for_user(user).filter(legal_hold=False).order_by("pk")
    part = list(rooms.values_list("pk", flat=True)[:ROWS_AT_ONCE])
    while part:
        for pk in part:
            if dry_run or _leave(pk, user):
                done += 1
                yield done
        part = list(rooms.filter(pk__gt=part[-1]).values_list("pk", flat=True)[:ROWS_AT_ONCE])


@retry_on_conflict
def _leave(pk: Any, user: Any) -> bool:
    with transaction.atomic(using=database()):
        rooms = [room for room in lock_rooms([pk]) if room.side(user) is not None and not room.legal_hold]
        for room in rooms:
            side = side_of(room, user)
            if side.peer.user_id is None:
                room.delete()
                continue
            remove_stars(user, room)
            forget_held(user, room)
            peer = side.peer.user_id
            setattr(room, f"user{side.number}", None)
            room.pair_key = None
            # Open pages load the room again, because messages that they have do not say any more who wrote them.
            room.epoch = new_epoch()
            room.save(using=database(), update_fields=[f"user{side.number}", "pair_key", "epoch"])
            publish_on_commit([room_changed(room, [peer])])
    return bool(rooms)
