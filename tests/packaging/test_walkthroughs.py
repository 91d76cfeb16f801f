"""CONTRIBUTING shows how to add a request and a message field. Both are followed here, on a copy of the tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
IGNORED = shutil.ignore_patterns("__pycache__", "node_modules", "*.mo", "*.po")

REQUEST_ANSWERS = """
async def test_it_answers_over_the_socket_and_over_http(people, room, threads):
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.stranger) as stranger:
        for text in ("one", "two"):
            assert (await page.send(room, text))["type"] == "ok"
        answer = await page.request("count", room=str(room.pk))
        assert (answer["type"], answer["count"]) == ("ok", 2)
        response = await page.client.get(f"/chat/api/rooms/{room.pk}/count/")
        assert (response.status_code, response.json()) == (200, {"count": 2})
        assert (await stranger.request("count", room=str(room.pk)))["code"] == "not_found"
"""

FIELD_ARRIVES = """
async def test_it_arrives_on_the_wire_and_in_history(people, room, threads):
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as other:
        fields = {"room": str(room.pk), "client_id": str(uuid4()), "content": "psst"}
        assert (await page.request("send", silent=True, **fields))["message"]["silent"] is True
        assert (await page.send(room, "hello"))["message"]["silent"] is False
        assert [(await other.event("message"))["message"]["silent"] for _ in range(2)] == [True, False]
        history = await other.request("history", room=str(room.pk))
        assert [message["silent"] for message in history["messages"]] == [True, False]
        response = await other.client.get(f"/chat/api/rooms/{room.pk}/messages/")
        assert [message["silent"] for message in response.json()["messages"]] == [True, False]
"""


def diffs(heading: str) -> dict[str, list[tuple[str, str]]]:
    """The hunks of each file in the walk-through under this heading: what stands there before, and after."""
    section = CONTRIBUTING.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    changes: dict[str, list[tuple[str, str]]] = {}
    for block in re.findall(r"^```diff\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
        for file in re.split(r"^--- .*\n\+\+\+ b/", block, flags=re.MULTILINE)[1:]:
            name, *hunks = re.split(r"^@@\n", file, flags=re.MULTILINE)
            changes.setdefault(name.strip(), []).extend(map(before_and_after, hunks))
    return changes


def before_and_after(hunk: str) -> tuple[str, str]:
    lines = hunk.splitlines(keepends=True)
    return tuple("".join(line[1:] or "\n" for line in lines if line[0] != sign) for sign in "+-")  # type: ignore[return-value]  # one per sign


def follow(heading: str, tree: Path) -> None:
    for name, hunks in diffs(heading).items():
        path = tree / name
        text = path.read_text("utf-8") if path.exists() else ""
        for before, after in hunks:
            assert text.count(before) == 1 or not text, f"{name} has this {text.count(before)} times:\n{before}"
            text = text.replace(before, after, 1)
        path.write_text(text, "utf-8")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the quick run needs."""
    for folder in ("src", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=IGNORED)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(tree: Path, test: str) -> subprocess.CompletedProcess[str]:
    """Run this test in the copy, on its own database."""
    head = "from uuid import uuid4\nfrom django_pairchat.testing import ChatCommunicator\n"
    (tree / "tests" / "realtime" / "test_walkthrough.py").write_text(head + test, "utf-8")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PAIRCHAT_", "DJANGO_", "PYTEST_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/realtime/test_walkthrough.py"],
        cwd=tree,
        env={**kept, "PYTHONPATH": str(tree / "src")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize(
    ("heading", "test", "most_files"),
    [("Add a request", REQUEST_ANSWERS, 4), ("Add a message field", FIELD_ARRIVES, 9)],
    ids=["request", "field"],
)
def test_a_walkthrough_leads_to_its_end(heading: str, test: str, most_files: int, tree: Path) -> None:
    assert run(tree, test).returncode == 1, "there was nothing to add"
    follow(heading, tree)
    done = run(tree, test)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 1 <= len([name for name in diffs(heading) if name.endswith(".py")]) <= most_files
