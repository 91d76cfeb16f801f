"""Says at the end of a test run what ran and what was left out: ``python report.py .tox/outcomes.json``.

Exits with 1 when anything was left out although ``PAIRCHAT_REQUIRE=all``. The last line has the totals; an
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

TOTALS = ("passed", "failed", "skipped")


def totals(outcome: dict[str, Any]) -> Counter[str]:
    """How many tests of one environment passed, failed and were skipped."""
    if outcome["state"] == "left out":
        return Counter()
    counted: Counter[str] = Counter()
    for path in outcome["results"]:
        for case in ET.parse(path).iter("testcase"):
            counted[_result(case)] += 1
    if not counted or (outcome["state"] == "failed" and not counted["failed"]):
        counted[outcome["state"]] += 1
    return counted


def _result(case: ET.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "passed" if case.find("skipped") is None else "skipped"


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
    return int(incomplete and os.environ.get("PAIRCHAT_REQUIRE") == "all")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
