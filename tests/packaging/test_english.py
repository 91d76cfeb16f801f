"""Rules for the English of the tree that no linter knows: plain words, and docstrings that say what is returned."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import ROOT

ROOTS = ("src", "docs", "README.md")
"""Files and folders that follow both rules. To widen the rules, add a root."""
ROOTS_OF_WORDS = ("tests", "benchmarks")
"""Files and folders that follow the rule of words only."""

SUFFIXES = {".html", ".md", ".py", ".yaml"}
WORDS = re.compile(r"\b(?:whoever|himself|he|his|him|anew|befell|worked off)\b", re.IGNORECASE)
FIRST_WORDS = re.compile(r"(?:What|Whether|Who|Those|Of)\b")
DOCSTRING_IN_PROSE = re.compile(rf'^\s*"""({FIRST_WORDS.pattern}.*)', re.MULTILINE)


def files(root: str) -> list[Path]:
    path = ROOT / root
    return (
        [path]
        if path.is_file()
        else sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES and "node_modules" not in each.parts)
    )


def checked_files() -> list[Path]:
    return [path for root in ROOTS for path in files(root)]


def docstrings(text: str, suffix: str) -> Iterator[str]:
    """Yield the docstrings in a file, those of attributes too."""
    if suffix != ".py":
        yield from DOCSTRING_IN_PROSE.findall(text)
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def lines_with_refused_words(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if WORDS.search(line)]


def violations(text: str, suffix: str) -> list[str]:
    first_lines = [each.splitlines()[0] for each in docstrings(text, suffix) if FIRST_WORDS.match(each)]
    return lines_with_refused_words(text) + first_lines


@pytest.mark.parametrize("path", checked_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_written_in_plain_english(path: Path) -> None:
    assert violations(path.read_text("utf-8"), path.suffix) == []


@pytest.mark.parametrize("root", ROOTS_OF_WORDS)
def test_no_file_of_a_folder_has_a_refused_word(root: str) -> None:
    # The examples below are refused on purpose.
    others = [path for path in files(root) if path != Path(__file__)]
    found = {str(path.relative_to(ROOT)): lines_with_refused_words(path.read_text("utf-8")) for path in others}
    assert len(found) > 10
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ("# Whoever waits is served first.\n", ".py"),
        ('def name(user):\n    """Return the name he has chosen."""\n', ".py"),
        ('def is_open(room):\n    """Whether both accounts are active."""\n', ".py"),
        ('LIMIT = 1\n"""Of all frames together."""\n', ".py"),
        ("<p>The seller and his buyers</p>\n", ".html"),
        ("Requests are worked off in order.\n", ".md"),
        ('```python\ndef f():\n    """What the host decides."""\n```\n', ".md"),
    ],
)
def test_the_rules_refuse(text: str, suffix: str) -> None:
    assert len(violations(text, suffix)) == 1


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ('def is_open(room):\n    """Return whether both accounts are active."""\n', ".py"),
        ('def f():\n    """Offer the official history: the theme of this page."""\n', ".py"),
        ("What is a room? Whether a host needs one is up to the host.\n", ".md"),
    ],
)
def test_the_rules_accept(text: str, suffix: str) -> None:
    assert violations(text, suffix) == []
