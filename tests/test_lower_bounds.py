"""The environment of the lowest versions really has them."""

from __future__ import annotations

import os
from importlib.metadata import requires, version

import pytest
from packaging.requirements import Requirement

EXTRAS = ("", "client", "heic", "images", "metrics", "redis", "uvicorn", "webpush")


def bounds() -> dict[str, str]:
    """Return the lower bound of each package that the library or one of its extras asks for."""
    found = {}
    for requirement in map(Requirement, requires("django-pairchat") or ()):
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in EXTRAS):
            [bound] = [each.version for each in requirement.specifier if each.operator == ">="]
            found[requirement.name] = bound
    return found


@pytest.mark.skipif(not os.environ.get("PAIRCHAT_LOWEST"), reason="only where the lowest versions are installed")
def test_the_lowest_versions_are_installed() -> None:
    installed = {name: version(name) for name in bounds()}
    newer = {name: found for name, found in installed.items() if not f"{found}.0".startswith(f"{bounds()[name]}.")}
    assert newer == {}
