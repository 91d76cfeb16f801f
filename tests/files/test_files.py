"""From the upload to the download."""

from __future__ import annotations

import struct
import uuid
import zlib
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import timezone
from PIL import Image

from django_pairchat import get_message_model
from django_pairchat.policy import Policy
from django_pairchat.services import change_settings, open_room, uploads
from tests.conftest import People

from .conftest import Person


class StrictPolicy(Policy):
    attachment_limit_bytes = 1000
    image_limit_pixels = 10_000


strict = override_settings(PAIRCHAT={"POLICY": "tests.files.test_files.StrictPolicy"})


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is as large as that."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def test_a_photo_reaches_both_people_and_nobody_else(
    minji: Person, juwon: Person, stranger: Person, photo: bytes
) -> None:
    message = minji.send_file("wallet.jpg", photo)
    url, thumbnail = message["attachment"]["url"], message["attachment"]["thumbnail"]
    assert message["kind"] == "file"
    for person in (minji, juwon):
        assert person.get(url).status_code == 200
        assert Image.open(BytesIO(person.get(thumbnail).body)).width <= 640
    missing = stranger.get(url.replace("/1/", "/99/"))
    for refused in (stranger.get(url), Client().get(url), stranger.get(thumbnail)):
        assert (refused.status_code, refused.content) == (404, missing.content)


def test_a_photo_stands_upright_and_tells_neither_place_nor_comment(minji: Person, photo: bytes) -> None:
    message = minji.send_file("wallet.jpg", photo)
    kept = minji.get(message["attachment"]["url"]).body
    picture = Image.open(BytesIO(kept))
    assert picture.size == (300, 400) == (message["attachment"]["width"], message["attachment"]["height"])
    assert not picture.getexif()
    assert b"secret" not in kept
    assert message["attachment"]["size"] == len(kept)


def test_an_animation_still_moves(minji: Person) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    content = BytesIO()
    frames[0].save(content, "GIF", save_all=True, append_images=frames[1:], duration=100, comment=b"secret")
    message = minji.send_file("dance.gif", content.getvalue())
    kept = minji.get(message["attachment"]["url"]).body
    assert Image.open(BytesIO(kept)).n_frames == 3
    assert b"secret" not in kept


def test_a_file_is_only_ever_a_download(minji: Person, juwon: Person) -> None:
    message = minji.send_file("notes.txt", b"<script>alert(1)</script>")
    response = juwon.get(message["attachment"]["url"])
    assert response["Content-Disposition"] == 'attachment; filename="notes.txt"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert message["attachment"]["thumbnail"] is None
    assert juwon.get(f"{message['attachment']['url']}thumbnail/").status_code == 404


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("page.html", b"<script>alert(1)</script>"),
        ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("page.jpg", b"<!doctype html><script>alert(1)</script>"),
        ("no-suffix", b"text"),
        ("cut-off.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF"),
    ],
)
def test_what_is_not_on_the_list_or_not_what_its_name_says_is_refused(
    minji: Person, storage_folder: Path, name: str, content: bytes
) -> None:
    response = minji.upload(name, content)
    assert (response.status_code, response.json()["code"]) == (400, "unsupported")
    assert files_in(storage_folder) == []


def test_a_picture_with_too_many_pixels_is_refused_without_being_decoded(minji: Person) -> None:
    for side in (7_000, 50_000):
        response = minji.upload("huge.png", png_claiming(side, side))
        assert (response.status_code, response.json()["code"]) == (413, "too_large")


@strict
def test_the_policy_sets_the_limits(minji: Person, photo: bytes) -> None:
    assert minji.upload("notes.txt", b"x" * 1001).json()["code"] == "too_large"
    assert minji.upload("notes.txt", b"x" * 1000).status_code == 201
    small = BytesIO()
    Image.new("RGB", (101, 100)).save(small, "PNG")
    assert minji.upload("small.png", small.getvalue()).json()["code"] == "too_large"


def test_an_empty_or_missing_file_is_a_bad_request(minji: Person) -> None:
    assert minji.upload("notes.txt", b"").json() | {"message": ""} == {
        "code": "bad_request",
        "field": "file",
        "message": "",
    }
    assert minji.client.post("/chat/api/uploads/", {"room": minji.key}).json()["field"] == "file"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/wallet.txt", "wallet.txt"),
        ("C:\\photos\\wallet.txt", "wallet.txt"),
        ("wal\u202elet\x07.txt", "wallet.txt"),
        ("지갑 사진.txt", "지갑 사진.txt"),
        ("a" * 300 + ".txt", "a" * 96 + ".txt"),
    ],
)
def test_a_name_is_shown_cleaned_and_never_used(minji: Person, storage_folder: Path, sent: str, shown: str) -> None:
    assert uploads.clean_name(sent) == shown
    assert minji.upload(sent, b"text").status_code == 201
    (stored,) = files_in(storage_folder)
    assert len(stored.name) == 32
    assert storage_folder / "pairchat" in stored.parents


