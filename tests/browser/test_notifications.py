"""The page on which a person says how to be told of missed messages."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from .conftest import SignIn
from .helpers import faults

PAGE = "/chat/notifications/"
SMALLEST_SWITCH_PX = 12
HIGHEST_LINE_PX = 60


def height(field: Locator) -> float:
    box = field.bounding_box()
    assert box
    return box["height"]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_switches_can_be_seen_and_are_kept(sign_in: SignIn, scripts: bool, scheme: str) -> None:
    sora = sign_in("sora", scripts=scripts, color_scheme=scheme, viewport={"width": 390, "height": 844})
    sora.goto(PAGE)
    switches = sora.locator("main input[type=checkbox]")
    assert switches.count() >= 2
    for switch in switches.all():
        assert height(switch) >= SMALLEST_SWITCH_PX
        # Drawn by the browser: nothing else draws it.
        assert switch.evaluate("it => getComputedStyle(it).appearance") == "auto"
    for field in sora.locator("main input[type=time], main select").all():
        assert height(field) <= HIGHEST_LINE_PX
    mail = sora.get_by_label("E-mail")
    was_on = mail.is_checked()
    mail.set_checked(not was_on)
    sora.get_by_role("button", name="Save").click()
    expect(sora.get_by_role("status")).to_be_visible()
    expect(sora.get_by_label("E-mail")).to_be_checked(checked=not was_on)


def test_axe_finds_nothing(sign_in: SignIn) -> None:
    sora = sign_in("sora", bypass_csp=True)
    sora.goto(PAGE)
    assert faults(sora) == []
