"""Jinja2 and ``LoginRequiredMiddleware``: what is there for somebody who is not signed in."""

from __future__ import annotations

import httpx
import pytest

from .served import Host

pytestmark = pytest.mark.hosts("jinja")


def test_pages_lead_to_the_login_page_and_endpoints_say_so_in_json(host: Host) -> None:
    page = httpx.get(f"{host.url}/chat/")
    assert page.status_code == 302
    assert page.headers["location"] == "/accounts/login/?next=/chat/"
    for answer in (httpx.get(f"{host.url}/chat/api/inbox/"), httpx.post(f"{host.url}/chat/api/rooms/", json={})):
        assert answer.status_code in (401, 403)
        assert answer.json()["code"] in ("unauthenticated", "csrf")
