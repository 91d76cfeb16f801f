"""Compare the server of several checkouts in one run, above all by its processor time.

``python -m benchmarks.compare ../before .`` takes the first checkout as 1. Each checkout runs its own ``src`` and its
own ``benchmarks/site``, with this interpreter and a database of its own. They take turns, and every second round goes
in the other order, so that a machine that slows down slows down all of them.

``python -m benchmarks --against COMMIT`` does it with a checkout of that commit.
``python -m benchmarks.compare . .+metrics`` compares a checkout with itself, with the metrics for Prometheus on.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from . import samples
from .__main__ import REDIS, _postgres, _prepare
from .contenders import Place
from .rows import COMPARABLE
from .samples import Found, Sample, Void
from .servers import ROOT

METRICS = "+metrics"


@dataclass
class Checkout:
    name: str
    root: Path
    environment: dict[str, str]
    places: list[Place]
    has_pages: bool = False
    found: list[Found] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """What is measured in one table. The database is ``postgres``, ``sqlite``, or ``redis``: PostgreSQL with that."""

    title: str
    database: str
    sample: Sample


AGAINST = {
    "many_in_flight": Row("PostgreSQL, 200 in flight", "postgres", samples.sends(200)),
    "some_in_flight": Row("PostgreSQL, 50 in flight", "postgres", samples.sends(50)),
    "sqlite": Row("SQLite, 200 in flight", "sqlite", samples.sends(200)),
    "two_processes": Row("Two processes, every delivery crossing", "redis", samples.sends(200, processes=2)),
    "spread": Row("Two processes, people spread at random", "redis", samples.sends(200, processes=2, spread=True)),
    "latency": Row("One in flight", "postgres", samples.latency),
    "connects": Row("Connects", "postgres", samples.connects),
    "memory": Row("Idle connections", "postgres", samples.memory),
    "bystander": Row("A third process, whose people take no part", "redis", samples.bystander),
    "pages": Row("Pages", "postgres", samples.pages),
}
"""The rows that ``rows.COMPARABLE`` names."""


def main() -> None:
    options = _options()
    _compare([AGAINST[name] for name in options.rows], options.checkouts, options.rounds, options.seconds)


def against(commit: str, names: list[str], rounds: int, seconds: float) -> None:
    """Compare this checkout with an earlier commit in these rows."""
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / commit.replace("/", "-")
        _git("worktree", "add", "--quiet", "--detach", str(before), commit)
        try:
            _compare([AGAINST[name] for name in names], [str(before), str(ROOT)], rounds, seconds)
        finally:
            _git("worktree", "remove", "--force", str(before))


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=ROOT, check=True)


def _compare(rows: list[Row], roots: list[str], rounds: int, seconds: float) -> None:
    is_void = False
    for row in rows:
        try:
            with _checkouts(row.database, roots) as checkouts:
                _measure(row, checkouts, rounds, seconds)
            print(_table(row, checkouts), flush=True)
        except Void as void:
            is_void = True
            print(f"{row.title}: void. {void}", flush=True)
    if is_void:
        sys.exit(1)


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="benchmarks.compare", description=__doc__)
    parser.add_argument(
        "checkouts", nargs="+", help=f"folders with src and benchmarks, or those and {METRICS}; the first is 1"
    )
    parser.add_argument("--only", dest="rows", nargs="+", choices=COMPARABLE, default=COMPARABLE, help="these rows")
    parser.add_argument("--rounds", type=int, default=6, help="samples of each checkout")
    parser.add_argument("--seconds", type=float, default=3.0, help="of load per sample")
    return parser.parse_args()


@contextlib.contextmanager
def _checkouts(database: str, roots: list[str]) -> Iterator[list[Checkout]]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        checkouts = []
        for number, given in enumerate(roots):
            root = Path(given.removesuffix(METRICS)).resolve()
            name = root.name + METRICS * given.endswith(METRICS)
            environment = {"PYTHONPATH": os.pathsep.join([str(root), str(root / "src")])}
            if database == "sqlite":
                environment["BENCH_SQLITE"] = str(folder / f"{number}.sqlite3")
            else:
                environment["BENCH_DATABASE"] = stack.enter_context(_postgres(f"pairchat_compare_{number}"))
            if database == "redis":
                environment["BENCH_REDIS"] = REDIS
            if given.endswith(METRICS):
                environment["BENCH_METRICS"] = "1"
            places = _prepare(environment, "places", root=root)["places"]
            checkouts.append(Checkout(name, root, environment, [Place(**place) for place in places]))
        yield checkouts


def _measure(row: Row, checkouts: list[Checkout], rounds: int, seconds: float) -> None:
    for number in range(rounds):
        for checkout in checkouts if number % 2 == 0 else reversed(checkouts):
            checkout.found.append(row.sample(checkout, seconds))


def _table(row: Row, checkouts: list[Checkout]) -> str:
    names = list(checkouts[0].found[0])
    head = ["checkout", *(cell for name in names for cell in (name, "ratio", "of single rounds"))]
    lines = [row.title, f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for checkout in checkouts:
        cells = [checkout.name]
        for name in names:
            mine, first = _each(checkout, name), _each(checkouts[0], name)
            cells += [f"{median(mine):.4g}", f"{median(mine) / median(first):.3f}", _ratios(mine, first)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _each(checkout: Checkout, name: str) -> list[float]:
    return [found[name] for found in checkout.found]


def _ratios(ours: list[float], theirs: list[float]) -> str:
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True) if other]
    return f"{min(ratios):.3f} … {median(ratios):.3f} … {max(ratios):.3f}"


if __name__ == "__main__":
    main()
