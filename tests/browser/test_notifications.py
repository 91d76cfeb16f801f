"""The page on which a person says how to be told of missed messages."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, expect

from .board import Board
from .conftest import Meet, SignIn
from .helpers import NOT_READ, faults, live, message, send

PAGE = "/chat/notifications/"
SMALLEST_SWITCH_PX = 20
HIGHEST_LINE_PX = 60
EDGE_PX = 8


# Where the middle of what belongs to a switch lies, seen from the middle of the switch.
BESIDE = """input => {
  const middle = (box) => box.top + box.height / 2;
  const all = document.createRange();
  all.selectNodeContents(input.labels[0]);
  return middle(all.getBoundingClientRect()) - middle(input.getBoundingClientRect());
}"""


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
        assert abs(switch.evaluate(BESIDE)) <= HIGHEST_LINE_PX / 10
    for choice in sora.locator("main select").all():
        # With its arrow, which the browser draws.
        assert choice.evaluate("it => getComputedStyle(it).appearance") == "auto"
    for field in sora.locator("main input[type=time], main select").all():
        assert height(field) <= HIGHEST_LINE_PX
    mail = sora.get_by_label("E-mail")
    was_on = mail.is_checked()
    mail.set_checked(not was_on)
    sora.get_by_role("button", name="Save").click()
    expect(sora.get_by_role("status")).to_be_visible()
    expect(sora.get_by_label("E-mail")).to_be_checked(checked=not was_on)


def test_a_report_stands_under_what_it_is_about(sign_in: SignIn, meet: Meet) -> None:
    juwon, sora = sign_in("juwon"), sign_in("sora")
    room = meet(sora, juwon).split("?")[0]
    live(sora)
    send(sora, "hello")
    expect(message(sora, "hello")).to_have_attribute("data-status", NOT_READ)
    juwon.goto(f"{room}report/?seq=1")
    left = "it => it.getBoundingClientRect().left"
    quoted, form = (juwon.locator(it).evaluate(left) for it in (".pc-messages-single", "[data-pc-form=report]"))
    assert quoted == form


def test_a_page_without_a_frame_keeps_its_edges_free(board: Board, sign_in: SignIn) -> None:
    sora = sign_in("sora")
    made = board.manage(
        "shell",
        "-c",
        "from django.contrib.auth.models import User; from django_pairchat.notifications.links import unsubscribe_url; "
        "print(unsubscribe_url(User.objects.get(username='sora'), 'mail'))",
    )
    sora.goto(urlsplit(made.split()[-1]).path)
    first = (
        "it => { const all = document.createRange(); all.selectNodeContents(it); return all.getBoundingClientRect().x }"
    )
    for shown in (sora.locator(".pc-home"), sora.get_by_role("heading"), sora.locator(".pc-hint")):
        assert shown.evaluate(first) >= EDGE_PX
    sora.get_by_role("button", name="Unsubscribe").click()
    expect(sora.get_by_role("status")).to_have_text("You will get no more e-mails about messages.")
    assert sora.get_by_role("link", name="Notification settings").evaluate(first) >= EDGE_PX


def test_axe_finds_nothing(sign_in: SignIn) -> None:
    sora = sign_in("sora", bypass_csp=True)
    sora.goto(PAGE)
    assert faults(sora) == []
