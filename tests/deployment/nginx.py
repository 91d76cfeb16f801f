"""nginx as a process of the tests' own, configured with the blocks of the guide."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.faults.machines import Process, free_port
from tests.tools.reach import program

from .programs import START_SECONDS, blocks, end, started

TYPES = "types {\n    text/css css;\n    text/javascript js;\n    image/svg+xml svg;\n    image/png png;\n}\n"
"""What the server's own nginx.conf includes."""


@dataclass
class Front:
    """What a client of the tests takes for a worker: the address of nginx."""

    port: int
    process: Process
    tls: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/pairchat/"

    @property
    def running(self) -> Process:
        return self.process


class Nginx:
    """The guide's server, run by the user of the tests, on a port with TLS and one without; only ports, folders and
    the certificate are others than on the page."""

    def __init__(self, folder: Path, ports: Sequence[int], *, http2: bool = False) -> None:
        self.folder = folder
        self._options = "ssl http2" if http2 else "ssl"
        self.plain, self.tls = free_port(), free_port()
        self._ports = ports

    def __enter__(self) -> Self:
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        self._file = self.folder / "nginx.conf"
        self._file.write_text(self._configuration(key, certificate))
        process = started(self._command, self.folder / "start.log", (self.folder / "nginx.pid").exists)
        self.front = Front(self.plain, Process(process, disturbed=True))
        return self

    def __exit__(self, *exception: object) -> None:
        end(self.front.process.popen)

    @property
    def _command(self) -> list[object]:
        return [program("nginx"), "-p", self.folder, "-c", self._file, "-e", "stderr"]

    def processes(self) -> set[str]:
        """The worker processes of nginx, old ones that still have sockets included."""
        pid = self.front.process.popen.pid
        return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())

    def reload(self) -> None:
        """What the guide says to do after a change of the configuration; returns when a new process has begun."""
        before = self.processes()
        subprocess.run([str(word) for word in (*self._command, "-s", "reload")], check=True, capture_output=True)
        deadline = time.monotonic() + START_SECONDS
        while not self.processes() - before:
            assert time.monotonic() < deadline, "nginx does not reload"
            time.sleep(0.02)

    def let_old_processes_end_after(self, seconds: int) -> None:
        """Another time than the guide's, from the next reload on."""
        given, times = re.subn(
            r"^worker_shutdown_timeout \S+;$",
            f"worker_shutdown_timeout {seconds}s;",
            self._file.read_text(),
            flags=re.MULTILINE,
        )
        assert times == 1
        self._file.write_text(given)

    def _configuration(self, key: Path, certificate: Path) -> str:
        site, outside, files = blocks("nginx")
        server = re.compile(r"^ *server 127\.0\.0\.1:8000(.*)\n", re.MULTILINE)
        [options] = server.findall(site)
        upstream = "".join(f"    server 127.0.0.1:{port}{options}\n" for port in self._ports)
        site = server.sub(upstream, re.sub(r"^ *server 127\.0\.0\.1:8001.*\n", "", site, flags=re.MULTILINE))
        site = site.replace(
            "listen 443 ssl;", f"listen 127.0.0.1:{self.tls} {self._options}; listen 127.0.0.1:{self.plain};"
        )
        for name, own in (("fullchain", certificate), ("privkey", key)):
            site, times = re.subn(rf"/etc/letsencrypt/\S+/{name}\.pem", str(own), site)
            assert times == 1
        inside = site.rstrip().removesuffix("}") + files + "}\n"
        temporary = "".join(
            f"{kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.geteuid() == 0 else ""
        return (
            f"{user}\ndaemon off;\nworker_processes 1;\n{outside}"
            f"pid {self.folder}/nginx.pid;\nerror_log {self.folder}/error.log;\n"
            f"events {{}}\nhttp {{\naccess_log {self.folder}/access.log;\n{temporary}{TYPES}"
            f"{inside.replace('/srv/shop', str(self.folder))}}}\n"
        )

    def broken_promises(self) -> list[str]:
        """The requests that were answered with 502, which the guide rules out."""
        lines = (self.folder / "access.log").read_text().splitlines()
        return [line for line in lines if '" 502 ' in line]
