"""The authentication classes of Django REST framework: those for tokens are taken, those for browsers are not."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from django_pairchat.authentication.registry import make_authentication

pytest.importorskip("rest_framework", reason="it is installed with the hosts")
PATH = "rest_framework.authentication"


@pytest.mark.parametrize("name", ["SessionAuthentication", "BasicAuthentication", "RemoteUserAuthentication"])
def test_what_browsers_send_by_themselves_is_no_proof(name: str, settings: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        make_authentication(f"{PATH}.{name}")
    settings.PAIRCHAT = {**settings.PAIRCHAT, "AUTHENTICATION": [f"{PATH}.{name}"]}
    assert [found.id for found in run_checks(tags=["pairchat"])] == ["pairchat.E027"]


def test_tokens_are_taken(settings: Any) -> None:
    assert make_authentication(f"{PATH}.TokenAuthentication").challenge() == "Token"
