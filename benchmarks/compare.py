"""Compare the server of several checkouts: deliveries per second of its processor time, in one run.

``python -m benchmarks.compare ../before .`` takes the first checkout as 1. Each checkout runs its own ``src`` and its
own ``benchmarks/site``, with this interpreter and a database of its own. They take turns, and every second round goes
in the other order, so that a machine that slows down slows down all of them.

``python -m benchmarks --against COMMIT`` does it with a checkout of that commit, for the rows that are about sending.
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

from .__main__ import _postgres, _prepare
from .contenders import PAIRCHAT, Place
from .rows import GENERATOR_LIMIT, generate
from .servers import ROOT, serving

DATABASES = ("postgres", "sqlite")
METRICS = "+metrics"
PAIRS = 50
FRAMES_PER_SECOND = 400
"""Frames that a socket has ready for each second of load."""


@dataclass
class Checkout:
    name: str
    root: Path
    environment: dict[str, str]
    places: list[Place]
    samples: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """What is measured in one table."""

    database: str
    in_flight: int


AGAINST = {
    "many_in_flight": Row("postgres", 200),
    "some_in_flight": Row("postgres", 50),
    "sqlite": Row("sqlite", 200),
}
"""What ``rows.COMPARABLE`` measure."""


def main() -> None:
    options = _options()
    rows = [Row(database, options.in_flight) for database in options.databases]
    _compare(rows, options.checkouts, options.rounds, options.seconds)


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
        with _checkouts(row.database, roots) as checkouts:
            share = _measure(checkouts, row.in_flight, rounds, seconds)
        print(_table(row, checkouts, share), flush=True)
        is_void |= share > GENERATOR_LIMIT
    if is_void:
        sys.exit("The load generator was measured, not the servers: void.")


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="benchmarks.compare", description=__doc__)
    parser.add_argument(
        "checkouts", nargs="+", help=f"folders with src and benchmarks, or those and {METRICS}; the first is 1"
    )
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--rounds", type=int, default=6, help="samples of each checkout")
    parser.add_argument("--seconds", type=float, default=3.0, help="of load per sample")
    parser.add_argument("--in-flight", type=int, default=200)
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
            if given.endswith(METRICS):
                environment["BENCH_METRICS"] = "1"
            places = _prepare(environment, "places", root=root)["places"]
            checkouts.append(Checkout(name, root, environment, [Place(**place) for place in places[: 2 * PAIRS]]))
        yield checkouts


def _measure(checkouts: list[Checkout], in_flight: int, rounds: int, seconds: float) -> float:
    """Take the samples. Return the largest share of a core that the load generator used."""
    share = 0.0
    for number in range(rounds):
        for checkout in checkouts if number % 2 == 0 else reversed(checkouts):
            with serving(PAIRCHAT, checkout.environment, root=checkout.root) as servers:
                result = generate(
                    PAIRCHAT,
                    servers,
                    checkout.places,
                    in_flight=in_flight,
                    seconds=seconds,
                    frames=int(FRAMES_PER_SECOND * seconds),
                )
            checkout.samples.append(result["deliveries_per_server_cpu_second"])
            checkout.wall.append(result["deliveries_per_second"])
            share = max(share, result["generator_cpu_share"])
    return share


def _table(row: Row, checkouts: list[Checkout], share: float) -> str:
    lines = [
        f"{row.database}, {row.in_flight} in flight: the generator used at most {share:.2f} of a core",
        "| checkout | deliveries per CPU s | ratio | of single rounds | deliveries per s | of single rounds |",
        "|---|---|---|---|---|---|",
    ]
    first = checkouts[0]
    for checkout in checkouts:
        each = median(checkout.samples)
        cells = [checkout.name, f"{each:.0f}", f"{each / median(first.samples):.3f}"]
        cells += [_ratios(checkout.samples, first.samples)]
        cells += [f"{median(checkout.wall):.0f}", _ratios(checkout.wall, first.wall)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _ratios(ours: list[float], theirs: list[float]) -> str:
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return f"{min(ratios):.3f} … {median(ratios):.3f} … {max(ratios):.3f}"


if __name__ == "__main__":
    main()
