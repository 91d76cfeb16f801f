"""``python -m benchmarks``: prepare the databases, measure, and write what was measured."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import report
from .rows import ROWS, Bench
from .servers import ROOT

DATABASE = "pairchat_bench"
REDIS = os.environ.get("PAIRCHAT_REDIS_URL") or "redis://127.0.0.1:6379/9"


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder, _postgres():
        environments = _environments(Path(folder))
        print("Preparing the databases …", flush=True)
        data = {name: _prepare(environments[name]) for name in ("postgres", "sqlite")}
        data["redis"] = data["postgres"]
        bench = Bench(
            environments,
            data,
            options.seconds,
            options.rounds,
            log=lambda line: print(line, flush=True),
            forget=lambda database: _forget(environments[database]),
        )
        results = []
        for name in options.rows:
            print(f"{name} …", flush=True)
            results.append(report.summary(ROWS[name](bench)))
    print(report.table(results))
    if options.write:
        _write(options.write, results)


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", default=list(ROWS), help=f"any of {', '.join(ROWS)}; all by default")
    parser.add_argument("--seconds", type=float, default=4.0, help="of load per sample")
    parser.add_argument("--rounds", type=int, default=5, help="samples of each contender")
    parser.add_argument("--write", type=Path, help="a folder for results.json, results.md and results.svg")
    options = parser.parse_args()
    unknown = set(options.rows) - set(ROWS)
    if unknown:
        parser.error(f"no such rows: {', '.join(sorted(unknown))}")
    return options


def _environments(folder: Path) -> dict[str, dict[str, str]]:
    return {
        "postgres": {"BENCH_DATABASE": DATABASE},
        "redis": {"BENCH_DATABASE": DATABASE, "BENCH_REDIS": REDIS},
        "sqlite": {"BENCH_SQLITE": str(folder / "bench.sqlite3")},
    }


@contextlib.contextmanager
def _postgres() -> Iterator[None]:
    """A database of our own, dropped afterwards."""
    _sql(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    _sql(f"CREATE DATABASE {DATABASE}")
    try:
        yield
    finally:
        _sql(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def _sql(statement: str) -> None:
    import psycopg

    where = {"host": os.environ.get("BENCH_HOST", "127.0.0.1"), "user": os.environ.get("BENCH_USER", "postgres")}
    with psycopg.connect(dbname="postgres", autocommit=True, **where) as connection:
        connection.execute(statement)


def _prepare(environment: dict[str, str]) -> dict[str, Any]:
    done = _run("benchmarks.data", environment)
    prepared: dict[str, Any] = json.loads(done)
    return prepared


def _forget(environment: dict[str, str]) -> None:
    _run("benchmarks.forget", environment)


def _run(module: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{module} failed:\n{done.stderr[-3000:]}")
    return done.stdout


def _write(folder: Path, results: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    machine = {"python": platform.python_version(), "system": platform.system(), "cores": os.cpu_count()}
    record = {"machine": machine, "results": results}
    (folder / "results.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    (folder / "results.md").write_text(report.table(results) + "\n")
    (folder / "results.svg").write_text(report.picture(results) + "\n")


if __name__ == "__main__":
    main()
