"""Evidence: copies of messages and of their files, which stay when the messages are changed or gone."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.core.files.storage import Storage
from django.utils import timezone

from .. import tenancy
from ..core.access import all_messages, side_of
from ..core.reports import Report
from .conf import conf
from .log import name_of
from .models import Evidence, evidence_storage

if TYPE_CHECKING:
    from ..base_models import AbstractMessage

logger = logging.getLogger("django_pairchat")

FOLDER: Final = "pairchat-evidence"


class Place(NamedTuple):
    """The room, the number and the revision of a message."""

    room_key: str
    seq: int
    rev: int


def take_evidence(report: Report, known: Collection[Place]) -> list[Evidence]:
    """Return copies of what is reported, with their files, except those that are ``known``. Nothing is stored yet."""
    taken = []
    for message in _messages(report):
        if (str(report.room.pk), message.seq, message.rev) not in known:
            is_context = report.message is None or message.seq != report.message.seq
            taken.append(_copy_of(message, is_context=is_context))
    return taken


def _messages(report: Report) -> Iterator[AbstractMessage]:
    """Yield the reported message, and with the reporter's consent those around it, or the last ones of the chat."""
    message, count = report.message, conf.neighbours
    visible = all_messages().filter(room=report.room.pk).visible_to(side_of(report.room, report.user))
    around: list[Any] = []
    if report.context and message is None:
        around = list(visible.order_by("-seq")[: 2 * count])
    elif report.context and message is not None:
        around = list(visible.filter(seq__lt=message.seq).order_by("-seq")[:count])
        around += visible.filter(seq__gt=message.seq).order_by("seq")[:count]
    for each in around if message is None else [message, *around]:
        each.room = report.room
        yield each


def _copy_of(message: AbstractMessage, *, is_context: bool) -> Evidence:
    name, lost = _copied_file(message)
    sender = message.sender
    return Evidence(
        room_key=str(message.room_id),
        seq=message.seq,
        rev=message.rev,
        is_context=is_context,
        sender_key="" if message.sender_id is None else str(message.sender_id),
        sender_name=name_of(sender),
        kind=message.kind,
        content=message.content,
        data=message.data,
        reply_to=message.reply_to,
        attachment_info=message.attachment_info,
        file=name,
        file_lost=lost,
        sent_at=message.created_at,
        edited_at=message.edited_at,
        deleted_at=message.deleted_at,
    )


def _copied_file(message: AbstractMessage) -> tuple[str, bool]:
    """Return the name of a copy of the message's file, and whether there was one that could not be read.

    A report is worth keeping without it.
    """
    if not message.attachment:
        return "", False
    name = f"{folder()}/{timezone.now():%Y/%m}/{uuid.uuid4().hex}"
    try:
        with message.attachment.open("rb") as stored:
            return evidence_storage().save(name, stored), False
    except Exception as error:  # noqa: BLE001 - a storage may raise anything
        logger.warning("The file of a reported message could not be copied: %r", error)
        return "", True


def folder() -> str:
    """Return the folder of the copies, one for each tenant."""
    tenant = tenancy.folder()
    return f"{FOLDER}/tenants/{tenant}" if tenant else FOLDER


def delete_copies(names: Collection[str], storage: Storage | None = None) -> None:
    """Delete these files. One that is gone already is no error."""
    for name in names:
        if name:
            (storage or evidence_storage()).delete(name)
