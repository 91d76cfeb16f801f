"""Files of messages, for the two people of the room and nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any, Final

from django.core.files.storage import Storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from .base_models import AbstractMessage
from .conf import conf
from .exceptions import ChatError
from .services.access import get_message, get_room, side_of
from .services.uploads import THUMBNAIL_SUFFIX, THUMBNAIL_TYPE

PIECE_BYTES: Final = 64 * 1024
RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)


@require_safe
def attachment(request: HttpRequest, key: str, seq: int) -> HttpResponseBase:
    message = _message(request, key, seq)
    info: dict[str, Any] = message.attachment_info or {}
    return _respond(request, message, str(message.attachment.name), info["type"], inline=info["width"] is not None)


@require_safe
def thumbnail(request: HttpRequest, key: str, seq: int) -> HttpResponseBase:
    message = _message(request, key, seq)
    if (message.attachment_info or {}).get("width") is None:
        raise Http404
    name = str(message.attachment.name) + THUMBNAIL_SUFFIX
    return _respond(request, message, name, THUMBNAIL_TYPE, inline=True)


def _message(request: HttpRequest, key: str, seq: int) -> AbstractMessage:
    """Not there, not theirs, not signed in, deleted, without a file: all the same."""
    if not request.user.is_authenticated:
        raise Http404
    try:
        message = get_message(side_of(get_room(request.user, key), request.user), seq)
    except ChatError:
        raise Http404 from None
    if not message.attachment:
        raise Http404
    return message


def _respond(
    request: HttpRequest, message: AbstractMessage, name: str, content_type: str, *, inline: bool
) -> HttpResponseBase:
    storage: Storage = message.attachment.storage
    if conf.sendfile_header:
        response: HttpResponseBase = _leave_to_server(storage, name)
    else:
        try:
            response = _read(request, storage, name)
        except FileNotFoundError:
            raise Http404 from None
    response["Content-Type"] = content_type
    shown_name = str((message.attachment_info or {}).get("name", ""))
    response["Content-Disposition"] = content_disposition_header(not inline, shown_name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # Asked again each time, because the right to see it may have gone.
    response["Cache-Control"] = "private, no-cache"
    return response


def _leave_to_server(storage: Storage, name: str) -> HttpResponse:
    location = storage.path(name) if conf.sendfile_header == "X-Sendfile" else conf.sendfile_prefix + name
    return HttpResponse(headers={str(conf.sendfile_header): location})


def _read(request: HttpRequest, storage: Storage, name: str) -> HttpResponseBase:
    size = storage.size(name)
    wanted = _range(request.headers.get("Range", ""), size)
    if wanted is None:
        response: HttpResponseBase = FileResponse(storage.open(name))
    elif not wanted:
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    else:
        file = storage.open(name)
        file.seek(wanted.start)
        response = StreamingHttpResponse(_pieces(file, len(wanted)), status=206)
        response["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{size}"
        response["Content-Length"] = str(len(wanted))
    response["Accept-Ranges"] = "bytes"
    return response


def _range(header: str, size: int) -> range | None:
    """The bytes asked for: ``None`` for all of them, an empty range for none that exist."""
    match = RANGE.fullmatch(header)
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    return range(int(first), min(size, int(last) + 1) if last else size)


def _pieces(file: IO[bytes], length: int) -> Iterator[bytes]:
    with file:
        while length > 0 and (piece := file.read(min(PIECE_BYTES, length))):
            length -= len(piece)
            yield piece
