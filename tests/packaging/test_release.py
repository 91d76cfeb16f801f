"""What a release is made of: one version, one content however it is built, and a README that stands alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.tools.absolute_links import with_absolute_links

from .conftest import ROOT

REPOSITORY = "https://code.example/chat/django-pairchat"
PYTHONS = ("3.11", "3.12", "3.13", "3.14", "3.15")


def test_there_is_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    code = (ROOT / "src/django_pairchat/__init__.py").read_text("utf-8")
    client = json.loads((ROOT / "frontend/package/package.json").read_text("utf-8"))["version"]
    assert re.search(r'__version__ = "(.+)"', code)[1] == project  # type: ignore[index]  # there is one, or the test fails
    # npm writes 1.0.0-rc.1 for what Python calls 1.0.0rc1.
    assert re.sub(r"-(\w+)\.", r"\1", client) == project
    assert f"## [{project}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_tree_and_the_source_distribution_give_the_same_wheel(built: Path, tmp_path: Path) -> None:
    subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT], check=True)
    (from_tree,), (from_source,) = tmp_path.glob("*.whl"), built.glob("*.whl")
    assert contents(from_tree) == contents(from_source)


def test_the_links_of_the_readme_are_absolute_on_a_package_index() -> None:
    for name in ("README.md", "README.ko.md"):
        page = with_absolute_links((ROOT / name).read_text("utf-8"), REPOSITORY, "v1")
        targets = re.findall(r"\]\(([^)\s]+)\)", page)
        assert targets
        assert [target for target in targets if not target.startswith(("http", "#"))] == []
        inside = [target.split(f"{REPOSITORY}/", 1)[1] for target in targets if target.startswith(REPOSITORY)]
        paths = [each.split("/", 2)[2].partition("#")[0] for each in inside]
        assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_page_of_the_package_leads_to_the_repository_and_its_documentation(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))
    named = {step.get("name"): step.get("run") for step in workflow["jobs"]["build"]["steps"]}
    run = {"GITHUB_SERVER_URL": "https://code.example", "GITHUB_REPOSITORY": "chat/pairchat", "GITHUB_REF_NAME": "v1"}
    subprocess.run(
        ["bash", "-e", "-c", named["where the package's page leads to"]],
        check=True,
        cwd=tmp_path,
        env={**os.environ, **run},
    )
    urls = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))["project"]["urls"]
    at = "https://code.example/chat/pairchat"
    files = [url.split(f"{at}/blob/v1/")[1] for url in urls.values() if "/blob/" in url]
    assert (urls["Source"], urls["Documentation"]) == (at, f"{at}/blob/v1/docs/index.md")
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_a_link_in_a_block_of_code_and_one_on_the_page_stay() -> None:
    page = "[a](docs/a.md) ![b](b.gif) [c](#c) [d](https://d.example)\n```\n[e](e.md)\n```\n"
    assert with_absolute_links(page, REPOSITORY, "v1") == (
        f"[a]({REPOSITORY}/blob/v1/docs/a.md) ![b]({REPOSITORY}/raw/v1/b.gif) [c](#c) [d](https://d.example)\n"
        "```\n[e](e.md)\n```\n"
    )


def test_a_package_index_can_show_what_is_built(built: Path) -> None:
    done = subprocess.run(
        ["twine", "check", "--strict", *map(str, built.glob("django_pairchat*"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.extended
@pytest.mark.parametrize("kind", ["*.whl", "*.tar.gz"])
@pytest.mark.parametrize("python", PYTHONS)
def test_it_installs_into_an_empty_environment(python: str, kind: str, built: Path, tmp_path: Path) -> None:
    interpreter = shutil.which(f"python{python}")
    if interpreter is None and os.environ.get("PAIRCHAT_REQUIRE") != "all":
        pytest.skip(f"There is no python{python} on the PATH.")
    (distribution,) = built.glob(kind)
    place = tmp_path / "venv"
    subprocess.run(["uv", "venv", "--quiet", "--python", interpreter or python, place], check=True)
    subprocess.run(
        ["uv", "pip", "install", "--quiet", "--python", place / "bin/python", f"{distribution}[uvicorn,images]"],
        check=True,
        env={**os.environ, "AUTOBAHN_USE_NVX": "0"},
    )
    subprocess.run(
        [place / "bin/python", "-c", "import django_pairchat, sys; print(django_pairchat.__version__)"],
        check=True,
        cwd=tmp_path,
    )
