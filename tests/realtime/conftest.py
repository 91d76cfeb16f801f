"""The chat as a server runs it, with its threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from django_pairchat.testing import ChatCommunicator, stop_live_threads


@pytest.fixture(autouse=True)
def patient_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is."""
    monkeypatch.setattr(ChatCommunicator, "timeout_seconds", 30.0)


@pytest.fixture
def threads(transactional_db: None) -> Iterator[None]:
    yield
    stop_live_threads()
