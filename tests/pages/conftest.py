"""People, a conversation, and their browsers."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from django_pairchat import services

from .browser import Browser


def new_user(name: str, **more: Any) -> Any:
    model = get_user_model()
    identity = f"{name}@example.com" if model.USERNAME_FIELD == "email" else name
    return model._default_manager.create_user(**{model.USERNAME_FIELD: identity, "password": "secret", **more})


@pytest.fixture
def minji(db: None) -> Any:
    return new_user("minji")


@pytest.fixture
def juwon(db: None) -> Any:
    return new_user("juwon")


@pytest.fixture
def sora(db: None) -> Any:
    return new_user("sora")


@pytest.fixture
def room(minji: Any, juwon: Any) -> Any:
    """Minji's conversation with Juwon, still empty."""
    return services.open_room(minji, juwon)


@pytest.fixture
def key(room: Any) -> str:
    return str(room.pk)


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
