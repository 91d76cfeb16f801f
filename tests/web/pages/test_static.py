"""``collectstatic`` takes the stylesheet and the script, and pages name the files that it wrote."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from .test_tags import show

PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
HASHED = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
COMPRESSED = "whitenoise.storage.CompressedManifestStaticFilesStorage"
OURS = {"css", "js"}


@pytest.fixture(params=[PLAIN, HASHED, COMPRESSED])
def storage(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> str:
    """One of the ways to collect static files, done."""
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": request.param}}
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["admin"])
    return str(request.param)


def test_pages_name_the_collected_files(storage: str, minji: Any, room: Any, tmp_path: Path, settings: Any) -> None:
    shown = show("{% pairchat_room room %}", minji, room=room)
    scripts = [script["src"] for script in shown.all("script", type="module")]
    sheets = [sheet["href"] for sheet in shown.all("link", rel="stylesheet")]
    assert len(sheets) == 3
    named = [*sheets, *scripts, shown.one("pair-chat")["data-links"]]
    for address in named:
        assert (tmp_path / address.removeprefix(f"/{settings.STATIC_URL.strip('/')}/")).is_file()
    hashes = re.findall(r"pairchat(?:-\w+)?\.([0-9a-f]{12})\.(?:css|js)$", "\n".join(named), re.MULTILINE)
    assert len(hashes) == (0 if storage == PLAIN else len(named))


def test_nothing_that_was_collected_points_to_a_missing_file(storage: str, tmp_path: Path) -> None:
    collected = [path for path in (tmp_path / "pairchat").rglob("*") if path.suffix[1:] in OURS]
    assert {path.suffix[1:] for path in collected} == OURS
    for path in collected:
        text = path.read_text("utf-8")
        # A module that comes by need is imported from the address that the page gives, and never by a name.
        assert not re.search(r"@import|url\(|\bimport\(\s*[\"'`]|^import\b|\bfrom\s*[\"']\.", text, re.MULTILINE)
        if path.suffix == ".js":
            source_maps = re.findall(r"^//# sourceMappingURL=(.+)$", text, re.MULTILINE)
            # The worker has none: a view serves it, at another address. Names of emoji are no source.
            assert len(source_maps) == (0 if path.name.startswith(("pairchat-push-worker", "pairchat-emoji-")) else 1)
            assert all((path.parent / source_map).is_file() for source_map in source_maps)


@pytest.mark.parametrize("storage", [COMPRESSED], indirect=True)
def test_they_are_collected_compressed_too(storage: str, tmp_path: Path) -> None:
    packed = {path.name.rsplit(".", 2)[-2] for path in (tmp_path / "pairchat").glob("*.gz")}
    assert packed >= OURS
