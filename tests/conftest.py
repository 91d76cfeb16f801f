"""Fixtures for every suite that runs inside the test project: people, and a room for two of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import settings

settings.register_profile("pairchat", derandomize=True, deadline=None)
settings.load_profile("pairchat")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Django would make all permissions anew after each test with transactions of its own. The tests that need some are
    not among these, and pytest-django lets them run first."""
    from django.db.models.signals import post_migrate

    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")


class People(NamedTuple):
    """``minji`` opens the room with ``juwon``; ``stranger`` is in none of their rooms."""

    minji: Any
    juwon: Any
    stranger: Any


@pytest.fixture
def people(db: None) -> People:
    from tests.support.people import make_user

    return People(make_user("Minji"), make_user("Juwon"), make_user("Sora"))


@pytest.fixture
def room(people: People) -> Any:
    from django_pairchat.services import open_room

    return open_room(people.minji, people.juwon)


@pytest.fixture
def key(room: Any) -> str:
    """The room's key as a client writes it."""
    return str(room.pk)
