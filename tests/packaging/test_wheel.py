"""The wheel holds code, templates, static files, compiled translations and ``py.typed``, and nothing else."""

from __future__ import annotations

import re
import zipfile
from email import message_from_bytes
from email.message import Message
from fnmatch import fnmatch
from pathlib import Path

import pytest

from .conftest import ROOT

SOURCE = ROOT / "src"
# Every file below src/ is one of these; the second group stays behind.
SHIPPED = (
    "*.py",
    "django_pairchat/protocol/openapi.json",
    "django_pairchat/py.typed",
    "django_pairchat/locale/*/LC_MESSAGES/*.mo",
    "django_pairchat/static/pairchat/*",
    "django_pairchat/templates/*.html",
    "django_pairchat/templates/*.txt",
    "django_pairchat/default/templates/*.html",
    "django_pairchat/moderation/templates/*.html",
    "django_pairchat/moderation/templates/*.txt",
    "django_pairchat/notifications/static/pairchat/*",
    "django_pairchat/notifications/templates/*.html",
    "django_pairchat/notifications/templates/*.txt",
    "django_pairchat/statistics/static/pairchat/*",
    "django_pairchat/statistics/templates/*.html",
)
LEFT_BEHIND = ("django_pairchat/locale/*.po", "*/__pycache__/*", "*.pyc")
CANNOT_BE_MISSING = (
    "django_pairchat/__init__.py",
    "django_pairchat/default/migrations/0001_initial.py",
    "django_pairchat/locale/ko/LC_MESSAGES/django.mo",
    "django_pairchat/moderation/management/commands/pairchat_moderation_prune.py",
    "django_pairchat/moderation/migrations/0001_initial.py",
    "django_pairchat/moderation/templates/pairchat/moderation/statement_reported.txt",
    "django_pairchat/notifications/migrations/0001_initial.py",
    "django_pairchat/notifications/static/pairchat/pairchat-push.js",
    "django_pairchat/notifications/static/pairchat/pairchat-push.js.map",
    "django_pairchat/notifications/static/pairchat/pairchat-push-worker.js",
    "django_pairchat/notifications/templates/pairchat/notifications/mail/message.txt",
    "django_pairchat/previews/management/commands/pairchat_fetch_previews.py",
    "django_pairchat/previews/migrations/0001_initial.py",
    "django_pairchat/held/migrations/0001_initial.py",
    "django_pairchat/protocol/openapi.json",
    "django_pairchat/py.typed",
    "django_pairchat/static/pairchat/pairchat.css",
    "django_pairchat/statistics/migrations/0001_initial.py",
    "django_pairchat/statistics/templates/admin/pairchat_statistics/dailyfigures/change_list.html",
    "django_pairchat/static/pairchat/pairchat-media.css",
    "django_pairchat/static/pairchat/pairchat.js",
    "django_pairchat/static/pairchat/pairchat.js.map",
    "django_pairchat/static/pairchat/icon-unread.svg",
    "django_pairchat/static/pairchat/pairchat-attention.js",
    "django_pairchat/static/pairchat/pairchat-attention.js.map",
    "django_pairchat/static/pairchat/pairchat-message.wav",
    "django_pairchat/static/pairchat/pairchat-client.js",
    "django_pairchat/static/pairchat/pairchat-client.js.map",
    "django_pairchat/static/pairchat/pairchat-cards.css",
    "django_pairchat/static/pairchat/pairchat-cards.js",
    "django_pairchat/static/pairchat/pairchat-cards.js.map",
    "django_pairchat/static/pairchat/pairchat-dock.css",
    "django_pairchat/static/pairchat/pairchat-dock.js",
    "django_pairchat/static/pairchat/pairchat-dock.js.map",
    "django_pairchat/static/pairchat/pairchat-emoji.js",
    "django_pairchat/static/pairchat/pairchat-emoji.js.map",
    "django_pairchat/static/pairchat/pairchat-emoji-ar.js",
    "django_pairchat/static/pairchat/pairchat-emoji-de.js",
    "django_pairchat/static/pairchat/pairchat-emoji-en.js",
    "django_pairchat/static/pairchat/pairchat-emoji-es.js",
    "django_pairchat/static/pairchat/pairchat-emoji-fr.js",
    "django_pairchat/static/pairchat/pairchat-emoji-ja.js",
    "django_pairchat/static/pairchat/pairchat-emoji-ko.js",
    "django_pairchat/static/pairchat/pairchat-emoji-zh-hans.js",
    "django_pairchat/static/pairchat/pairchat-emoji-license.txt",
    "django_pairchat/static/pairchat/pairchat-search.js",
    "django_pairchat/static/pairchat/pairchat-search.js.map",
    "django_pairchat/static/pairchat/pairchat-files.js",
    "django_pairchat/static/pairchat/pairchat-files.js.map",
    "django_pairchat/static/pairchat/pairchat-photo.js",
    "django_pairchat/static/pairchat/pairchat-photo.js.map",
    "django_pairchat/static/pairchat/pairchat-inbox.css",
    "django_pairchat/static/pairchat/pairchat-held.js",
    "django_pairchat/static/pairchat/pairchat-held.js.map",
    "django_pairchat/static/pairchat/pairchat-inbox.js",
    "django_pairchat/static/pairchat/pairchat-inbox.js.map",
    "django_pairchat/static/pairchat/pairchat-rows.js",
    "django_pairchat/static/pairchat/pairchat-rows.js.map",
    "django_pairchat/static/pairchat/pairchat-links.js",
    "django_pairchat/static/pairchat/pairchat-links.js.map",
    "django_pairchat/static/pairchat/pairchat-popups.js",
    "django_pairchat/static/pairchat/pairchat-popups.js.map",
    "django_pairchat/static/pairchat/pairchat-room.js",
    "django_pairchat/static/pairchat/pairchat-room.js.map",
    "django_pairchat/static/pairchat/pairchat-voice.js",
    "django_pairchat/static/pairchat/pairchat-voice.js.map",
    "django_pairchat/static/pairchat/pairchat-watch.js",
    "django_pairchat/static/pairchat/pairchat-watch.js.map",
    "django_pairchat/templates/pairchat/base.html",
    "django_pairchat/templatetags/pairchat.py",
    "django_pairchat/protocol/errors.py",
)


