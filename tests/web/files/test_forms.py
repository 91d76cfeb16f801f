"""A file with the form of a page, as a browser without JavaScript sends it."""

from __future__ import annotations

import uuid
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from PIL import Image

from django_pairchat import get_message_model
from django_pairchat.policy import Policy
from django_pairchat.services import change_settings, uploads
from tests.conftest import People
from tests.web.pages.browser import parse

from .conftest import Person


class SmallPolicy(Policy):
    attachment_limit_bytes = 100


class TextPolicy(Policy):
    attachment_types = {}


def post(person: Person, name: str, content: bytes, /, **fields: Any) -> Any:
    form = {"client_id": str(uuid.uuid4()), "content": "", "reply_to": "", **fields}
    return person.client.post(f"/chat/rooms/{person.key}/send/", {**form, "file": SimpleUploadedFile(name, content)})


def error_of(response: Any) -> str:
    return parse(response.content.decode()).slot("error").text


def stored() -> list[Any]:
    return list(get_message_model().objects.order_by("seq"))


def test_a_photo_with_a_text_and_an_answer_becomes_a_message(minji: Person, juwon: Person, photo: bytes) -> None:
    juwon.send_file("question.txt", b"which one?")
    answered = post(minji, "wallet.jpg", photo, content="this one", reply_to="1")
    assert (answered.status_code, answered["Location"]) == (302, f"/chat/rooms/{minji.key}/#m-2")
    message = stored()[-1]
    assert (message.kind, message.content, message.reply_to) == ("file", "this one", 1)
    shown = parse(juwon.get(f"/chat/rooms/{minji.key}/").body.decode()).one("li", id="m-2")
    assert shown.slot("image")["alt"] == "wallet.jpg"
    assert juwon.get(shown.one(data_pc_part="image")["href"]).status_code == 200


@pytest.mark.parametrize("name", ["wallet.jpg", "notes.txt"])
def test_the_same_form_again_is_one_message(minji: Person, photo: bytes, name: str) -> None:
    client_id = str(uuid.uuid4())
    first, again = (post(minji, name, photo, client_id=client_id, content="look\r\n") for _ in range(2))
    assert first["Location"] == again["Location"]
    assert len(stored()) == 1


def test_the_same_form_is_answered_alike_when_the_peer_has_blocked_meanwhile(
    minji: Person, people: People, photo: bytes
) -> None:
    client_id = str(uuid.uuid4())
    first = post(minji, "wallet.jpg", photo, client_id=client_id)
    change_settings(people.juwon, minji.key, blocked=True)
    again = post(minji, "wallet.jpg", photo, client_id=client_id)
    assert (again.status_code, again["Location"]) == (302, first["Location"])
    assert post(minji, "wallet.jpg", photo).status_code == 403


@pytest.mark.parametrize(("name", "content"), [("other.jpg", ""), ("wallet.jpg", "other")])
def test_an_old_form_with_something_else_is_a_conflict_and_loses_no_text(
    minji: Person, photo: bytes, name: str, content: str
) -> None:
    client_id = str(uuid.uuid4())
    post(minji, "wallet.jpg", photo, client_id=client_id)
    refused = post(minji, name, photo, client_id=client_id, content=content)
    assert refused.status_code == 409
    page = parse(refused.content.decode())
    assert page.one("input", name="client_id")["value"] != client_id
    assert "choose it again" in page.slot("error").text
    assert len(stored()) == 1


def test_another_photo_of_the_same_name_under_an_old_form_is_not_taken_for_the_first(
    minji: Person, photo: bytes
) -> None:
    client_id = str(uuid.uuid4())
    other = BytesIO()
    Image.new("RGB", (400, 300), "orange").save(other, "JPEG")
    post(minji, "image.jpg", photo, client_id=client_id)
    assert post(minji, "image.jpg", other.getvalue(), client_id=client_id).status_code == 409


