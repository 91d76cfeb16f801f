"""Runs a page of the documentation as a reader would, block by block, in an empty folder.

The convention for a page that is run:

* A ``console`` block holds commands behind ``$ ``; other lines show what is printed, and are not compared.
  The commands of all blocks run in one shell session: ``cd``, ``export`` and ``. .venv/bin/activate`` last.
  ``uvicorn …`` is started and left running; the page goes on when it answers.
* A block with ``:caption: path/of/file.py`` is added at the end of that file, which is made when it is not
  there. ``:caption: path/of/file.py (the whole file)`` replaces it. ``{literalinclude} file`` with such a caption is a
  block that holds the file, as the page shows it.
* Any other block is only shown.

Directives are written with backticks: three of them, ``{code-block} python``, the options, an empty line, and
the text.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

FENCED = re.compile(
    r"^(?P<fence>`{3,})\{(?P<directive>code-block|literalinclude)\} *(?P<argument>\S+)\n"
    r"(?P<options>(?::[\w-]+:[^\n]*\n)*)\n?"
    r"(?P<text>.*?)"
    r"^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
CAPTION = re.compile(r"^:caption: *(?P<path>\S+)(?P<whole> \(the whole file\))?$", re.MULTILINE)
START_SECONDS = 30


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    path: str | None
    whole_file: bool

    @property
    def commands(self) -> list[str]:
        return [line[2:] for line in self.text.splitlines() if line.startswith("$ ")]


def blocks(page: str, folder: Path | None = None) -> Iterator[Block]:
    """``folder`` is that of the page, for the files that it includes."""
    for found in FENCED.finditer(page):
        caption = CAPTION.search(found["options"])
        included = found["directive"] == "literalinclude"
        yield Block(
            language="" if included else found["argument"],
            text=((folder or Path()) / found["argument"]).read_text("utf-8") if included else found["text"],
            path=caption and caption["path"],
            whole_file=bool(caption and caption["whole"]),
        )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Reader:
    """Somebody who starts in ``folder`` and does what a page says."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self.environment = {**environment, "UVICORN_PORT": str(self.port)}
        self.server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.server:
            self.server.terminate()
            self.server.wait(START_SECONDS)

    def follow(self, page: str, folder: Path | None = None) -> None:
        for block in blocks(page, folder):
            if block.path:
                self.write(block.path, block.text, block.whole_file)
            elif block.language == "console":
                for command in block.commands:
                    self.run(command)

    def write(self, path: str, text: str, whole_file: bool) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        before = "" if whole_file or not target.exists() else target.read_text("utf-8") + "\n"
        target.write_text(before + text, "utf-8")

    def run(self, command: str) -> str:
        """Runs one command and takes over where it leaves the shell; returns what it printed."""
        if command.startswith("uvicorn "):
            self.serve(command)
            return ""
        state = self.folder / ".state-of-the-shell"
        script = f"set -e\n{command}\n{{ pwd; env -0; }} > '{state}'"
        ran = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"$ {command}\n{ran.stdout}"
        folder, variables = state.read_text("utf-8").split("\n", 1)
        state.unlink()
        self.folder = Path(folder)
        self.environment = dict(pair.split("=", 1) for pair in variables.split("\0") if "=" in pair)
        return ran.stdout

    def serve(self, command: str) -> None:
        log = self.folder / "server.log"
        with log.open("wb") as output:
            self.server = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                still_starting = self.server.poll() is None and time.monotonic() < deadline
                assert still_starting, f"$ {command}\n{log.read_text('utf-8')}"
                time.sleep(0.1)
            else:
                return


def outside_of_any_environment() -> dict[str, str]:
    """The variables of a person's fresh shell: without tox's, the test run's, or a virtual environment's."""
    leave_out = re.compile(r"^(TOX_|VIRTUAL_ENV|PYTHON|PYTEST|DJANGO_|PAIRCHAT_|COV_)")
    return {name: value for name, value in os.environ.items() if not leave_out.match(name)}
