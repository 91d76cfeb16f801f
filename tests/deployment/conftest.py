"""Three workers on Redis, and on PostgreSQL through PgBouncer, with nginx or Caddy before them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.machines import ROOT, Site, Workers

from .caddy import Caddy
from .nginx import Nginx
from .pgbouncer import PgBouncer


@pytest.fixture(scope="session")
def programs() -> None:
    """All that the guide configures is there; otherwise the tests are left out."""
    asked = subprocess.run(
        [
            sys.executable,
            ROOT / "tests" / "tools" / "reach.py",
            "postgres",
            "redis_server",
            "nginx",
            "caddy",
            "pgbouncer",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        reason = (asked.stdout or asked.stderr).strip()
        if os.environ.get("PAIRCHAT_REQUIRE") == "all":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def site(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("deployment")) as site:
        yield site


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nginx")
    # Its workers are another user where it is started by root.
    for place in (folder, *folder.parents[:2]):
        place.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def workers(site: Site, folder: Path) -> Iterator[Workers]:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.deployment.settings", "CHAT_FILES": str(folder / "chat-files")}
    with (
        PgBouncer(folder, site.database.proxied_url) as pool,
        site.workers(3, DATABASE_URL=pool.url, **settings) as workers,
    ):
        yield workers


@pytest.fixture(scope="session")
def nginx(folder: Path, workers: Workers) -> Iterator[Nginx]:
    with Nginx(folder, [worker.port for worker in workers]) as nginx:
        yield nginx


@pytest.fixture(scope="session")
def caddy(folder: Path, workers: Workers) -> Iterator[Caddy]:
    with Caddy(folder, [worker.port for worker in workers]) as caddy:
        yield caddy


@pytest.fixture(params=["nginx", "caddy"])
def proxy(request: pytest.FixtureRequest) -> Nginx | Caddy:
    """One of the servers that the guide configures."""
    chosen: Nginx | Caddy = request.getfixturevalue(request.param)
    return chosen
