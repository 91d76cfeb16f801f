"""Programs for Node, which are told what to do and tell what they see, a line of JSON each."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "src/django_pairchat/static/pairchat/pairchat-client.js"
NODE_WITH_SOCKETS = 22
PATIENCE_SECONDS = 40


def required(found: bool, missing: str) -> None:
    """Leave a test out where this is missing, unless everything is required."""
    if not found and os.environ.get("PAIRCHAT_REQUIRE") == "all":
        raise AssertionError(missing)
    if not found:
        pytest.skip(missing)


def node() -> str:
    """The executable itself: some installations have a script before it, and what kills that leaves Node alive."""
    said = subprocess.run(["node", "-p", "process.execPath"], capture_output=True, text=True, check=True).stdout
    return said.strip()


def node_version() -> int:
    """The first number of it, 0 without Node."""
    if not shutil.which("node"):
        return 0
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.lstrip("v").split(".")[0])


class Program:
    """A program with the client of this checkout, in a process of its own."""

    def __init__(self, script: Path, arguments: Sequence[object], **environment: str) -> None:
        required(node_version() >= NODE_WITH_SOCKETS, "Node 22, the first one with a WebSocket of its own")
        self.process = subprocess.Popen(
            [node(), str(script), *map(str, arguments)],
            env={**os.environ, "PAIRCHAT_CLIENT": CLIENT.as_uri(), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.said: list[dict[str, Any]] = []
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def do(self, act: str, value: object = None) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([act, value]) + "\n")
        self.process.stdin.flush()

    def hear(self, **expected: object) -> dict[str, Any]:
        """The next thing that it says with these fields; a problem fails the test."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                news = json.loads(self._lines.get(timeout=max(0.01, deadline - time.monotonic())))
            except queue.Empty:
                raise TimeoutError(f"{expected} was not said, but {self.said[-5:]}") from None
            self.said.append(news)
            assert "problem" not in news, news
            if all(news.get(key) == value for key, value in expected.items()):
                return dict(news)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
