"""A site to link to, and a policy that allows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from django_pairchat.policy import Policy

from .site import Site, serving


class OneSite(Policy):
    """Allows previews of one site, on which no link is used up."""

    def shows_preview(self, user: Any, url: str) -> bool:
        return urlsplit(url).hostname == "site.example" and "/once/" not in url


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with serving(monkeypatch) as site:
        yield site


@pytest.fixture
def allowed(settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "POLICY": f"{OneSite.__module__}.OneSite"}
