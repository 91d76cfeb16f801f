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
import time
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from . import report
from .rows import COMPARABLE, ROWS, Bench
from .servers import ROOT

DATABASE = "pairchat_bench"
REDIS = os.environ.get("PAIRCHAT_REDIS_URL") or "redis://127.0.0.1:6379/9"


def main() -> None:
    options = _options()
    if options.against:
        # It imports this module.
        from . import compare

        compare.against(options.against, options.rows, options.rounds, options.seconds)
        return
    with tempfile.TemporaryDirectory() as folder, _postgres():
        environments = _environments(Path(folder))
        print("Preparing the databases …", flush=True)
        bench = Bench(
            environments,
            _prepared(environments, options.rows),
            options.seconds,
            options.rounds,
            log=lambda line: print(line, flush=True),
            forget=lambda database: _forget(environments[database]),
        )
        results: list[report.Result] = []
        for name in options.rows:
            print(f"{name} …", flush=True)
            results.append(_result(name, bench))
            # After each row, so that half an hour is not lost with the last of them.
            if options.write:
                _write(options.write, results)
    print(report.table(results))
    if any(result["verdict"] in ("failed", "void") for result in results):
        sys.exit(1)


def _result(name: str, bench: Bench) -> report.Result:
    try:
        return report.summary(ROWS[name](bench))
    except Exception as error:  # noqa: BLE001 - the other rows are measured all the same
        print(f"  failed: {error}", flush=True)
        return report.failure(name, error)


def _prepared(environments: dict[str, dict[str, str]], rows: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What these rows need in the databases."""
    reading = {"long_room", "large_inbox"} & set(rows)
    data = {"postgres": _prepare(environments["postgres"], "places", *(["reading"] if reading else []))}
    data["redis"] = data["postgres"]
    if "sqlite" in rows:
        data["sqlite"] = _prepare(environments["sqlite"], "places")
    return data


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", help=f"any of {', '.join(ROWS)}; all by default")
    parser.add_argument("--seconds", type=float, default=4.0, help="of load per sample")
    parser.add_argument("--rounds", type=int, default=5, help="samples of each contender")
    parser.add_argument("--against", metavar="COMMIT", help=f"compare with it: {', '.join(COMPARABLE)}")
    parser.add_argument("--write", type=Path, help="a folder for results.json, results.svg, results.md and host.md")
    options = parser.parse_args()
    possible = COMPARABLE if options.against else tuple(ROWS)
    options.rows = options.rows or list(possible)
    unknown = set(options.rows) - set(possible)
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
def _postgres(name: str = DATABASE) -> Iterator[str]:
    """A database of our own, dropped afterwards."""
    _sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    _sql(f"CREATE DATABASE {name}")
    try:
        yield name
    finally:
        _sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _sql(statement: str) -> None:
    import psycopg

    where = {"host": os.environ.get("BENCH_HOST", "127.0.0.1"), "user": os.environ.get("BENCH_USER", "postgres")}
    with psycopg.connect(dbname="postgres", autocommit=True, **where) as connection:
        connection.execute(statement)


def _prepare(environment: dict[str, str], *parts: str, root: Path = ROOT) -> dict[str, Any]:
    done = _run("benchmarks.data", environment, *parts, root=root)
    prepared: dict[str, Any] = json.loads(done)
    return prepared


def _forget(environment: dict[str, str]) -> None:
    _run("benchmarks.forget", environment)


def _run(module: str, environment: dict[str, str], *arguments: str, root: Path = ROOT) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, **environment},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{module} failed:\n{done.stderr[-3000:]}")
    return done.stdout


def _write(folder: Path, results: list[report.Result]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    record = {"on": _surroundings(), "results": results}
    (folder / "results.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    (folder / "host.md").write_text(report.host_table(results) + "\n")
    (folder / "results.md").write_text(report.table(results) + "\n")
    (folder / "results.svg").write_text(report.picture(results) + "\n")


def _surroundings() -> dict[str, Any]:
    packages = ("Django", "channels", "channels_redis", "psycopg", "uvicorn", "websockets", "django-private-chat2")
    return {
        "day": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "processor": _processor(),
        **{package: _version(package) for package in packages},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    main()
