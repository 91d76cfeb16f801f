"""Servers under load: started on one core, watched, and ended."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from .contenders import Contender

ROOT = Path(__file__).resolve().parent.parent
SERVER_CORE = "0"
GENERATOR_CORE = "1"
START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pinned(core: str, *command: str) -> list[str]:
    return ["taskset", "-c", core, *command]


class Server:
    """One uvicorn process, in the folder of a checkout."""

    def __init__(self, contender: Contender, environment: dict[str, str], root: Path = ROOT) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "uvicorn", contender.application, "--port", str(self.port)]
        command += ["--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--log-level", "warning"]
        self.process = subprocess.Popen(
            pinned(SERVER_CORE, *command), cwd=root, env={**os.environ, **environment}, stdin=subprocess.DEVNULL
        )
        self.pid = self.process.pid

    def wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            if self.process.poll() is not None:
                raise RuntimeError(f"The server ended with {self.process.returncode} before it answered.")
            time.sleep(0.1)
        raise RuntimeError(f"No server on port {self.port} after {START_SECONDS} s.")

    def memory_kib(self) -> int:
        """Memory of the process alone, shared pages apart."""
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
        raise RuntimeError("The kernel does not tell the process's memory.")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def serving(
    contender: Contender, environment: dict[str, str], processes: int = 1, root: Path = ROOT
) -> Iterator[list[Server]]:
    servers = [Server(contender, environment, root) for _ in range(processes)]
    try:
        for server in servers:
            server.wait()
        yield servers
    finally:
        for server in servers:
            server.stop()
