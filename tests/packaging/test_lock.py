"""The lock file of the development tools can be used by anybody, anywhere."""

from __future__ import annotations

import re
import tomllib
from urllib.parse import urlsplit

from .conftest import ROOT

LOCK = (ROOT / "uv.lock").read_text("utf-8")


def test_the_lock_names_no_place_but_pypi() -> None:
    hosts = {urlsplit(url).netloc for url in re.findall(r'"(\w+://[^"]+)"', LOCK)}
    assert hosts == {"files.pythonhosted.org", "pypi.org"}
    sources = [package["source"] for package in tomllib.loads(LOCK)["package"]]
    assert [source for source in sources if "registry" not in source] == [{"editable": "."}]


def test_the_lock_knows_every_group_of_development_tools() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    ours = next(package for package in tomllib.loads(LOCK)["package"] if package["name"] == "django-pairchat")
    assert set(ours["dev-dependencies"]) == set(groups)
