"""People at the HTTP twins."""

from __future__ import annotations

import pytest

from tests.conftest import People
from tests.web.api.caller import Caller


@pytest.fixture
def minji(people: People) -> Caller:
    return Caller(people.minji)


@pytest.fixture
def juwon(people: People) -> Caller:
    return Caller(people.juwon)


@pytest.fixture
def stranger(people: People) -> Caller:
    return Caller(people.stranger)


@pytest.fixture
def nobody() -> Caller:
    """Somebody who is not signed in."""
    return Caller(None)
