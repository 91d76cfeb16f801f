"""The tutorial, followed word for word, ends with a project in which two people chat."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from .page import Reader, outside_of_any_environment

ROOT = Path(__file__).resolve().parents[2]
# Run inside the reader's project: two people with a room, and a session for each.
TWO_PEOPLE = """
import json
from django.contrib.auth import SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django_pairchat.services import open_room

def session_of(user):
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key

people = [get_user_model().objects.create_user(username=name) for name in ("first", "second")]
room = open_room(*people)
print(json.dumps({"room": str(room.pk), "sessions": [session_of(person) for person in people]}))
"""


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
def two_people(reader: Reader) -> dict[str, Any]:
    (reader.folder / "two_people.py").write_text(TWO_PEOPLE, "utf-8")
    printed: dict[str, Any] = json.loads(
        reader.run("python manage.py shell < two_people.py").splitlines()[-1]
    )
    return printed


def test_the_project_of_the_tutorial_passes_all_checks(reader: Reader) -> None:
    assert "no issues" in reader.run("python manage.py check --fail-level WARNING")


def test_somebody_who_is_logged_in_sees_the_list_of_rooms(reader: Reader, two_people: dict[str, Any]) -> None:
    cookies = {"sessionid": two_people["sessions"][0]}
    answer = httpx.get(f"http://127.0.0.1:{reader.port}/chat/", cookies=cookies)
    assert answer.status_code == 200
    assert "second" in answer.text


def test_a_message_of_one_person_reaches_the_other(reader: Reader, two_people: dict[str, Any]) -> None:
    def socket_of(session: str) -> ClientConnection:
        return connect(
            f"ws://127.0.0.1:{reader.port}/ws/pairchat/",
            origin=f"http://127.0.0.1:{reader.port}",
            subprotocols=["pairchat.v1"],
            additional_headers={"Cookie": f"sessionid={session}"},
        )

    first, second = two_people["sessions"]
    with socket_of(first) as writes, socket_of(second) as reads:
        assert {json.loads(writes.recv(10))["type"], json.loads(reads.recv(10))["type"]} == {"hello"}
        request = {
            "type": "send",
            "id": 1,
            "room": two_people["room"],
            "client_id": "0b8f2f5a-9d0c-4d4e-8f0e-3f4f8a1f8a11",
            "content": "Is it still there?",
        }
        writes.send(json.dumps(request))
        arrived: dict[str, Any] = {}
        while arrived.get("kind") != "message":
            arrived = json.loads(reads.recv(10))
    assert arrived["message"]["content"] == "Is it still there?"
