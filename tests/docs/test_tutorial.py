"""The tutorial, followed word for word, ends with a project in which two people chat."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from websockets.sync.client import ClientConnection, connect

from .page import Reader, outside_of_any_environment
from .visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "lost-and-found"
PATIENCE_SECONDS = 10


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for ``pip install django-pairchat`` to find this tree's wheel in."""
    folder = tmp_path_factory.mktemp("wheels")
    subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", folder, ROOT], check=True)
    return folder


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Iterator[Reader]:
    """Somebody who has done all that the tutorial says; its server is running."""
    environment = outside_of_any_environment()
    environment["PIP_FIND_LINKS"] = f"{wheels} {os.environ.get('PIP_FIND_LINKS', '')}".strip()
    with Reader(tmp_path_factory.mktemp("reader"), environment) as somebody:
        somebody.follow((ROOT / "docs" / "tutorial.md").read_text("utf-8"))
        yield somebody


@pytest.fixture(scope="module")
def site(reader: Reader) -> str:
    return f"http://127.0.0.1:{reader.port}"


@pytest.fixture(scope="module")
def minji(site: str) -> Iterator[Visitor]:
    """The author of a post."""
    with Visitor(site) as visitor:
        visitor.log_in("minji", PASSWORD)
        visitor.open("/posts/new/")
        visitor.send(title="Found: a blue umbrella", text="At the bus stop.")
        yield visitor


@pytest.fixture(scope="module")
def juwon(site: str, minji: Visitor) -> Iterator[Visitor]:
    """A reader of that post, who has pressed its button and written the first message."""
    with Visitor(site) as visitor:
        visitor.log_in("juwon", PASSWORD)
        visitor.open(minji.address)
        visitor.send("/chat/open/")
        visitor.send(f"{urlsplit(visitor.address).path}send/", content="That is mine!")
        yield visitor


@pytest.fixture
def room(juwon: Visitor) -> str:
    found = re.search(r"/chat/rooms/([^/]+)/", juwon.address)
    assert found is not None, juwon.address
    return found[1]


def socket_of(visitor: Visitor, site: str) -> ClientConnection:
    return connect(
        f"{site.replace('http', 'ws', 1)}/ws/pairchat/",
        origin=site,
        subprotocols=["pairchat.v1"],
        additional_headers={"Cookie": visitor.cookies},
    )


def test_the_project_of_the_tutorial_passes_all_checks(reader: Reader) -> None:
    assert "no issues" in reader.run("python manage.py check --fail-level WARNING")


def test_its_migrations_are_complete(reader: Reader) -> None:
    assert "No changes detected" in reader.run("python manage.py makemigrations --check --dry-run")


def test_the_author_has_no_button_to_write_to_herself(minji: Visitor) -> None:
    assert "Log out minji" in minji.page
    assert "Write to the author" not in minji.page


def test_the_first_message_waits_for_the_author_in_the_frame_of_her_site(minji: Visitor, juwon: Visitor) -> None:
    page = minji.open("/chat/")
    assert "That is mine!" in page
    assert "Found: a blue umbrella" in page
    assert re.search(r'data-count="1"', page)
    assert "Log out minji" in page


def test_a_message_of_one_person_reaches_the_other(site: str, minji: Visitor, juwon: Visitor, room: str) -> None:
    with socket_of(minji, site) as writes, socket_of(juwon, site) as reads:
        hellos = [json.loads(socket.recv(PATIENCE_SECONDS)) for socket in (writes, reads)]
        assert {hello["type"] for hello in hellos} == {"hello"}
        request = {
            "type": "send",
            "id": 1,
            "room": room,
            "client_id": "0b8f2f5a-9d0c-4d4e-8f0e-3f4f8a1f8a11",
            "content": "Come and fetch it.",
        }
        writes.send(json.dumps(request))
        arrived: dict[str, Any] = {}
        while arrived.get("kind") != "message":
            arrived = json.loads(reads.recv(PATIENCE_SECONDS))
    assert arrived["message"]["content"] == "Come and fetch it."
    assert arrived["message"]["sender"] == hellos[0]["user"]


def test_what_the_chat_pages_load_is_served(site: str, juwon: Visitor, room: str) -> None:
    page = juwon.open(f"/chat/rooms/{room}/")
    files = re.findall(r'(?:href|src)="([^"]+\.(?:css|js))"', page)
    assert files
    for address in files:
        assert juwon.client.get(urljoin(site, address)).status_code == 200, address
