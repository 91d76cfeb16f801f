"""A storage of the host's that gives files other names than it was asked for."""

from __future__ import annotations

from typing import Any

from django.core.files.storage import FileSystemStorage

from tests.web.files.conftest import Person


class Renaming(FileSystemStorage):
    """Puts each file where it likes, as one that parts them by tenant, or never uses a name again."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return super().get_available_name(f"tenant/{name}", max_length)


def test_a_file_can_be_sent_and_read_wherever_the_storage_has_put_it(
    minji: Person, photo: bytes, settings: Any
) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.Renaming"}}
    for name, content in (("notes.txt", b"hello"), ("photo.jpg", photo)):
        attachment = minji.send_file(name, content)["attachment"]
        assert attachment["name"] == name
        assert minji.get(attachment["url"]).status_code == 200
