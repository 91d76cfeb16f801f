"""A reported message, people who report it, and moderators with the permissions that a test names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from django_pairchat.moderation.models import Case
from django_pairchat.services import report, send
from tests.conftest import People
from tests.support.listening import committed
from tests.support.people import make_user

SCAM = "Send the money first, then I send the wallet"
Staff = Callable[..., Any]


@pytest.fixture(autouse=True)
def storage_folder(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def scam(people: People, room: Any) -> Any:
    """What Minji wrote to Juwon."""
    return send(room, people.minji, SCAM)


@pytest.fixture
def case(people: People, key: str, scam: Any) -> Case:
    """Juwon's report of it."""
    with committed():
        report(people.juwon, key, "I paid and nothing came", scam, category="fraud")
    return Case.objects.get()


@pytest.fixture
def moderator(db: None) -> Any:
    return make_user("Desk", is_staff=True, is_superuser=True)


@pytest.fixture
def staff(db: None) -> Staff:
    """``staff("view_case", …)``: somebody with these permissions, and a browser."""

    def sign_in(*codenames: str) -> Client:
        user = make_user("Reader", is_staff=True)
        permissions = Permission.objects.filter(codename__in=codenames)
        assert {permission.codename for permission in permissions} == set(codenames)
        user.user_permissions.set(permissions)
        client = Client()
        client.force_login(user)
        return client

    return sign_in
