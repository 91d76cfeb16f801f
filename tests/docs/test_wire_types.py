"""The types of the clients, for TypeScript and for Python, are made from the description of the wire."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from tests.tools.wire_types import DOCUMENT, TARGETS


@pytest.mark.parametrize("path", TARGETS, ids=lambda path: path.name)
def test_the_types_say_what_the_document_says(path: Path) -> None:
    made = TARGETS[path](yaml.safe_load(DOCUMENT.read_text("utf-8")))
    committed = path.read_text("utf-8")
    if path.suffix == ".py":
        # One is as the formatter left it.
        made, committed = (ast.dump(ast.parse(text)) for text in (made, committed))
    assert made == committed, "run tests/tools/wire_types.py"
