"""The OpenAPI document as a site serves it, with its own address, limits and ways to sign in."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client

from django_pairchat.conf import DEFAULT_RATES
from django_pairchat.openapi import document, merge_into
from tests.support.tokens import TOKENS_AND_SESSIONS

TOKENS = TOKENS_AND_SESSIONS["AUTHENTICATION"][0]
SCHEMA = "/chat/api/schema/"


def with_settings(settings: Any, **changes: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, **changes}


def test_it_is_served_to_everybody_where_a_setting_says_so(settings: Any) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    assert Client().get(SCHEMA).status_code == 404
    with_settings(settings, SERVE_SCHEMA=True, RATES=DEFAULT_RATES)
    found = Client().get(SCHEMA)
    assert (found.status_code, found["Content-Type"]) == (200, "application/json")
    assert found.json()["servers"] == [{"url": "/chat"}]
    assert Client().post(SCHEMA).status_code == 405


def test_the_setting_is_a_yes_or_a_no(settings: Any) -> None:
    with_settings(settings, SERVE_SCHEMA="yes")
    assert [found.id for found in run_checks(tags=["pairchat"])] == ["pairchat.E028"]


def test_it_has_the_limits_of_the_site(settings: Any) -> None:
    with_settings(settings, RATES={**settings.PAIRCHAT["RATES"], "inbox": (7, 3), "sync": None}, SEND_BURST=5)
    paths = document()["paths"]
    assert paths["/api/inbox/"]["get"]["x-rate"] == {"kind": "inbox", "per_minute": 7, "at_once": 3}
    assert "x-rate" not in paths["/api/sync/"]["post"]
    assert paths["/api/rooms/{room}/messages/"]["post"]["x-rate"]["at_once"] == 5


@pytest.mark.parametrize(
    ("listed", "reading", "writing"),
    [
        ([], [{"session": []}], [{"session": [], "csrf": []}]),
        ([TOKENS], [{"bearer": []}], [{"bearer": []}]),
        (
            TOKENS_AND_SESSIONS["AUTHENTICATION"],
            [{"session": []}, {"bearer": []}],
            [{"session": [], "csrf": []}, {"bearer": []}],
        ),
    ],
    ids=["sessions", "tokens", "both"],
)
def test_it_names_the_ways_to_sign_in_that_are_accepted(
    settings: Any, listed: list[str], reading: list[Any], writing: list[Any]
) -> None:
    if listed:
        with_settings(settings, AUTHENTICATION=listed)
    settings.SESSION_COOKIE_NAME = "own"
    found = document()
    assert found["paths"]["/api/inbox/"]["get"]["security"] == reading
    assert found["paths"]["/api/sync/"]["post"]["security"] == writing
    named = {name for each in [*reading, *writing] for name in each}
    assert found["components"]["securitySchemes"].keys() == named
    assert found["components"]["securitySchemes"].get("session", {"name": "own"})["name"] == "own"
    # What only a header can use is described where headers count.
    assert ("/api/ticket/" in found["paths"]) is (TOKENS in listed)


def test_what_the_host_has_described_stays_when_it_is_merged() -> None:
    own = {
        "openapi": "3.1.0",
        "info": {"title": "shop"},
        "paths": {"/things/": {"get": {"operationId": "inbox"}}},
        "components": {"schemas": {"Message": {"type": "string"}}},
    }
    merged = merge_into(own)
    assert merged["info"] == {"title": "shop"}
    assert merged["paths"]["/things/"] == own["paths"]["/things/"]
    assert merged["paths"]["/chat/api/inbox/"]["get"]["operationId"] == "pairchat_inbox"
    assert merged["components"]["schemas"]["Message"] == {"type": "string"}
    assert "PairchatMessage" in merged["components"]["schemas"]
    assert list(own["paths"]) == ["/things/"]
