"""Files in an S3: browsers fetch them there, with an address that is signed after the right was checked."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import boto3
import httpx
import pytest
from django.core.checks import run_checks
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from moto.server import ThreadedMotoServer
from PIL import Image

from django_pairchat import get_message_model
from tests.conftest import People

BUCKET = "chat"


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, Any]]:
    """The options of a storage in an S3 of the tests' own."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    options = {"endpoint_url": f"http://{host}:{port}", "region_name": "us-east-1"}
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    boto3.client("s3", **options, **keys).create_bucket(Bucket=BUCKET)
    yield {**options, "access_key": "key", "secret_key": "secret", "bucket_name": BUCKET, "signature_version": "s3v4"}
    server.stop()


@pytest.fixture
def use(settings: Any, s3: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    def use(**options: Any) -> None:
        backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**s3, **options}}
        settings.STORAGES = {**settings.STORAGES, "chat": backend}
        settings.PAIRCHAT = {**settings.PAIRCHAT, "STORAGE": "chat", "REDIRECT_FILES": True}
        # The model has looked up its storage when the process began.
        monkeypatch.setattr(get_message_model()._meta.get_field("attachment"), "storage", storages["chat"])

    use()
    return use


@pytest.fixture
def minji(people: People, use: Any) -> Client:
    client = Client()
    client.force_login(people.minji)
    return client


def send(client: Client, key: str, name: str, content: bytes) -> dict[str, Any]:
    upload = client.post("/chat/api/uploads/", {"room": key, "file": SimpleUploadedFile(name, content)})
    body = {"client_id": str(uuid4()), "content": "", "attachment": upload.json()["upload"]}
    sent = client.post(f"/chat/api/rooms/{key}/messages/", body, content_type="application/json")
    attachment: dict[str, Any] = sent.json()["message"]["attachment"]
    return attachment


def picture() -> bytes:
    content = BytesIO()
    Image.new("RGB", (400, 300), "teal").save(content, "PNG")
    return content.getvalue()


def test_a_browser_is_led_to_the_storage_for_five_minutes(minji: Client, people: People, key: str) -> None:
    sent = send(minji, key, '지갑 "사진".png', picture())
    for address, kind in ((sent["url"], "image/png"), (sent["thumbnail"], "image/webp")):
        led = minji.get(address)
        assert (led.status_code, led["Cache-Control"]) == (302, "private, max-age=120")
        # What one person's browser keeps is not for the next one who signs in there.
        assert {"Cookie", "Authorization"} <= {name.strip() for name in led["Vary"].split(",")}
        assert led["Referrer-Policy"] == "no-referrer"
        assert parse_qs(urlsplit(led["Location"]).query)["X-Amz-Expires"] == ["300"]
        found = httpx.get(led["Location"])
        assert (found.status_code, found.headers["Content-Type"]) == (200, kind)
        assert found.headers["Content-Disposition"].startswith("inline; filename")
        assert Image.open(BytesIO(found.content)).width == 400
        part = httpx.get(led["Location"], headers={"Range": "bytes=0-3"})
        assert (part.status_code, len(part.content)) == (206, 4)


def test_what_is_no_picture_is_a_download_there_too(minji: Client, key: str) -> None:
    found = httpx.get(minji.get(send(minji, key, "page.txt", b"<script>")["url"])["Location"])
    assert (found.content, found.headers["Content-Type"]) == (b"<script>", "text/plain")
    assert found.headers["Content-Disposition"] == 'attachment; filename="page.txt"'


def test_the_right_is_checked_before(minji: Client, people: People, key: str) -> None:
    address = send(minji, key, "note.txt", b"text")["url"]
    stranger = Client()
    stranger.force_login(people.stranger)
    for refused in (Client().get(address), stranger.get(address)):
        assert refused.status_code == 404
        assert "Location" not in refused


def test_who_only_asks_for_the_headers_gets_them_here(minji: Client, key: str) -> None:
    asked = minji.head(send(minji, key, "note.txt", b"text")["url"])
    assert (asked.status_code, asked["Content-Length"]) == (200, "4")


def test_without_the_setting_the_library_sends_what_is_there(minji: Client, key: str, settings: Any) -> None:
    address = send(minji, key, "note.txt", b"Half past six")["url"]
    settings.PAIRCHAT = {**settings.PAIRCHAT, "REDIRECT_FILES": False}
    answer = minji.get(address, headers={"Range": "bytes=5-8"})
    assert (answer.status_code, b"".join(answer.streaming_content)) == (206, b"past")


@pytest.mark.parametrize("options", [{"querystring_auth": False}, {"custom_domain": "files.example"}])
def test_a_storage_that_does_not_sign_is_an_error(use: Any, options: dict[str, Any]) -> None:
    assert run_checks(tags=["pairchat"]) == []
    use(**options)
    assert [found.id for found in run_checks(tags=["pairchat"])] == ["pairchat.E029"]
