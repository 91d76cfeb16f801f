"""Knowledge of the ASGI servers, which no other module has: how they write, wait, buffer and stop.

Where the server allows it, the frames for one connection within one iteration of the event loop go out as one write.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from types import FrameType
from typing import Any, Final

KNOWN: Final = ("uvicorn", "daphne", "granian", "hypercorn")
AT_ONCE_BYTES: Final = 65_536
"""The size of a transport's write buffer above which it asks the protocol to pause (asyncio's default)."""

FRAME_WRITER_READS: Final = ("close_sent", "conn", "disconnected", "transport", "writable")
"""The attributes of uvicorn's protocol that the frame writer reads. Another version may name them otherwise."""


class CoalescedWrites:
    """Wraps the transport of one connection, and passes everything but writes through.

    The frames that a batch of messages has for one connection become one system call, or two, instead of one for each.
    Those calls took a fifth of a busy server's time.
    """

    __slots__ = ("_bytes", "_parts", "_transport")

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        # Made when first needed, because many connections are idle.
        self._parts: list[bytes] | None = None
        self._bytes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._parts is None:
            self._parts = []
            asyncio.get_running_loop().call_soon(self._write_all)
        self._parts.append(data)
        self._bytes += len(data)
        if self._bytes > AT_ONCE_BYTES:
            self._write_all()

    def write_eof(self) -> None:
        self._write_all()
        self._transport.write_eof()

    def close(self) -> None:
        self._write_all()
        self._transport.close()

    def _write_all(self) -> None:
        if self._parts is None:
            return
        parts, self._parts, self._bytes = self._parts, None, 0
        # The client may have gone before the write, which is no error.
        if not self._transport.is_closing():
            self._transport.write(b"".join(parts))


def server_behind(send: Any) -> Any:
    """Return the server's asyncio protocol if ``send`` is a bound method of it, as in uvicorn.

    The session wrapper of Channels may stand before it. Return ``None`` under another server, or behind another
    middleware that wraps ``send``.
    """
    server = getattr(_inside_session_wrapper(send), "__self__", None)
    return server if isinstance(server, asyncio.Protocol) else None


def is_servers_own_send(send: Any) -> bool:
    """Return whether this ``send`` is known to work outside of a task.

    That holds for a method of the server's protocol, and for daphne's, which is a partial of a method. The session
    wrapper of Channels may stand before either.
    """
    method = getattr(_inside_session_wrapper(send), "func", None)
    return server_behind(send) is not None or isinstance(
        getattr(method, "__self__", None), _loaded("daphne.server", "Server")
    )


def end_of_server(send: Any) -> Callable[[], Awaitable[None]] | None:
    """Return a function that waits until the server behind ``send`` begins to end, where no signal says so: hypercorn.

    Its workers learn of the end from their parent, wait for their sockets to close, and send the lifespan event of the
    shutdown only after that. Return ``None`` under another server, or behind a middleware that wraps ``send``.
    """
    stream = getattr(_inside_session_wrapper(send), "__self__", None)
    if not isinstance(stream, _loaded("hypercorn.protocol.ws_stream", "WSStream")):
        return None
    wait: Callable[[], Awaitable[None]] = stream.context.terminated.wait
    return wait


def _inside_session_wrapper(send: Any) -> Any:
    """Return the ``send`` that the session wrapper of Channels has been given, or this one if there is none."""
    owner = getattr(send, "__self__", None)
    return owner.real_send if isinstance(owner, _loaded("channels.sessions", "InstanceSessionWrapper")) else send


def _loaded(module: str, name: str) -> Any:
    """Return this class if its module has been imported, else an empty tuple, for ``isinstance()``."""
    return getattr(sys.modules.get(module), name, ())


def has_no_backpressure(loop: asyncio.AbstractEventLoop) -> bool:
    """Return whether the server of this event loop buffers writes without backpressure, as daphne does."""
    return _loaded("daphne.server", "twisted_loop") is loop


def coalesce_writes(send: Any) -> None:
    """Coalesce writes if ``send`` is a bound method of the server's asyncio protocol (uvicorn).

    Under other servers every frame is written at once.
    """
    server = server_behind(send)
    transport = getattr(server, "transport", None)
    if transport is not None:
        vars(server)["transport"] = CoalescedWrites(transport)


@lru_cache(maxsize=1)
def text_frame(text: str) -> bytes:
    """Return the WebSocket frame of a text, as a server sends it: in one piece, without mask.

    The last one is kept, because an event goes to both people, one after the other.
    """
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


class FrameWriter:
    """Writes text frames to the transport of uvicorn's sans-IO protocol, where ``send`` would do no more than that.

    Its own way makes three coroutines and two objects for each frame, which was a twelfth of a busy server's time.
    """

    __slots__ = ("_conn", "_open", "_server")

    def __init__(self, server: Any) -> None:
        self._server = server
        self._conn = server.conn
        self._open = _loaded("websockets.protocol", "OPEN")

    def __call__(self, text: str) -> bool:
        """Write a frame and return True. Return False if ``send`` would wait, fail, compress or log: then call it."""
        server, conn = self._server, self._conn
        if (
            not server.writable.is_set()
            or conn.state is not self._open
            or conn.extensions
            or conn.debug
            or server.close_sent
            or server.disconnected
        ):
            return False
        try:
            frame = text_frame(text)
        except UnicodeEncodeError:
            return False
        server.transport.write(frame)
        return True


def frame_writer(send: Any) -> FrameWriter | None:
    """Return a writer if ``send`` is that of uvicorn's protocol ``websockets-sansio``, else ``None``."""
    server = server_behind(send)
    known = _loaded("uvicorn.protocols.websockets.websockets_sansio_impl", "WebSocketsSansIOProtocol")
    if type(server) is not known or not all(hasattr(server, name) for name in FRAME_WRITER_READS):
        return None
    return FrameWriter(server)


def precede_servers_handler(number: signal.Signals, handle: Callable[[Callable[[], None]], None]) -> None:
    """Call ``handle`` on this signal, in place of the server's own handler, which it is given to call later.

    A server may cut its connections in the same iteration of the event loop in which its handler runs. Does nothing
    under one that has no handler in Python.
    """
    servers_own: Callable[[int, FrameType | None], Any] | int | None = signal.getsignal(number)
    if callable(servers_own):
        own = servers_own
        signal.signal(number, lambda received, frame: handle(lambda: own(received, frame)))


def installed() -> list[str]:
    """Return the ASGI servers that are installed, with their versions."""
    return [_with_version(name) for name in KNOWN if find_spec(name)]


def lacks_websockets() -> bool:
    """Return whether the first server that is installed speaks no WebSocket, because a library for it is missing."""
    first = next((name for name in KNOWN if find_spec(name)), None)
    return first == "uvicorn" and not (find_spec("websockets") or find_spec("wsproto"))


def _with_version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return package
