"""A plugin of pytest that writes down which tests needed a second try, beside the results: ``second-tries.txt``.

On a busy machine a page or a server may be late for its test, which is then tried once more. A line has the test and,
after a tab, what was wrong at first: the report at the end of a run shows both, and allows only a few.
"""

from __future__ import annotations

from pathlib import Path

import pytest

NAME = "second-tries.txt"
MOST_CHARACTERS = 160


class SecondTries:
    """Collects the tests that are tried again, each with what was wrong, and writes them when the run ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # What pytest-rerunfailures calls a try that is not the last.
        if str(report.outcome) == "rerun":
            crash = getattr(report.longrepr, "reprcrash", None)
            wrong = " ".join(crash.message.split())[:MOST_CHARACTERS] if crash else "see what the environment printed"
            self._lines.append(f"{report.nodeid}\t{wrong}\n")

    def pytest_sessionfinish(self) -> None:
        self._path.write_text("".join(self._lines), "utf-8")


def pytest_configure(config: pytest.Config) -> None:
    # Workers of xdist report to the process that keeps the results.
    if config.option.xmlpath and not hasattr(config, "workerinput"):
        config.pluginmanager.register(SecondTries(Path(config.option.xmlpath).with_name(NAME)))
