"""How many bytes one person may bring: before they are stored, by every way."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile

from django_pairchat.core.uploads import INFO_SUFFIX
from django_pairchat.exceptions import Busy
from django_pairchat.policy import Policy
from tests.support.policies import chosen

from .conftest import Person


@pytest.fixture
def thousand_bytes(settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "RATES": {**settings.PAIRCHAT["RATES"], "upload_bytes": (1, 1000)}}


@pytest.fixture(params=[True, False], ids=["cache", "no cache"])
def with_and_without_cache(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise ConnectionError

    if not request.param:
        monkeypatch.setattr(LocMemCache, "incr", fail)


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(INFO_SUFFIX)]


@pytest.mark.usefixtures("thousand_bytes")
def test_bytes_are_limited_over_http_and_forms_together(minji: Person, storage_folder: Path) -> None:
    assert minji.upload("first.txt", b"x" * 700).status_code == 201
    refused = minji.upload("second.txt", b"x" * 400)
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.json()["retry_after"] > 0
    form = {"client_id": str(uuid.uuid4()), "content": "look"}
    again = minji.client.post(
        f"/chat/rooms/{minji.key}/send/", {**form, "file": SimpleUploadedFile("third.txt", b"x" * 400)}
    )
    assert again.status_code == 429
    assert "You are doing this too often." in again.content.decode()
    assert len(stored(storage_folder)) == 1
    assert minji.upload("small.txt", b"x" * 300).status_code == 201


@pytest.mark.usefixtures("thousand_bytes")
def test_a_file_that_is_refused_unread_costs_no_bytes(minji: Person) -> None:
    for _ in range(3):
        assert minji.upload("program.exe", b"x" * 900).status_code == 400
    assert minji.upload("notes.txt", b"x" * 900).status_code == 201


@pytest.mark.usefixtures("thousand_bytes")
def test_the_bytes_of_one_are_not_those_of_another(minji: Person, juwon: Person) -> None:
    assert minji.upload("notes.txt", b"x" * 900).status_code == 201
    assert juwon.upload("notes.txt", b"x" * 900).status_code == 201


def test_a_picture_over_the_limit_of_files_is_not_decoded(
    minji: Person, settings: Any, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "RATES": {**settings.PAIRCHAT["RATES"], "upload": (1, 1)}}
    assert minji.upload("one.jpg", photo).status_code == 201
    monkeypatch.setattr("django_pairchat.core.images.read_picture", None)
    assert minji.upload("two.jpg", photo).status_code == 429


def test_a_form_over_the_rate_of_messages_stores_no_file(minji: Person, storage_folder: Path, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "SEND_BURST": 1, "SENDS_PER_MINUTE": 1}
    send = f"/chat/rooms/{minji.key}/send/"
    assert minji.client.post(send, {"client_id": str(uuid.uuid4()), "content": "hello"}).status_code == 302
    form = {"client_id": str(uuid.uuid4()), "content": "look"}
    for _ in range(2):
        refused = minji.client.post(send, {**form, "file": SimpleUploadedFile("notes.txt", b"x")})
        assert refused.status_code == 429
        assert "You are sending too quickly." in refused.content.decode()
    assert stored(storage_folder) == []


def test_a_form_whose_file_is_refused_costs_no_rate_of_messages(minji: Person, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "SEND_BURST": 1, "SENDS_PER_MINUTE": 1}
    send = f"/chat/rooms/{minji.key}/send/"
    for name, status in (("program.exe", 400), ("broken.jpg", 400), ("notes.txt", 302)):
        form = {"client_id": str(uuid.uuid4()), "content": "look", "file": SimpleUploadedFile(name, b"x")}
        assert minji.client.post(send, form).status_code == status


@pytest.mark.parametrize("policy", ["tests.support.policies.NobodySends", "tests.support.policies.RefusesSpam"])
def test_a_form_that_the_policy_refuses_stores_no_file(
    minji: Person, storage_folder: Path, settings: Any, policy: str
) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "POLICY": policy}
    form = {"client_id": str(uuid.uuid4()), "content": "spam", "file": SimpleUploadedFile("notes.txt", b"x")}
    refused = minji.client.post(f"/chat/rooms/{minji.key}/send/", form)
    assert refused.status_code in (403, 422)
    assert stored(storage_folder) == []


@pytest.mark.usefixtures("thousand_bytes", "with_and_without_cache")
def test_a_picture_that_cannot_be_decoded_costs_no_bytes(minji: Person) -> None:
    for _ in range(3):
        refused = minji.upload("broken.jpg", b"x" * 900)
        assert (refused.status_code, refused.json()["code"]) == (400, "unsupported")
    assert minji.upload("notes.txt", b"x" * 900).status_code == 201
    assert minji.upload("more.txt", b"x" * 900).status_code == 429


@pytest.mark.usefixtures("thousand_bytes")
def test_a_picture_that_finds_no_turn_costs_no_bytes(minji: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def wait_in_vain(*arguments: Any) -> None:
        raise Busy(retry_after=1)

    monkeypatch.setattr("django_pairchat.core.images.read_picture", wait_in_vain)
    for _ in range(3):
        refused = minji.upload("photo.jpg", b"x" * 900)
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    assert minji.upload("notes.txt", b"x" * 900).status_code == 201


@pytest.fixture
def thousand_bytes_a_day(settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "UPLOAD_BYTES_PER_DAY": 1000}


@pytest.mark.usefixtures("thousand_bytes_a_day")
def test_bytes_of_a_day_are_limited_over_http_and_forms_together(minji: Person, storage_folder: Path) -> None:
    assert minji.upload("first.txt", b"x" * 700).status_code == 201
    refused = minji.upload("second.txt", b"x" * 400)
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (429, "daily_limit", "file")
    assert refused.json()["message"].startswith("You have uploaded as much as you can today. Try again in ")
    assert refused.json()["retry_after"] > 60 or "1 minute" in refused.json()["message"]
    form = {"client_id": str(uuid.uuid4()), "content": "look at this"}
    again = minji.client.post(
        f"/chat/rooms/{minji.key}/send/", {**form, "file": SimpleUploadedFile("third.txt", b"x" * 400)}
    )
    assert again.status_code == 429
    assert "You have uploaded as much as you can today." in again.content.decode()
    assert "look at this</textarea>" in again.content.decode()
    assert len(stored(storage_folder)) == 1
    assert minji.upload("small.txt", b"x" * 300).status_code == 201


@pytest.mark.usefixtures("thousand_bytes_a_day", "with_and_without_cache")
def test_a_file_that_is_refused_costs_nothing_of_the_day(minji: Person) -> None:
    for _ in range(3):
        assert minji.upload("broken.jpg", b"x" * 900).status_code == 400
    assert minji.upload("notes.txt", b"x" * 900).status_code == 201
    assert minji.upload("more.txt", b"x" * 900).json()["code"] == "daily_limit"


@pytest.mark.usefixtures("thousand_bytes", "thousand_bytes_a_day", "with_and_without_cache")
@pytest.mark.parametrize("name", ["notes.txt", INFO_SUFFIX], ids=["the file", "what is kept beside it"])
def test_a_file_that_cannot_be_stored_costs_nothing(minji: Person, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    save = FileSystemStorage.save

    def is_full(storage: FileSystemStorage, stored_as: str, content: Any, **options: Any) -> str:
        if stored_as.endswith(INFO_SUFFIX) == (name == INFO_SUFFIX):
            raise OSError("no space left")
        return save(storage, stored_as, content, **options)

    with monkeypatch.context() as full:
        full.setattr(FileSystemStorage, "save", is_full)
        for _ in range(3):
            assert minji.upload("notes.txt", b"x" * 900).status_code == 500
    assert minji.upload("notes.txt", b"x" * 900).status_code == 201
    assert minji.upload("more.txt", b"x" * 900).status_code == 429


@pytest.mark.usefixtures("thousand_bytes_a_day")
def test_a_cache_that_has_forgotten_what_is_given_back_has_not_failed(
    minji: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*arguments: Any) -> None:
        cache.clear()
        raise Busy(retry_after=1)

    monkeypatch.setattr("django_pairchat.core.images.read_picture", refuse)
    assert minji.upload("photo.jpg", b"x" * 900).status_code == 503
    assert "The cache failed" not in caplog.text


@pytest.mark.usefixtures("thousand_bytes")
def test_a_file_over_the_limit_of_the_day_costs_nothing_of_the_other(minji: Person, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "UPLOAD_BYTES_PER_DAY": 100}
    assert minji.upload("notes.txt", b"x" * 100).status_code == 201
    for _ in range(3):
        assert minji.upload("notes.txt", b"x" * 90).json()["code"] == "daily_limit"
    settings.PAIRCHAT = {**settings.PAIRCHAT, "UPLOAD_BYTES_PER_DAY": None}
    assert minji.upload("notes.txt", b"x" * 900).status_code == 201


class NoFilesFromMinji(Policy):
    def upload_bytes_per_day(self, user: Any) -> int | None:
        return 0 if self.profile(user).name == "Minji" else None


def test_the_policy_limits_the_bytes_of_each_person(minji: Person, juwon: Person, settings: Any) -> None:
    settings.PAIRCHAT = chosen(NoFilesFromMinji)
    assert minji.upload("notes.txt", b"x").json()["code"] == "daily_limit"
    assert juwon.upload("notes.txt", b"x").status_code == 201
