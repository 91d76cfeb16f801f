"""Rules that hold for every file of the tree and that no linter knows."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

SOURCE = ROOT / "src" / "django_pairchat"
FOLDERS = ("src", "tests", "example_project", "benchmarks", "docs")
SILENCED = re.compile(r"#\s*(?:noqa\b(?::\s*[A-Z0-9, ]+)?|type:\s*ignore(?:\[[\w, -]+\])?|pragma: no cover)(.*)$")


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imported_modules(path: Path) -> set[str]:
    """The modules that ``path`` names in its absolute imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
    return names


def test_reading_and_writing_frames_imports_the_standard_library_and_msgspec_only() -> None:
    imported = {name for path in (SOURCE / "protocol").glob("*.py") for name in imported_modules(path)}
    foreign = {name for name in imported if name.split(".")[0] not in sys.stdlib_module_names}
    assert {name for name in foreign if not name.startswith("django_pairchat.protocol")} <= {"msgspec", "msgspec.json"}


SERVERS = re.compile("uvicorn|daphne|granian|hypercorn|twisted", re.IGNORECASE)


def docstrings(tree: ast.AST) -> set[ast.AST]:
    """The strings that are statements of their own."""
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def servers_named_in_code(path: Path) -> set[str]:
    """The names, imports and words of ``path`` in which an ASGI server is named: what code may ask for.

    Docstrings, comments, and sentences for people are apart.
    """
    tree = ast.parse(path.read_text("utf-8"))
    prose = docstrings(tree)
    words: set[str] = set()
    for node in ast.walk(tree):
        if node not in prose:
            words.update(value for _name, value in ast.iter_fields(node) if isinstance(value, str))
    return {word for word in words if SERVERS.search(word) and " " not in word}


def test_one_module_alone_knows_the_asgi_servers() -> None:
    naming = {str(path.relative_to(SOURCE)) for path in python_files("src") if servers_named_in_code(path)}
    assert naming == {"realtime/servers.py"}


@pytest.mark.parametrize("path", python_files(*FOLDERS), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_silenced_warning_says_why(path: Path) -> None:
    silenced = (SILENCED.search(line) for line in path.read_text("utf-8").splitlines())
    assert [found[0] for found in silenced if found and len(found[1].strip(" #-:")) < 8] == []
