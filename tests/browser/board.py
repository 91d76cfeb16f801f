"""A served board of the tests' own, which they may stop and start again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2] / "example_project"
START_SECONDS = 30
STOP_SECONDS = 20
# Far above what a test sends, so that only the tests of the limits meet them.
RATES = {"PAIRCHAT_SENDS_PER_MINUTE": "6000", "PAIRCHAT_SEND_BURST": "1000", "PAIRCHAT_SOCKETS_PER_USER": "50"}


class Board:
    """The example project under uvicorn, on a database in a scratch folder unless ``DATABASE_URL`` names one.

    ``changes`` is what another host has in its settings, as Python.
    """

    def __init__(self, folder: Path, changes: str = "") -> None:
        (folder / "changed_settings.py").write_text(f"from board_site.settings import *\n{changes}\n", "utf-8")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self.environment = {
            "DATABASE_URL": f"sqlite:///{folder / 'board.sqlite3'}",
            **os.environ,
            **RATES,
            "DJANGO_SETTINGS_MODULE": "changed_settings",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")])),
            "PYTHONUNBUFFERED": "1",
        }
        self.process: subprocess.Popen[bytes] | None = None
        for command in ("migrate", "fill_demo"):
            self.manage(command, "--verbosity", "0")

    def manage(self, *arguments: str) -> None:
        """One of the project's management commands, on the board's database."""
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=PROJECT, env=self.environment, stdout=subprocess.DEVNULL, check=True)

    def start(self) -> None:
        options = ["--ws", "websockets-sansio", "--timeout-graceful-shutdown", "5"]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "uvicorn", "board_site.asgi:application", "--port", str(self.port), *options],
                cwd=PROJECT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self.process.poll() is None, self.log.read_text("utf-8")
            assert time.monotonic() < deadline, self.log.read_text("utf-8")
            time.sleep(0.1)

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/accounts/login/", timeout=5).close()
        except OSError:
            return False
        return True
