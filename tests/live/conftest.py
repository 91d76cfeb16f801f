"""The chat as a server runs it, with its threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from django_pairchat.testing import stop_live_threads


@pytest.fixture
def threads(transactional_db: None) -> Iterator[None]:
    yield
    stop_live_threads()
