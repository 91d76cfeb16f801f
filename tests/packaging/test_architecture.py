"""The pages that name folders and modules of the package name those that are there, and leave out no folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import ROOT

PACKAGE = ROOT / "src" / "django_pairchat"
PAGES = ("architecture.md", "how-it-works.md")
DELIMITED = re.compile(r"<!-- modules: begin -->(.*?)<!-- modules: end -->", re.DOTALL)


def delimited(page: str) -> str:
    found: list[str] = DELIMITED.findall((ROOT / "docs" / page).read_text("utf-8"))
    assert len(found) == 1, f"docs/{page} has {len(found)} places that name modules, instead of one"
    return found[0]


def named(text: str) -> set[str]:
    """The folders (with a slash at the end) and modules of the package that stand in backticks in ``text``."""
    return set(re.findall(r"`([\w/]+(?:\.py|/))`", text))


def section(text: str, first: str, end: str) -> str:
    return text.partition(first)[2].partition(end)[0]


def there(root: Path = PACKAGE) -> set[str]:
    """Every folder of code, with a slash at the end, and every module that lies directly in the package."""
    modules = {path for path in root.rglob("*.py") if "migrations" not in path.parts and "commands" not in path.parts}
    folders = {f"{path.parent.relative_to(root).as_posix()}/" for path in modules if path.parent != root}
    return folders | {path.name for path in modules if path.parent == root and path.name != "__init__.py"}


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_of_the_package_is_there(page: str) -> None:
    names = named(delimited(page))
    assert names
    assert {name for name in names if not (PACKAGE / name).exists()} == set()


def test_the_architecture_page_lists_every_folder_and_every_module_at_the_top() -> None:
    assert named(section(delimited("architecture.md"), "### Public", "### What you may be")) == there()


def test_every_floor_has_its_place_in_the_order_of_imports() -> None:
    at_the_top = {name for name in there() if name.count("/") == 0 or name.strip("/").count("/") == 0}
    order = re.findall(r"`([\w/]+(?:\.py|/))`", section(delimited("architecture.md"), "## Who may import", "<!--"))
    assert sorted(order) == sorted(at_the_top)


def test_an_internal_folder_says_first_that_it_is_internal() -> None:
    listed = named(section(delimited("architecture.md"), "### Internal", "### What you may be"))
    internal = {name for name in listed if name.endswith("/")}
    assert internal
    openings = {name: (PACKAGE / name / "__init__.py").read_text("utf-8") for name in internal}
    assert {name for name, text in openings.items() if not text.startswith('"""Not public API.')} == set()


def imported_modules(text: str) -> set[str]:
    """The modules and folders of the package that Python text imports from, by their first name."""
    found = re.findall(r"^\s*(?:from|import) django_pairchat\.(\w+)", text, re.MULTILINE)
    return {name if (PACKAGE / name).is_dir() else f"{name}.py" for name in found}


def code_for_hosts() -> dict[str, str]:
    """Return the Python text that a host reads and copies: the example board, and the pages' code."""
    board = {
        str(path): path.read_text("utf-8")
        for path in (ROOT / "example_project").rglob("*.py")
        # It shows the library's own templates in every state, which no host has to.
        if path.parent.name != "styleguide"
    }
    pages = {path: path.read_text("utf-8") for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]}
    blocks = re.compile(r"^```(?:python|\{code-block\} python)$(.*?)^```$", re.MULTILINE | re.DOTALL)
    return board | {str(path): "\n".join(blocks.findall(text)) for path, text in pages.items()}


def test_what_hosts_read_imports_nothing_internal() -> None:
    internal = {name.strip("/") for name in named(section(delimited("architecture.md"), "### Internal", "### What"))}
    shown = code_for_hosts()
    assert any(imported_modules(text) for text in shown.values())
    assert {path: found for path, text in shown.items() if (found := imported_modules(text) & internal)} == {}