def test_an_upload_is_for_one_message_of_its_sender_in_its_room(minji: Person, juwon: Person, people: People) -> None:
    upload = minji.upload("notes.txt", b"text").json()["upload"]
    elsewhere = Person(people.minji, str(open_room(people.minji, people.stranger).pk))
    for refused in (juwon.send(upload), elsewhere.send(upload), minji.send(upload + "x"), minji.send("nonsense")):
        assert (refused.status_code, refused.json()["field"]) == (400, "attachment")
    assert minji.send(upload).status_code == 201
    assert minji.send(upload).json()["field"] == "attachment"


def test_sending_a_file_again_is_one_message(minji: Person) -> None:
    upload, client_id = minji.upload("notes.txt", b"text").json()["upload"], str(uuid.uuid4())
    first, second = minji.send(upload, client_id), minji.send(upload, client_id)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["message"] == second.json()["message"]
    other = minji.upload("notes.txt", b"other").json()["upload"]
    assert minji.send(other, client_id).json()["code"] == "conflict"


def test_only_who_may_write_may_upload(minji: Person, stranger: Person, people: People) -> None:
    assert stranger.upload("notes.txt", b"text").json()["code"] == "not_found"
    anonymous = Client().post("/chat/api/uploads/", {"room": minji.key})
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "unauthenticated")
    change_settings(people.juwon, minji.key, blocked=True)
    assert minji.upload("notes.txt", b"text").json()["code"] == "cannot_send"


@pytest.mark.django_db(transaction=True)
def test_deleting_the_message_deletes_the_files(minji: Person, photo: bytes, storage_folder: Path) -> None:
    message = minji.send_file("wallet.jpg", photo)
    assert len(files_in(storage_folder)) == 2
    deleted = minji.client.delete(f"/chat/api/rooms/{minji.key}/messages/{message['seq']}/")
    assert deleted.json()["message"]["attachment"] is None
    assert files_in(storage_folder) == []
    assert minji.get(message["attachment"]["url"]).status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "answered", "content"),
    [
        ("bytes=2-4", 206, "bytes 2-4/10", b"234"),
        ("bytes=7-", 206, "bytes 7-9/10", b"789"),
        ("bytes=-3", 206, "bytes 7-9/10", b"789"),
        ("bytes=5-99", 206, "bytes 5-9/10", b"56789"),
        ("bytes=10-", 416, "bytes */10", b""),
        ("bytes=5-2", 416, "bytes */10", b""),
        ("lines=1-2", 200, None, b"0123456789"),
    ],
)
def test_a_part_of_a_file_can_be_asked_for(
    minji: Person, asked: str, status: int, answered: str | None, content: bytes
) -> None:
    message = minji.send_file("digits.txt", b"0123456789")
    response = minji.get(message["attachment"]["url"], Range=asked)
    assert (response.status_code, response.get("Content-Range")) == (status, answered)
    assert response.body == content


def test_the_web_server_can_be_left_to_send_files(minji: Person, stranger: Person, settings: Any) -> None:
    message = minji.send_file("notes.txt", b"text")
    name = get_message_model().objects.get().attachment.name
    settings.PAIRCHAT = {"SENDFILE_HEADER": "X-Accel-Redirect", "SENDFILE_PREFIX": "/protected/"}
    response = minji.get(message["attachment"]["url"])
    assert (response["X-Accel-Redirect"], response.content) == (f"/protected/{name}", b"")
    assert stranger.get(message["attachment"]["url"]).status_code == 404
    settings.PAIRCHAT = {"SENDFILE_HEADER": "X-Sendfile"}
    assert minji.get(message["attachment"]["url"])["X-Sendfile"].endswith(name)


def test_orphans_are_deleted_when_they_are_old(
    minji: Person, photo: bytes, storage_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minji.send_file("kept.jpg", photo)
    minji.upload("forgotten.jpg", photo)
    assert len(files_in(storage_folder)) == 4
    call_command("pairchat_delete_orphans", stdout=StringIO())
    assert len(files_in(storage_folder)) == 4
    later = timezone.now() + timedelta(hours=26)
    monkeypatch.setattr(uploads.timezone, "now", lambda: later)
    said = StringIO()
    call_command("pairchat_delete_orphans", stdout=said)
    assert said.getvalue() == "1 file deleted.\n"
    assert len(files_in(storage_folder)) == 2
