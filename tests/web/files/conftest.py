"""Somebody at a browser, a storage of the test's own, and files to send."""

from __future__ import annotations

import uuid
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

GPS_TAG = 0x8825
ORIENTATION_TAG = 0x0112
ROTATED = 6


@pytest.fixture(autouse=True)
def storage_folder(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    settings.PAIRCHAT = {**getattr(settings, "PAIRCHAT", {}), "SEND_BURST": 1000, "SENDS_PER_MINUTE": 60_000}
    return tmp_path


class Person:
    """One user with a browser, writing in one room."""

    def __init__(self, user: Any, key: str) -> None:
        self.client = Client()
        self.client.force_login(user)
        self.key = key

    def get(self, url: str, **headers: str) -> Any:
        """The response, read to its end, which closes it."""
        response = self.client.get(url, headers=headers)
        response.body = b"".join(response.streaming_content) if response.streaming else response.content
        return response

    def upload(self, name: str, content: bytes, **fields: str) -> Any:
        file = SimpleUploadedFile(name, content)
        # The name as a hostile client writes it: Django's own class would already have cut it.
        file._name = name
        return self.client.post("/chat/api/uploads/", {"room": self.key, "file": file, **fields})

    def send(self, upload: str, client_id: str | None = None, content: str = "") -> Any:
        body = {"client_id": client_id or str(uuid.uuid4()), "content": content, "attachment": upload}
        return self.client.post(f"/chat/api/rooms/{self.key}/messages/", body, content_type="application/json")

    def send_file(self, name: str, content: bytes) -> dict[str, Any]:
        sent = self.send(self.upload(name, content).json()["upload"])
        assert sent.status_code == 201, sent.content
        message: dict[str, Any] = sent.json()["message"]
        return message


@pytest.fixture
def minji(people: Any, key: str) -> Person:
    return Person(people.minji, key)


@pytest.fixture
def juwon(people: Any, key: str) -> Person:
    return Person(people.juwon, key)


@pytest.fixture
def stranger(people: Any, key: str) -> Person:
    return Person(people.stranger, key)


@pytest.fixture
def photo() -> bytes:
    """A JPEG as a telephone makes it: lying on its side, with the place it was taken at."""
    exif = Image.Exif()
    exif[GPS_TAG] = {1: "N", 2: (37.0, 33.0, 0.0)}
    exif[ORIENTATION_TAG] = ROTATED
    content = BytesIO()
    Image.new("RGB", (400, 300), "teal").save(content, "JPEG", exif=exif, comment=b"secret")
    return content.getvalue()
