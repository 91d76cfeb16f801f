"""A file of any name that was taken can be sent, over every way, and is called the same there and in a download."""

from __future__ import annotations

import unicodedata
import uuid
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_pairchat import get_message_model
from django_pairchat.core import uploads
from django_pairchat.core.cursors import cursor_of
from django_pairchat.protocol import requests
from django_pairchat.sending.admit import admit
from django_pairchat.services import send_once
from django_pairchat.services.messages import send_admitted

from .conftest import Person

FROM_A_MAC = unicodedata.normalize("NFD", "분실물 습득 신고서와 본인 확인 서류 최종본.pdf")
LETTERS = "가漢عЖ\u00e9a😀\u1ea1क"
PDF = b"%PDF-1.4\n%%EOF\n"


def post(person: Person, name: str) -> Any:
    form = {"client_id": str(uuid.uuid4()), "content": "", "reply_to": ""}
    return person.client.post(f"/chat/rooms/{person.key}/send/", {**form, "file": SimpleUploadedFile(name, PDF)})


@pytest.mark.parametrize("name", [FROM_A_MAC, *(letter * 96 + ".pdf" for letter in LETTERS)])
def test_a_long_name_of_any_script_is_kept_whole_over_both_ways_of_http(
    minji: Person, juwon: Person, name: str
) -> None:
    shown = unicodedata.normalize("NFC", name)
    sent = minji.send_file(name, PDF)
    assert sent["attachment"]["name"] == shown
    assert post(minji, name).status_code == 302
    assert get_message_model().objects.get(seq=2).attachment_info["name"] == shown
    disposition = juwon.get(sent["attachment"]["url"])["Content-Disposition"]
    assert unquote(disposition).endswith(shown) or disposition == f'attachment; filename="{shown}"'


def test_a_token_is_equally_long_for_every_name(minji: Person) -> None:
    names = ["a.pdf", FROM_A_MAC, *(letter * 96 + ".pdf" for letter in LETTERS)]
    assert len({len(minji.upload(name, PDF).json()["upload"]) for name in names}) == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(min_size=1, max_size=300))
def test_every_token_that_is_given_out_is_taken(people: Any, key: str, name: str) -> None:
    file = SimpleUploadedFile("x.pdf", PDF)
    file._name = name + ".pdf"  # type: ignore[attr-defined] # as a hostile client writes it
    shown = uploads.clean_name(str(file.name))
    assert len(shown) <= uploads.NAME_LIMIT
    if not shown.removesuffix(".pdf"):
        return
    upload = uploads.store_upload(people.minji, key, file)
    assert requests.upload_token(upload.token, "attachment") == upload.token
    sent = send_once(people.minji, key, client_id=uuid.uuid4(), content="", upload=upload.token)
    assert sent.message.attachment_info["name"] == shown


@pytest.mark.parametrize("of", [2**63 - 1, uuid.UUID(int=2**128 - 1)])
def test_a_cursor_that_is_given_out_is_taken_whatever_the_keys_are(of: Any) -> None:
    cursor = cursor_of(timezone.now(), of)
    assert requests.cursor(cursor, "before") == cursor


def test_the_storage_is_asked_once_about_a_file(minji: Person, people: Any, monkeypatch: Any) -> None:
    token = minji.upload("note.pdf", PDF).json()["upload"]
    request = requests.Send(room=minji.key, client_id=uuid.uuid4(), content="", attachment=token)
    admitted = admit(people.minji, request)
    monkeypatch.setattr(uploads, "attachment_storage", None)
    assert send_admitted(admitted).message.attachment_info["name"] == "note.pdf"


def test_a_file_that_has_gone_is_refused(minji: Person, storage_folder: Any) -> None:
    token = minji.upload("note.pdf", PDF).json()["upload"]
    for path in storage_folder.rglob("*-info"):
        path.unlink()
    refused = minji.send(token)
    assert (refused.status_code, refused.json()["field"]) == (400, "attachment")
