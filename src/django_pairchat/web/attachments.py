"""Files of messages, for the two people of the room only."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterator
from functools import wraps
from typing import IO, Any, Final
from urllib.parse import quote

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import Storage
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.encoding import iri_to_uri
from django.utils.http import content_disposition_header, quote_etag
from django.views.decorators.http import require_safe

from ..authentication.file_proofs import PARAMETER
from ..base_models import AbstractMessage
from ..conf import DOWNLOAD, conf
from ..core.access import get_message, get_room, side_of
from ..core.request_cost import charge
from ..core.uploads import THUMBNAIL_SUFFIX, THUMBNAIL_TYPE
from ..exceptions import HTTP_STATUS, ChatError, RateLimited, error_text
from ..policy import get_policy
from ..utils import instruments
from .proofs import header_or_address, headers_of_refusal, proved_by_headers

View = Callable[..., HttpResponseBase]
REDIRECT_SECONDS: Final = 120
PIECE_BYTES: Final = 64 * 1024
RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)


def rated(view: View) -> View:
    """Charge the rate ``download`` for each request of a signed-in user, whether the file exists or not."""

    @wraps(view)
    def wrapper(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            if request.user.is_authenticated:
                charge(request.user, DOWNLOAD)
        except RateLimited as error:
            return _refuse(error)
        return view(request, **kwargs)

    # It checks the user itself, and answers a visitor as if there were no file.
    return login_not_required(proved_by_headers(wrapper, wrapper, _refuse, header_or_address))


def _refuse(error: ChatError) -> HttpResponse:
    instruments.refused(error.code)
    status, headers = HTTP_STATUS[error.code], headers_of_refusal(error)
    return HttpResponse(error_text(error), status=status, content_type="text/plain", headers=headers)


@rated
@require_safe
def attachment(request: HttpRequest, key: str, seq: int) -> HttpResponseBase:
    message = _message(request, key, seq)
    info: dict[str, Any] = message.attachment_info or {}
    return _respond(request, message, str(message.attachment.name), info["type"], inline=info["width"] is not None)


@rated
@require_safe
def thumbnail(request: HttpRequest, key: str, seq: int) -> HttpResponseBase:
    message = _message(request, key, seq)
    if (message.attachment_info or {}).get("width") is None:
        raise Http404
    name = str(message.attachment.name) + THUMBNAIL_SUFFIX
    return _respond(request, message, name, THUMBNAIL_TYPE, inline=True)


def _message(request: HttpRequest, key: str, seq: int) -> AbstractMessage:
    """Return a message with a file that the user can see. Raises the same ``Http404`` in every other case."""
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
    shown_name = str((message.attachment_info or {}).get("name", ""))
    disposition = content_disposition_header(not inline, shown_name) or "attachment"
    # What is signed is signed for a GET.
    redirects = conf.redirect_files and request.method == "GET"
    redirect = _redirect(storage, name, content_type, disposition) if redirects else None
    response = redirect or _answer(request, storage, name)
    if response.status_code not in (302, 304):
        response["Content-Type"] = content_type
        response["Content-Disposition"] = disposition
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # Revalidated each time, because access may have been revoked.
    response.setdefault("Cache-Control", "private, no-cache")
    if PARAMETER in request.GET:
        # The proof stays here, and pages that have cut themselves off from other origins may show the file, too.
        response["Referrer-Policy"] = "no-referrer"
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _redirect(storage: Storage, name: str, content_type: str, disposition: str) -> HttpResponseBase | None:
    """Return a redirect to the storage, ``None`` if the file is sent from here."""
    url = get_policy().file_url(storage, name, content_type, disposition)
    if url is None:
        return None
    # Each address is another one: the browser keeps it, for this person, while it is good for the whole file.
    headers = {"Cache-Control": f"private, max-age={REDIRECT_SECONDS}", "Vary": "Authorization, Cookie"}
    return HttpResponseRedirect(url, headers={**headers, "Referrer-Policy": "no-referrer"})


def _answer(request: HttpRequest, storage: Storage, name: str) -> HttpResponseBase:
    """Return the file, or what the web server makes the file of, or that the client has it. Raises ``Http404``."""
    if conf.sendfile_header:
        return _leave_to_server(storage, name)
    # A name is given once, and its content never changes.
    etag = quote_etag(hashlib.sha256(name.encode()).hexdigest()[:32])
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if response is None:
        try:
            response = _read(request, storage, name, etag)
        except FileNotFoundError:
            raise Http404 from None
    response["ETag"] = etag
    return response


def _leave_to_server(storage: Storage, name: str) -> HttpResponse:
    if conf.sendfile_header == "X-Sendfile":
        path = storage.path(name)
        # Django would write it in a way that is for e-mail, if it writes it at all.
        location = path if path.isascii() else quote(path)
    else:
        # nginx reads an address: the prefix is one, as the host wrote it, and a name may hold anything.
        location = iri_to_uri(conf.sendfile_prefix) + quote(name)
    return HttpResponse(headers={str(conf.sendfile_header): location})


def _read(request: HttpRequest, storage: Storage, name: str, etag: str) -> HttpResponseBase:
    size = storage.size(name)
    # A part of what the client has not begun with is of no use to it.
    is_same = request.headers.get("If-Range", etag) == etag
    wanted = _range(request.headers.get("Range", ""), size) if is_same else None
    if wanted is None:
        response: HttpResponseBase = FileStream(request, storage.open(name), size)
    elif not wanted:
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    else:
        file = storage.open(name)
        file.seek(wanted.start)
        response = FileStream(request, file, len(wanted), status=206)
        response["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{size}"
    response["Accept-Ranges"] = "bytes"
    return response


def _range(header: str, size: int) -> range | None:
    """Return the requested bytes: ``None`` for all of them, an empty range if none of them exist."""
    match = RANGE.fullmatch(header)
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    return range(int(first), min(size, int(last) + 1) if last else size)


class FileStream(StreamingHttpResponse):
    """So many bytes of a file from its position on, read piece by piece.

    Under ASGI a thread reads them: Django would read a response that is not asynchronous into memory as a whole.
    """

    def __init__(self, request: HttpRequest, file: IO[bytes], length: int, **options: Any) -> None:
        self._file = file
        pieces = _pieces_of_thread(file, length) if isinstance(request, ASGIRequest) else _pieces(file, length)
        super().__init__(pieces, headers={"Content-Length": str(length)}, **options)

    def close(self) -> None:
        super().close()
        # It may not have been read, or not to its end.
        self._file.close()


def _pieces(file: IO[bytes], length: int) -> Iterator[bytes]:
    while length > 0 and (piece := file.read(min(PIECE_BYTES, length))):
        length -= len(piece)
        yield piece


async def _pieces_of_thread(file: IO[bytes], length: int) -> AsyncIterator[bytes]:
    while length > 0 and (piece := await asyncio.to_thread(file.read, min(PIECE_BYTES, length))):
        length -= len(piece)
        yield piece
