"""Cases of the rules that server and browser client both implement; ``node --test`` runs the same files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def cases(name: str) -> list[Any]:
    """Return the cases of ``tests/shared/<name>.json`` as parameters, each with its name as its id."""
    found = json.loads((Path(__file__).parent / f"{name}.json").read_text("utf-8"))
    return [pytest.param(case, id=case["name"]) for case in found]
