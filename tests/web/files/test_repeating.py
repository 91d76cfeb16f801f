"""A message with a file, repeated when the token of its upload has long expired."""

from __future__ import annotations

import uuid

import pytest

from tests.support.options import SetOptions

from .conftest import Person


@pytest.fixture
def token(minji: Person) -> str:
    found: str = minji.upload("note.txt", b"Half past six").json()["upload"]
    return found


def test_what_was_stored_is_answered_as_ever(minji: Person, token: str, options: SetOptions) -> None:
    client_id = str(uuid.uuid4())
    first = minji.send(token, client_id)
    options(upload_seconds=-1)
    again = minji.send(token, client_id)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "duplicate": True}


def test_another_text_under_the_same_id_is_a_conflict_as_ever(minji: Person, token: str, options: SetOptions) -> None:
    client_id = str(uuid.uuid4())
    minji.send(token, client_id)
    options(upload_seconds=-1)
    assert minji.send(token, client_id, content="something else").json()["code"] == "conflict"


def test_what_was_never_stored_is_refused(minji: Person, token: str, options: SetOptions) -> None:
    options(upload_seconds=-1)
    refused = minji.send(token)
    assert (refused.status_code, refused.json()["field"]) == (400, "attachment")
