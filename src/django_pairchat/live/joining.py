"""Fewer and larger writes: what a server writes to one socket within a turn of its event loop goes out as one."""

from __future__ import annotations

import asyncio
from typing import Any, Final

AT_ONCE_BYTES: Final = 65_536
"""As much as a transport keeps before it asks whoever writes to pause."""


class JoinedWrites:
    """Stands before the transport of one connection, and is that transport in everything else.

    What a batch of messages has for a socket becomes one system call, or two, instead of one for each frame: a fifth of
    a busy server's time went into those.
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
        # A client that has gone meanwhile is no error.
        if not self._transport.is_closing():
            self._transport.write(b"".join(parts))


def join_writes(send: Any) -> None:
    """Do so for the connection of this ``send``, where it is a method of the protocol that serves it, as in uvicorn.

    Under another server, or behind a middleware that stands between, everything is written as it comes.
    """
    server = getattr(send, "__self__", None)
    transport = getattr(server, "transport", None)
    if isinstance(server, asyncio.Protocol) and transport is not None:
        vars(server)["transport"] = JoinedWrites(transport)
