"""The scripts of the test run: what the report says, and how a page of the documentation is read."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.docs.page import Reader, blocks
from tests.support import second_tries
from tests.tools import report

JUNIT = """<testsuites><testsuite>
<testcase name="a"/><testcase name="b"><failure/></testcase><testcase name="c"><skipped/></testcase>
</testsuite></testsuites>"""
PAGE = """
```{code-block} console
$ mkdir site && cd site
printed
$ export GREETING=hello
```

```{code-block} python
:caption: settings.py (the whole file)

A = 1
```

```python
shown = "only"
```

```{code-block} python
:caption: settings.py

B = 2
```

```{code-block} console
$ echo "$GREETING" > said.txt
```
"""


def outcome(state: str, results: list[Path] | None = None, reason: str = "") -> dict[str, object]:
    return {"state": state, "reason": reason, "seconds": 1, "results": list(map(str, results or []))}


@pytest.fixture
def junit(tmp_path: Path) -> Path:
    path = tmp_path / "tests.junit.xml"
    path.write_text(JUNIT, "utf-8")
    return path


def test_the_report_ends_with_the_totals_of_all_environments(junit: Path) -> None:
    outcomes = {"lint": outcome("passed"), "py311": outcome("failed", [junit]), "types": outcome("failed")}
    assert report.lines(outcomes)[-1] == "2 passed, 2 failed, 1 skipped"


def test_an_environment_that_failed_after_its_tests_had_passed_counts_as_a_failure(tmp_path: Path) -> None:
    passed = tmp_path / "tests.junit.xml"
    passed.write_text('<testsuite><testcase name="a"/></testsuite>', "utf-8")
    assert report.lines({"served": outcome("failed", [passed])})[-1] == "1 passed, 1 failed, 0 skipped"


def test_the_report_names_what_was_tried_again_and_counts_it_once(junit: Path) -> None:
    wrong = SimpleNamespace(reprcrash=SimpleNamespace(message="assert 1 == 2\n  where 1 = f()"))
    logged = SimpleNamespace(outcome="rerun", nodeid="tests/browser/test_rooms.py::test_a", longrepr=wrong)
    tries = second_tries.SecondTries(junit.with_name(second_tries.NAME))
    tries.pytest_runtest_logreport(cast("pytest.TestReport", logged))
    tries.pytest_runtest_logreport(cast("pytest.TestReport", SimpleNamespace(outcome="passed", nodeid="b")))
    tries.pytest_sessionfinish()
    junit.write_text('<testsuite><testcase name="a"/><testcase name="a"/><testcase name="b"/></testsuite>', "utf-8")
    printed = report.lines({"browser": outcome("passed", [junit])})
    assert "  browser  tests/browser/test_rooms.py::test_a\n             assert 1 == 2 where 1 = f()" in printed
    assert printed[-1] == "2 passed, 0 failed, 0 skipped"


def test_a_run_with_many_second_tries_fails(junit: Path, tmp_path: Path) -> None:
    def ends(tries: int) -> int:
        junit.with_name(second_tries.NAME).write_text("test_a\twrong\n" * tries, "utf-8")
        outcomes = tmp_path / "outcomes.json"
        outcomes.write_text(json.dumps({"browser": outcome("passed", [junit])}), "utf-8")
        return report.main(str(outcomes))

    assert (ends(report.MOST_SECOND_TRIES), ends(report.MOST_SECOND_TRIES + 1)) == (0, 1)


def test_the_report_says_how_to_have_what_was_left_out() -> None:
    printed = report.lines({"maria": outcome("left out", reason="no MariaDB: start one"), "lint": outcome("passed")})
    assert "  maria  no MariaDB: start one" in printed
    assert printed[-1] == "1 passed, 0 failed, 0 skipped"


@pytest.mark.parametrize(("required", "status"), [("", 0), ("all", 1)])
def test_what_was_left_out_fails_the_run_only_when_all_is_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, required: str, status: int
) -> None:
    monkeypatch.setenv("PAIRCHAT_REQUIRE", required)
    path = tmp_path / "outcomes.json"
    path.write_text('{"maria": {"state": "left out", "reason": "", "seconds": 0, "results": []}}', "utf-8")
    assert report.main(str(path)) == status


def test_a_page_is_followed_in_one_shell_session(tmp_path: Path) -> None:
    with Reader(tmp_path, {"PATH": "/usr/bin:/bin"}) as reader:
        reader.follow(PAGE)
    assert (tmp_path / "site" / "settings.py").read_text("utf-8") == "A = 1\n\nB = 2\n"
    assert (tmp_path / "site" / "said.txt").read_text("utf-8") == "hello\n"


def test_a_command_that_fails_says_what_it_printed(tmp_path: Path) -> None:
    with (
        Reader(tmp_path, {"PATH": "/usr/bin:/bin"}) as reader,
        pytest.raises(AssertionError, match="no such"),
    ):
        reader.run("echo no such thing >&2; false")


def test_what_is_only_shown_is_no_block() -> None:
    assert [block.language for block in blocks(PAGE)] == ["console", "python", "python", "console"]
