"""Pages of another origin, served beside a host, and an app without a page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.node import CLIENT, ROOT, Program

from .served import Host

EXAMPLES = ROOT / "examples"
# Pinned in examples/react; a run may have them elsewhere.
REACT_PACKAGES = Path(os.environ.get("PAIRCHAT_REACT_PACKAGES") or EXAMPLES / "react/node_modules")


def build_react_page(folder: Path, site: str) -> Path:
    """Build a page with React that goes to this site. Returns the folder of what a browser gets."""
    (folder / "node_modules").symlink_to(REACT_PACKAGES, target_is_directory=True)
    vite = ["node", "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"]
    subprocess.run(vite, cwd=folder, env={**os.environ, "VITE_SITE": site}, check=True)
    return folder / "dist"


def allauth_page(host: Host, folder: Path) -> Path:
    """The folder of ``examples/headless-allauth``, with what lies beside it."""
    page = folder / "page"
    shutil.copytree(EXAMPLES / "headless-allauth", page)
    shutil.copy(CLIENT, page)
    (page / "site.js").write_text(f"export const SITE = {json.dumps(host.url)};\n")
    return page


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        pass


@contextmanager
def on_the_other_origin(front_end: str, folder: Path) -> Iterator[str]:
    """The address at which the files of a folder are served, which is the one that the host has allowed."""
    port = urlsplit(front_end).port or 0
    with ThreadingHTTPServer(("localhost", port), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield front_end
        finally:
            server.shutdown()


class App(Program):
    """``examples/node`` in a process of its own."""

    def __init__(self, host: Host, name: str, password: str, folder: Path) -> None:
        super().__init__(EXAMPLES / "node/app.mjs", [host.url, name, password, folder])
