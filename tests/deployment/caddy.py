"""Caddy as a process of the tests' own, configured with the block of the guide."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.faults.machines import Process, free_port
from tests.tools.reach import program

from .nginx import Front
from .programs import blocks, end, started


class Caddy:
    """The guide's server on a port without TLS; only the address, the ports and the log are others than on the page."""

    def __init__(self, folder: Path, ports: Sequence[int]) -> None:
        self._folder = folder
        self._ports = ports
        self._port = free_port()

    def __enter__(self) -> Self:
        configuration = self._folder / "Caddyfile"
        configuration.write_text(self._configuration())
        log = self._folder / "caddy.log"
        process = started(
            [program("caddy"), "run", "--config", configuration, "--adapter", "caddyfile"],
            log,
            lambda: "serving initial configuration" in log.read_text(),
            XDG_DATA_HOME=str(self._folder),
            XDG_CONFIG_HOME=str(self._folder),
        )
        self.front = Front(self._port, Process(process, disturbed=True))
        return self

    def __exit__(self, *exception: object) -> None:
        end(self.front.process.popen)

    def _configuration(self) -> str:
        [block] = blocks("caddy")
        processes = " ".join(f"127.0.0.1:{port}" for port in self._ports)
        assert block.count("127.0.0.1:8000 127.0.0.1:8001") == 2
        block = block.replace("127.0.0.1:8000 127.0.0.1:8001", processes)
        assert "shop.example {" in block
        block = block.replace(
            "shop.example {", f"http://127.0.0.1:{self._port} {{\n    log {{\n        output stdout\n    }}"
        )
        return f"{{\n    admin off\n    auto_https off\n}}\n{block}"

    def broken_promises(self) -> list[str]:
        """The reading requests that were answered with 502, which the guide rules out. It does not for others."""
        lines = (self._folder / "caddy.log").read_text().splitlines()
        entries = [json.loads(line) for line in lines]
        return [
            line
            for line, entry in zip(lines, entries, strict=True)
            if entry.get("status") == 502 and entry["request"]["method"] in ("GET", "HEAD")
        ]
