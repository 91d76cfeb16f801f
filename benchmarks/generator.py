"""The load: a process of its own on a core of its own, with frames encoded before the clock starts.

Reads one JSON job from standard input and prints one JSON result.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def client_frame(text: str) -> bytes:
    """A text frame as a client sends it; the mask is zero, which leaves the payload as it is."""
    payload = text.encode()
    size = len(payload)
    header = bytes([0x81, 0x80 | size]) if size < 126 else bytes([0x81, 0xFE]) + size.to_bytes(2, "big")
    return header + bytes(4) + payload


class Socket(asyncio.Protocol):
    """As little of RFC 6455 as a client needs that trusts its server."""

    def __init__(self, handshake: bytes, on_text: Callable[[Socket, bytes], None]) -> None:
        self.handshake = handshake
        self.on_text = on_text
        self.buffer = b""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.frames: list[bytes] = []
        self.mark = b""
        self.sent_at: list[float] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self.handshake)

    def connection_lost(self, error: Exception | None) -> None:
        for future in (self.opened, self.greeted):
            if not future.done():
                future.set_exception(ConnectionError("The server closed the socket."))
                future.exception()

    def data_received(self, data: bytes) -> None:
        data = self.buffer + data if self.buffer else data
        place = 0
        if not self.opened.done():
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self.buffer = data
                return
            if not data.startswith(b"HTTP/1.1 101"):
                self.opened.set_exception(ConnectionError(data[:200].decode(errors="replace")))
                return
            self.opened.set_result(None)
            place = end + 4
        total = len(data)
        while total - place >= 2:
            size, start = data[place + 1], place + 2
            if size == 126:
                size, start = int.from_bytes(data[place + 2 : place + 4], "big"), place + 4
            elif size == 127:
                size, start = int.from_bytes(data[place + 2 : place + 10], "big"), place + 10
            if start + size > total:
                break
            if data[place] == 0x81:
                self.on_text(self, data[start : start + size])
            elif data[place] == 0x89:
                self.transport.write(bytes([0x8A, 0x80]) + bytes(4))
            place = start + size
        self.buffer = data[place:]


class Load:
    """Keeps a number of sends in flight on every socket, for a time."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.answer = job["answer"].encode() if job["answer"] else None
        self.delivery = job["delivery"].encode()
        self.answers = 0
        self.deliveries = 0
        self.latencies: list[float] = []
        self.running = False

    def on_text(self, socket: Socket, text: bytes) -> None:
        if not socket.greeted.done():
            socket.greeted.set_result(None)
        is_delivery = text.startswith(self.delivery)
        if is_delivery:
            self.deliveries += 1
        answered = text.startswith(self.answer) if self.answer else is_delivery
        if answered and not self.job["answers_sender_alone"]:
            answered = socket.mark in text
        if answered and self.running:
            self.answers += 1
            self.latencies.append(time.perf_counter() - socket.sent_at.pop(0))
            self.send(socket)

    def send(self, socket: Socket) -> None:
        if socket.frames:
            socket.sent_at.append(time.perf_counter())
            socket.transport.write(socket.frames.pop())

    async def connect(self) -> list[Socket]:
        gate = asyncio.Semaphore(100)

        async def one(spec: dict[str, Any]) -> Socket:
            async with gate:
                socket = await open_socket(spec, self.on_text)
                if self.job["greeting"]:
                    await socket.greeted
                return socket

        return list(await asyncio.gather(*(one(spec) for spec in self.job["sockets"])))

    async def run(self) -> dict[str, Any]:
        started = time.perf_counter()
        sockets = await self.connect()
        connected = time.perf_counter() - started
        if self.job["seconds"] == 0:
            await asyncio.sleep(self.job.get("idle", 0))
            return {"sockets": len(sockets), "connect_seconds": connected}
        await asyncio.sleep(1)
        for socket, spec in zip(sockets, self.job["sockets"], strict=True):
            socket.frames = [client_frame(text) for text in spec["frames"]]
            socket.mark = spec["mark"].encode()
        self.deliveries = 0
        cpu, started = time.process_time(), time.perf_counter()
        server = cpu_of(self.job["server_pids"])
        self.running = True
        for index in range(self.job["in_flight"]):
            self.send(sockets[index % len(sockets)])
        await asyncio.sleep(self.job["seconds"])
        elapsed = time.perf_counter() - started
        self.running = False
        latencies = sorted(self.latencies) or [0.0]
        return {
            "answers_per_second": self.answers / elapsed,
            "deliveries_per_second": self.deliveries / elapsed,
            "deliveries_per_server_cpu_second": self.deliveries / max(0.01, cpu_of(self.job["server_pids"]) - server),
            "generator_cpu_share": (time.process_time() - cpu) / elapsed,
            "latency_p50_ms": 1000 * latencies[len(latencies) // 2],
            "latency_p99_ms": 1000 * latencies[int(len(latencies) * 0.99)],
            "ran_dry": any(not socket.frames for socket in sockets),
        }


def cpu_of(pids: list[int]) -> float:
    """Seconds of processor time these processes have used."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def open_socket(spec: dict[str, Any], on_text: Callable[[Socket, bytes], None]) -> Socket:
    lines = [
        f"GET {spec['path']} HTTP/1.1",
        f"Host: 127.0.0.1:{spec['port']}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        f"Origin: http://127.0.0.1:{spec['port']}",
        f"Cookie: sessionid={spec['session']}",
    ]
    if spec["subprotocol"]:
        lines.append(f"Sec-WebSocket-Protocol: {spec['subprotocol']}")
    handshake = ("\r\n".join(lines) + "\r\n\r\n").encode()
    loop = asyncio.get_running_loop()
    _transport, socket = await loop.create_connection(lambda: Socket(handshake, on_text), "127.0.0.1", spec["port"])
    await socket.opened
    return socket


def main() -> None:
    import uvloop

    result = uvloop.run(Load(json.load(sys.stdin)).run())
    print(json.dumps(result))


if __name__ == "__main__":
    main()