@pytest.fixture(scope="session")
def wheel(built: Path) -> zipfile.ZipFile:
    (path,) = built.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="session")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return message_from_bytes(wheel.read(name))


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def source_files() -> set[str]:
    found = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*") if path.is_file()}
    return {name for name in found if not matches(name, LEFT_BEHIND)}


def shipped_files(wheel: zipfile.ZipFile) -> set[str]:
    return {name for name in wheel.namelist() if not name.endswith("/") and ".dist-info/" not in name}


def test_every_source_file_is_of_a_kind_that_is_meant_to_be_shipped() -> None:
    assert sorted(name for name in source_files() if not matches(name, SHIPPED)) == []


def test_the_wheel_holds_exactly_the_source_files(wheel: zipfile.ZipFile) -> None:
    assert shipped_files(wheel) == source_files()


def test_the_wheel_holds_what_no_installation_works_without(wheel: zipfile.ZipFile) -> None:
    assert set(CANNOT_BE_MISSING) - shipped_files(wheel) == set()


def test_every_language_is_shipped_with_both_of_its_catalogues(wheel: zipfile.ZipFile) -> None:
    sources = {path.relative_to(SOURCE).with_suffix(".mo").as_posix() for path in SOURCE.rglob("*.po")}
    assert sources <= shipped_files(wheel)


def test_the_licence_travels_with_the_wheel(wheel: zipfile.ZipFile, metadata: Message) -> None:
    assert metadata["License-Expression"] == "MIT"
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel.namelist())


def test_an_installation_pulls_in_django_channels_and_msgspec_only(metadata: Message) -> None:
    required = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert sorted(re.split(r"[<>=!~ ;\[]", line)[0].lower() for line in required) == ["channels", "django", "msgspec"]


def test_the_extras_are_the_documented_ones(metadata: Message) -> None:
    assert sorted(metadata.get_all("Provides-Extra", [])) == [
        "client",
        "heic",
        "images",
        "metrics",
        "redis",
        "uvicorn",
        "webpush",
    ]


def test_the_version_is_the_one_the_module_says(metadata: Message) -> None:
    said = re.search(r'^__version__ = "(.+)"$', (SOURCE / "django_pairchat/__init__.py").read_text(), re.MULTILINE)
    assert said is not None
    assert said[1] == metadata["Version"]
