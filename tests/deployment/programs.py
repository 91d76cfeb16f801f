"""The servers of the guide as processes of the tests' own: its blocks, and their start."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.faults.machines import ROOT

GUIDE = ROOT / "docs" / "guides" / "deployment.md"
START_SECONDS = 10


def blocks(language: str) -> list[str]:
    """The texts that the guide gives in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)


def started(
    command: Sequence[object], log: Path, is_up: Callable[[], bool], **environment: str
) -> subprocess.Popen[Any]:
    """A process of this command, which writes into the log, as soon as it is up."""
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + START_SECONDS
    try:
        while not is_up():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, f"{command[0]} does not start"
            time.sleep(0.05)
    except BaseException:
        end(process)
        raise
    return process


def end(process: subprocess.Popen[Any]) -> None:
    process.terminate()
    process.wait(30)
