"""People, a conversation, and their browsers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import models
from django.utils import translation

from django_pairchat import get_room_model, services
from tests.support.people import make_user

from .browser import Browser


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A page of another test may have left its language."""
    with translation.override("en"):
        yield


@pytest.fixture
def minji(db: None) -> Any:
    return make_user("minji")


@pytest.fixture
def juwon(db: None) -> Any:
    return make_user("juwon")


@pytest.fixture
def sora(db: None) -> Any:
    return make_user("sora")


@pytest.fixture
def room(minji: Any, juwon: Any) -> Any:
    """Minji's conversation with Juwon, still empty."""
    return services.open_room(minji, juwon)


@pytest.fixture
def key(room: Any) -> str:
    return str(room.pk)


@pytest.fixture
def missing_key() -> str:
    """What a key looks like of a room that is not there."""
    pk = get_room_model()._meta.pk
    return str(uuid.uuid4()) if isinstance(pk, models.UUIDField) else "999999999"


@pytest.fixture
def at_minji(minji: Any) -> Browser:
    return Browser(minji)


@pytest.fixture
def at_juwon(juwon: Any) -> Browser:
    return Browser(juwon)


@pytest.fixture
def at_sora(sora: Any) -> Browser:
    return Browser(sora)


@pytest.fixture
def anonymous(db: None) -> Browser:
    return Browser()
