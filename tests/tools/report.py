"""Says at the end of a test run what ran and what was left out: ``python report.py .tox/outcomes.json``.

Exits with 1 when anything was left out although ``PAIRCHAT_REQUIRE=all``, and when more tests than a busy machine
explains passed only at their second try. The last line has the totals; an
environment that runs no tests of its own (lint, types, …) counts as one.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

SECOND_TRIES = "second-tries.txt"
# Of 20 000 tests, a whole run on two cores had one or none. More are a fault, of the product or of the tests.
MOST_SECOND_TRIES = 6
TOTALS = ("passed", "failed", "skipped")


def totals(outcome: dict[str, Any]) -> Counter[str]:
    """How many tests of one environment passed, failed and were skipped."""
    if outcome["state"] == "left out":
        return Counter()
    counted: Counter[str] = Counter()
    for path in outcome["results"]:
        for case in ET.parse(path).iter("testcase"):
            counted[_result(case)] += 1
    if again := len(second_tries(outcome)):
        # The results hold each first try as if it had passed.
        counted["passed"] -= again
    if not counted or (outcome["state"] == "failed" and not counted["failed"]):
        counted[outcome["state"]] += 1
    return counted


def _result(case: ET.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "passed" if case.find("skipped") is None else "skipped"


def second_tries(outcome: dict[str, Any]) -> list[str]:
    """The tests of one environment that were tried again, each with what was wrong at first."""
    paths = [Path(path).with_name(SECOND_TRIES) for path in outcome["results"]]
    return [name for path in paths if path.exists() for name in path.read_text("utf-8").splitlines()]


def _in_words(counted: Counter[str]) -> str:
    return ", ".join(f"{counted[name]} {name}" for name in TOTALS if counted[name])


def lines(outcomes: dict[str, dict[str, Any]]) -> list[str]:
    width = max(map(len, outcomes), default=0)
    ran = {name: outcome for name, outcome in outcomes.items() if outcome["state"] != "left out"}
    left_out = {name: outcome for name, outcome in outcomes.items() if outcome["state"] == "left out"}
    page = ["", "What ran:"]
    for name, outcome in ran.items():
        details = outcome["reason"] or _in_words(totals(outcome))
        page.append(f"  {name:{width}}  {outcome['state']:6}  {outcome['seconds']:4} s  {details}")
    if again := [(name, *tried.split("\t")) for name, outcome in ran.items() for tried in second_tries(outcome)]:
        page += ["", "What was tried a second time, and what was wrong at first:"]
        page += [f"  {name:{width}}  {test}\n  {'':{width}}    {wrong}" for name, test, wrong in again]
    if len(again) > MOST_SECOND_TRIES:
        page += ["", f"More than {MOST_SECOND_TRIES} second tries are no accident: this run has failed."]
    if left_out:
        page += ["", "What was left out, and how to have it:"]
        page += [f"  {name:{width}}  {outcome['reason']}" for name, outcome in left_out.items()]
        page += ["", "With PAIRCHAT_REQUIRE=all in the environment, anything left out is a failure."]
    summed = sum(map(totals, outcomes.values()), Counter())
    return [*page, "", ", ".join(f"{summed[name]} {name}" for name in TOTALS)]


def main(path: str) -> int:
    outcomes = json.loads(Path(path).read_text("utf-8"))
    print("\n".join(lines(outcomes)))
    incomplete = any(outcome["state"] == "left out" for outcome in outcomes.values())
    unsteady = sum(len(second_tries(outcome)) for outcome in outcomes.values()) > MOST_SECOND_TRIES
    return int(unsteady or (incomplete and os.environ.get("PAIRCHAT_REQUIRE") == "all"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
