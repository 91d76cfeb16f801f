"""Fetch a page or a picture: from public addresses only, bounded in size, time and redirects, without cookies."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from email.message import Message
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urljoin

from django.utils.encoding import iri_to_uri

from . import guard
from .outcome import NotAllowed, Refused, Unreachable

TOTAL_SECONDS: Final = 10.0
"""For one page or picture, with all of its redirects, besides the time that names take to resolve."""
REDIRECTS: Final = 3
ADDRESSES_TRIED: Final = 2
PIECE_BYTES: Final = 64 * 1024
MOVED: Final = frozenset({301, 302, 303, 307, 308})
HEADERS: Final = {
    "User-Agent": "django-pairchat (link preview)",
    "Accept": "text/html,image/*;q=0.9",
    # Nothing that has to be unpacked, to a size that nobody knows before.
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class Fetched(NamedTuple):
    """The bytes of an answer, and the address that they came from in the end. ``charset`` may be empty."""

    url: str
    content: bytes
    charset: str


def fetch(
    url: str, *, types: Collection[str], limit_bytes: int, whole: bool, allows: Callable[[str], bool] | None = None
) -> Fetched:
    """Return what is at ``url``, if its MIME type begins with one of ``types``.

    Of more than ``limit_bytes`` only the beginning is read, and nothing if it is needed ``whole``. ``allows`` is asked
    about the address and about each one that it redirects to. Raises ``Refused`` or ``Unreachable``.
    """
    deadline = time.monotonic() + TOTAL_SECONDS
    for _ in range(REDIRECTS + 1):
        parts = guard.parsed(iri_to_uri(url.partition("#")[0]))
        if allows is not None and not allows(url):
            raise NotAllowed("not allowed")
        answer = _ask(parts, types, limit_bytes, deadline)
        if isinstance(answer, str):
            try:
                url = urljoin(url, answer)
            except ValueError:
                raise Refused("a redirect to no address") from None
            continue
        content, charset = answer
        if whole and len(content) > limit_bytes:
            raise Refused("too large")
        return Fetched(url, content[:limit_bytes], charset)
    raise Refused("too many redirects")


def _ask(parts: SplitResult, types: Collection[str], limit_bytes: int, deadline: float) -> str | tuple[bytes, str]:
    """Return the address that it redirects to, or one byte more than the limit at most, and the charset."""
    problem = Unreachable("no answer")
    for address in guard.public_addresses(parts)[:ADDRESSES_TRIED]:
        try:
            answer = _ask_at(address, parts, types, limit_bytes, deadline)
        except (OSError, HTTPException, ValueError) as error:
            problem = Unreachable(type(error).__name__)
        except Refused:
            # What was cut off looks like what is of no use.
            if time.monotonic() < deadline:
                raise
        else:
            if time.monotonic() < deadline:
                return answer
        if time.monotonic() >= deadline:
            raise Unreachable("too slow")
    raise problem


def _ask_at(
    address: str, parts: SplitResult, types: Collection[str], limit_bytes: int, deadline: float
) -> str | tuple[bytes, str]:
    connection = PinnedConnection(parts, address, deadline)
    # Each read has a time limit of its own, which somebody who sends a byte now and then never reaches.
    watch = threading.Timer(max(0, deadline - time.monotonic()), connection.abort)
    watch.daemon = True
    watch.start()
    try:
        connection.request("GET", _target(parts), headers=HEADERS)
        return _read(connection.getresponse(), types, limit_bytes)
    finally:
        watch.cancel()
        connection.close()


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _read(response: HTTPResponse, types: Collection[str], limit_bytes: int) -> str | tuple[bytes, str]:
    if response.status in MOVED:
        location = response.getheader("Location")
        if not location:
            raise Refused("a redirect to nowhere")
        # Bytes of a header are read as Latin-1, whatever they are.
        return location.encode("latin-1").decode("utf-8", "replace")
    if response.status == 429 or response.status >= 500:
        raise Unreachable(f"status {response.status}")
    if response.status != 200:
        raise Refused(f"status {response.status}")
    head = Message()
    head["Content-Type"] = response.getheader("Content-Type") or "application/octet-stream"
    if not head.get_content_type().startswith(tuple(types)):
        raise Refused("of another kind")
    if (response.getheader("Content-Encoding") or "identity").lower() != "identity":
        raise Refused("packed")
    pieces, size = [], 0
    while size <= limit_bytes and (piece := response.read1(PIECE_BYTES)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces), str(head.get_content_charset() or "")


class PinnedConnection(HTTPConnection):
    """A connection to an address that was judged. The name is only told to the server, whose certificate is for it."""

    def __init__(self, parts: SplitResult, address: str, deadline: float) -> None:
        self.default_port = guard.PORTS[parts.scheme]
        super().__init__(str(parts.hostname), parts.port or self.default_port)
        self.address = address
        self.is_secure = parts.scheme == "https"
        self.deadline = deadline
        # That of the base class is gone as soon as the server has said that it will close the connection.
        self._line: socket.socket | None = None

    def connect(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock = self._line = socket.create_connection((self.address, self.port), left)
        if self.is_secure:
            wrapped = _context().wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock = self._line = wrapped
            wrapped.do_handshake()

    def abort(self) -> None:
        """Let whatever waits for the server wait no more."""
        if self._line is not None:
            with suppress(OSError):
                # Not that of an SSL socket, which would take it apart under the thread that reads.
                socket.socket.shutdown(self._line, socket.SHUT_RDWR)


@cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()
