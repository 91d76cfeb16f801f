"""Every page, and everything that can be opened on one: accessible, within its policy, and no wider than a phone."""

from __future__ import annotations

from typing import Any

import pytest

from .board import Board
from .conftest import SignIn
from .helpers import faults, overflow
from .tour import Places, furnish, walk

NARROW: dict[str, Any] = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
WIDE: dict[str, Any] = {"viewport": {"width": 1200, "height": 800}}
# Twice as wide as the narrow one, with texts that are twice as large.
LARGE: dict[str, Any] = {"viewport": {"width": 640, "height": 800}}
ENLARGE = "document.addEventListener('DOMContentLoaded', () => { document.documentElement.style.fontSize = '200%'; });"
FORMS: dict[str, dict[str, Any]] = {
    "narrow": {"color_scheme": "light", "locale": "en-GB", **NARROW},
    "wide and dark": {"color_scheme": "dark", "locale": "ko", **WIDE},
    "large and from right to left": {"color_scheme": "light", "locale": "ar", **LARGE},
    "narrow, dark and from right to left": {"color_scheme": "dark", "locale": "ar", **NARROW},
}
LISTEN = """window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});"""
POLICY = {"default-src 'self'", "require-trusted-types-for 'script'"}


@pytest.fixture
def places(board: Board) -> Places:
    return furnish(board)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_axe_finds_nothing_and_nothing_is_too_wide(sign_in: SignIn, places: Places, form: dict[str, Any]) -> None:
    options = {**form, "bypass_csp": True, "outage": True, "reduced_motion": "reduce"}
    me, newcomer = (sign_in(name, **options) for name in (places.me, places.newcomer))
    if form["viewport"] == LARGE["viewport"]:
        me.add_init_script(ENLARGE)
        newcomer.add_init_script(ENLARGE)
    found = []
    for name, page in walk(me, newcomer, places):
        found += [f"{name}: {fault}" for fault in faults(page)]
        if (excess := overflow(page)) > 0:
            found.append(f"{name}: too wide by {excess} px")
    assert found == []


def test_the_strictest_policy_has_nothing_to_report(sign_in: SignIn, places: Places) -> None:
    me, newcomer = (sign_in(name, outage=True) for name in (places.me, places.newcomer))
    policies = []
    for page in (me, newcomer):
        page.add_init_script(LISTEN)
        page.on("response", lambda answer: policies.append(answer) if answer.request.is_navigation_request() else None)
    found = []
    for name, page in walk(me, newcomer, places):
        found += [f"{name}: {violation}" for violation in page.evaluate("window.violations.splice(0)")]
    assert found == []
    assert len(policies) > 10
    assert all(set(answer.headers["content-security-policy"].split("; ")) >= POLICY for answer in policies)
