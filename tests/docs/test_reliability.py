"""The page on reliability names tests that are there, and leaves out no fault and no race."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
PAGE = (ROOT / "docs" / "guides" / "reliability.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+\.py::\w+)`", PAGE)))
# They try the tests themselves.
OF_THE_TOOLS = {
    "faults/test_schedules.py::test_a_seed_plans_the_same_faults_and_the_same_acts_for_whoever_comes",
    "faults/test_schedules.py::test_a_schedule_as_long_as_in_ci_has_nearly_every_fault_of_its_kind",
}


def names_of_tests(path: Path) -> set[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = ast.parse(path.read_text("utf-8")).body
    return {each.name for each in found if isinstance(each, functions) and each.name.startswith("test_")}


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_is_named_is_there(name: str) -> None:
    path, function = name.split("::")
    assert function in names_of_tests(TESTS / path)


@pytest.mark.parametrize("folder", ["faults", "races"])
def test_every_fault_and_every_race_is_named(folder: str) -> None:
    there = {
        f"{folder}/{path.name}::{function}"
        for path in (TESTS / folder).glob("test_*.py")
        for function in names_of_tests(path)
    }
    assert there - OF_THE_TOOLS - set(NAMED) == set()


def test_each_row_of_a_table_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.endswith("| test |")]
    assert len(rows) > 50
    assert [row for row in rows if not re.search(r"\.py::\w+` \|$", row)] == []
