"""From the upload to the download."""

from __future__ import annotations

import struct
import unicodedata
import uuid
import zlib
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.test import AsyncClient, Client, override_settings
from django.utils import timezone
from PIL import Image

from django_pairchat import get_message_model
from django_pairchat.core import uploads
from django_pairchat.policy import Policy
from django_pairchat.services import change_settings, open_room
from tests.conftest import People

from .conftest import Person


class StrictPolicy(Policy):
    attachment_limit_bytes = 1000
    image_limit_pixels = 10_000


strict = override_settings(PAIRCHAT={"POLICY": "tests.web.files.test_files.StrictPolicy"})


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


def test_an_animation_still_moves_and_its_small_picture_stands_still(minji: Person) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    content = BytesIO()
    frames[0].save(content, "GIF", save_all=True, append_images=frames[1:], duration=100, comment=b"secret")
    message = minji.send_file("dance.gif", content.getvalue())
    kept = minji.get(message["attachment"]["url"]).body
    assert Image.open(BytesIO(kept)).n_frames == 3
    assert b"secret" not in kept
    small = Image.open(BytesIO(minji.get(message["attachment"]["thumbnail"]).body))
    assert (small.format, small.n_frames) == ("WEBP", 1)


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
        (unicodedata.normalize("NFD", "분실물 신고서.txt"), "분실물 신고서.txt"),
        ("a" * 95 + "g\u0303.txt", "a" * 95 + ".txt"),
        ("a" * 94 + "\U0001f1f0\U0001f1f7" * 2 + ".txt", "a" * 94 + "\U0001f1f0\U0001f1f7.txt"),
        ("a" * 95 + "\U0001f1f0\U0001f1f7" * 2 + ".txt", "a" * 95 + ".txt"),
        ("a" * 95 + "\U0001f44d\U0001f3fd.txt", "a" * 95 + ".txt"),
        ("a" * 94 + "\u1100\u1176\u11a8.txt", "a" * 94 + ".txt"),
    ],
)
def test_a_name_is_shown_cleaned_and_never_used(minji: Person, storage_folder: Path, sent: str, shown: str) -> None:
    assert uploads.clean_name(sent) == shown
    assert minji.upload(sent, b"text").status_code == 201
    stored, info = sorted(files_in(storage_folder))
    assert (len(stored.name), info.name) == (32, f"{stored.name}-info")
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
    assert len(files_in(storage_folder)) == 3
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


@pytest.mark.parametrize(("asked", "first"), [("", 0), ("bytes=100000-", 100_000)], ids=["whole", "a part"])
def test_under_asgi_a_file_is_read_piece_by_piece(minji: Person, asked: str, first: int) -> None:
    text = b"0123456789" * 30_000
    url = minji.send_file("digits.txt", text)["attachment"]["url"]

    async def pieces() -> list[bytes]:
        client = AsyncClient()
        client.cookies = minji.client.cookies
        response = await client.get(url, headers={"Range": asked})
        assert response["Content-Length"] == str(len(text) - first)
        return [piece async for piece in response]

    # Django warns of a response that it has to read as a whole, and a warning is an error here.
    found = async_to_sync(pieces)()
    assert b"".join(found) == text[first:]
    assert max(map(len, found)) <= 65_536


@pytest.mark.filterwarnings("error::ResourceWarning")
@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_a_file_that_nobody_reads_is_closed(minji: Person, monkeypatch: pytest.MonkeyPatch, client: type[Any]) -> None:
    url = minji.send_file("digits.txt", b"0123456789")["attachment"]["url"]
    opened, there = [], FileSystemStorage._open
    monkeypatch.setattr(FileSystemStorage, "_open", lambda *given: opened.append(there(*given)) or opened[-1])
    somebody = client()
    somebody.cookies = minji.client.cookies
    response = async_to_sync(somebody.get)(url) if client is AsyncClient else somebody.get(url)
    response.close()
    assert [file.closed for file in opened] == [True]


def test_the_web_server_can_be_left_to_send_files(minji: Person, stranger: Person, settings: Any) -> None:
    message = minji.send_file("notes.txt", b"text")
    name = get_message_model().objects.get().attachment.name
    settings.PAIRCHAT = {"SENDFILE_HEADER": "X-Accel-Redirect", "SENDFILE_PREFIX": "/protected/"}
    response = minji.get(message["attachment"]["url"])
    assert (response["X-Accel-Redirect"], response.content) == (f"/protected/{name}", b"")
    assert stranger.get(message["attachment"]["url"]).status_code == 404
    settings.PAIRCHAT = {"SENDFILE_HEADER": "X-Sendfile"}
    assert minji.get(message["attachment"]["url"])["X-Sendfile"].endswith(name)


@pytest.mark.parametrize(
    ("prefix", "sent"),
    [
        (f"/{'long-' * 40}/", f"/{'long-' * 40}/"),
        ("/보관함/", "/%EB%B3%B4%EA%B4%80%ED%95%A8/"),
        ("/für alle/", "/f%C3%BCr%20alle/"),
        ("/quoted%20already/", "/quoted%20already/"),
    ],
)
def test_nginx_is_told_of_any_folder_in_a_header_that_it_reads(
    minji: Person, settings: Any, prefix: str, sent: str
) -> None:
    message = minji.send_file("notes.txt", b"text")
    name = get_message_model().objects.get().attachment.name
    settings.PAIRCHAT = {"SENDFILE_HEADER": "X-Accel-Redirect", "SENDFILE_PREFIX": prefix}
    assert minji.get(message["attachment"]["url"])["X-Accel-Redirect"] == sent + name


@pytest.mark.parametrize(
    ("name", "sent"),
    [("보관함/1", "%EB%B3%B4%EA%B4%80%ED%95%A8/1"), ("100%25?#/ü", "100%2525%3F%23/%C3%BC"), ("a b", "a%20b")],
)
def test_the_web_server_is_told_of_any_name_that_a_storage_has_given(
    minji: Person, settings: Any, name: str, sent: str
) -> None:
    message = minji.send_file("notes.txt", b"text")
    get_message_model().objects.update(attachment=name)
    settings.PAIRCHAT = {"SENDFILE_HEADER": "X-Accel-Redirect"}
    assert minji.get(message["attachment"]["url"])["X-Accel-Redirect"] == f"/protected/{sent}"
    settings.PAIRCHAT = {"SENDFILE_HEADER": "X-Sendfile"}
    assert minji.get(message["attachment"]["url"])["X-Sendfile"].endswith(name if name.isascii() else sent)


def test_orphans_are_deleted_when_they_are_old(
    minji: Person, photo: bytes, storage_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minji.send_file("kept.jpg", photo)
    minji.upload("forgotten.jpg", photo)
    assert len(files_in(storage_folder)) == 6
    call_command("pairchat_delete_orphans", stdout=StringIO())
    assert len(files_in(storage_folder)) == 6
    later = timezone.now() + timedelta(hours=26)
    monkeypatch.setattr(uploads.timezone, "now", lambda: later)
    said = StringIO()
    call_command("pairchat_delete_orphans", stdout=said)
    assert said.getvalue().startswith("1 file deleted.\n")
    assert len(files_in(storage_folder)) == 3