def test_a_repetition_that_came_at_the_same_time_is_one_message(
    minji: Person, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_id = str(uuid.uuid4())
    post(minji, "wallet.jpg", photo, client_id=client_id)
    found, asked = uploads._stored, count()
    monkeypatch.setattr(uploads, "_stored", lambda *address: found(*address) if next(asked) else None)
    assert post(minji, "wallet.jpg", photo, client_id=client_id).status_code == 302
    assert len(stored()) == 1


@pytest.mark.parametrize(
    ("name", "content", "status", "said"),
    [
        ("page.html", b"<p>", 400, "This kind of file cannot be sent here."),
        ("page.png", b"<p>", 400, "This kind of file cannot be sent here."),
        ("long.txt", b"x" * 101, 413, "This file is too large."),
        ("empty.txt", b"", 400, "This file is empty or cannot be read."),
    ],
)
def test_a_refused_file_keeps_the_text_and_says_why(
    minji: Person, name: str, content: bytes, status: int, said: str
) -> None:
    with override_settings(PAIRCHAT={"POLICY": "tests.web.files.test_forms.SmallPolicy"}):
        refused = post(minji, name, content, content="kept")
    assert refused.status_code == status
    assert error_of(refused) == f"{said} Your file was not sent. Please choose it again."
    page = parse(refused.content.decode())
    assert page.slot("input").text == "kept"
    assert stored() == []


class NotesPolicy(Policy):
    attachment_types = {".pdf": "application/pdf", ".png": "image/png"}


def test_a_camera_is_offered_where_its_photos_are_taken(minji: Person) -> None:
    address = f"/chat/rooms/{minji.key}/"
    camera = parse(minji.get(address).body.decode()).one("input", capture=True)
    assert (camera["name"], camera["accept"]) == ("file", "image/*")
    with override_settings(PAIRCHAT={"POLICY": "tests.web.files.test_forms.NotesPolicy"}):
        assert not parse(minji.get(address).body.decode()).all("input", capture=True)


def test_a_form_without_a_file_is_a_text_as_ever(minji: Person) -> None:
    form = {"client_id": str(uuid.uuid4()), "content": "only words", "reply_to": ""}
    assert minji.client.post(f"/chat/rooms/{minji.key}/send/", form).status_code == 302
    assert [message.kind for message in stored()] == ["text"]


def test_a_box_that_would_clear_a_file_has_no_effect(minji: Person) -> None:
    form = {"client_id": str(uuid.uuid4()), "content": "only words", "reply_to": "", "file-clear": "on"}
    assert minji.client.post(f"/chat/rooms/{minji.key}/send/", form).status_code == 302
    assert [message.kind for message in stored()] == ["text"]


def test_a_form_from_elsewhere_stores_no_file(
    minji: Person, people: People, photo: bytes, storage_folder: Path
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people.minji)
    minji.client = strict
    assert post(minji, "wallet.jpg", photo).status_code == 403
    assert [path for path in storage_folder.rglob("*") if path.is_file()] == []


def test_a_stranger_stores_no_file(stranger: Person, photo: bytes, storage_folder: Path) -> None:
    assert post(stranger, "wallet.jpg", photo).status_code == 404
    assert [path for path in storage_folder.rglob("*") if path.is_file()] == []


def test_the_form_names_the_kinds_of_files_and_a_text_host_pays_nothing(minji: Person) -> None:
    address = f"/chat/rooms/{minji.key}/"
    page = parse(minji.get(address).body.decode())
    accepted = page.one("input", data_pc_slot="file")["accept"].split(",")
    assert {".jpg", ".pdf"} <= set(accepted)
    assert page.one("form", data_pc_form="send")["enctype"] == "multipart/form-data"
    with override_settings(PAIRCHAT={"POLICY": "tests.web.files.test_forms.TextPolicy"}):
        bare = minji.get(address).body.decode()
        assert post(minji, "notes.txt", b"words").status_code == 400
    assert not parse(bare).all("input", type="file")
    assert [word for word in ("pair-chat-files", "pairchat-files", "multipart") if word in bare] == []
