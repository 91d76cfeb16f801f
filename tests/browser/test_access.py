"""Screen readers, small screens, both themes."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Meet, SignIn
from .helpers import composer, faults, live, message, messages, open_menu, overflow, send

NARROW = {"width": 320, "height": 640}
EDGE = "element => parseFloat(getComputedStyle(element).borderInlineStartWidth)"
# The seconds of the slowest change of anything in the chat.
MOTION = """Math.max(...[...document.querySelectorAll('.pc, .pc *')].map(element => {
  const { transitionDuration, animationDuration } = getComputedStyle(element);
  return Math.max(...`${transitionDuration}, ${animationDuration}`.split(', ').map(parseFloat));
}))"""


def right_edge(shown: Locator) -> float:
    box = shown.bounding_box()
    assert box
    return box["x"] + box["width"]


def margins(message: Locator) -> dict[str, float]:
    """What is free on both sides of a message's bubble."""
    result: dict[str, float] = message.locator(".pc-bubble").evaluate(
        "box => (({ left, right }) => ({ left, right: innerWidth - right }))(box.getBoundingClientRect())"
    )
    return result


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_a_room_that_is_in_use(sign_in: SignIn, meet: Meet, theme: Any) -> None:
    juwon, minji = sign_in("juwon", color_scheme=theme, bypass_csp=True), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(juwon)
    send(juwon, "see https://example.com/")
    send(minji, "indeed")
    expect(message(juwon, "see")).to_have_attribute("data-status", "read")
    open_menu(juwon, "indeed")
    juwon.locator("pair-chat [data-pc-part=menu] [data-emoji]").first.click()
    open_menu(juwon, "see")
    juwon.locator("pair-chat [data-pc-part=menu] [data-pc-action=reply]").click()
    send(juwon, "and a reply")
    expect(messages(juwon)).to_have_count(3)
    assert faults(juwon, ".pc") == []
    open_menu(juwon, "see")
    assert faults(juwon, ".pc") == []
    juwon.goto("/chat/")
    expect(juwon.locator("pair-chat-inbox .pc-row").first).to_contain_text("and a reply")
    assert faults(juwon, ".pc") == []


def test_new_messages_are_announced_politely_and_together(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(juwon)
    expect(juwon.locator("pair-chat [role=log]")).to_have_attribute("aria-live", "off")
    announcer = juwon.locator("pair-chat [data-pc-slot=announcer]")
    name = juwon.locator("pair-chat").get_attribute("data-peer-name")
    send(minji, "one")
    expect(announcer).to_have_text(f"New message from {name}")
    for text in ("two", "three", "four"):
        send(minji, text)
    expect(announcer).to_have_text("3 new messages")


def test_a_message_says_who_what_when_and_how_far(pair: tuple[Page, Page]) -> None:
    juwon, _ = pair
    send(juwon, "hello")
    expect(messages(juwon).first).to_have_attribute("data-status", "read")
    label = messages(juwon).first.get_attribute("aria-label") or ""
    assert label.startswith("Me: hello, ")
    assert label.endswith(", Read")


def test_nothing_scrolls_sideways_at_320_px(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", viewport=NARROW), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(juwon)
    send(minji, "가" * 4000)
    expect(message(juwon, "가가가")).to_be_visible()
    send(juwon, "https://example.com/" + "a" * 2000)
    expect(message(juwon, "aaaa")).to_be_visible()
    assert overflow(juwon) == 0
    send(minji, "end")
    open_menu(juwon, "end")
    assert overflow(juwon) == 0
    juwon.keyboard.press("Escape")
    expect(composer(juwon)).to_be_in_viewport()
    juwon.goto("/chat/")
    expect(juwon.locator("pair-chat-inbox .pc-row").first).to_be_visible()
    assert overflow(juwon) == 0


def test_a_page_from_right_to_left_is_accessible_and_nothing_scrolls_sideways(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", locale="ar", viewport=NARROW, bypass_csp=True), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(juwon)
    expect(composer(juwon)).to_have_css("direction", "rtl")
    send(minji, "left to right " * 20)
    send(juwon, "من اليمين")
    theirs, mine = message(juwon, "left to right"), message(juwon, "من اليمين")
    expect(mine).to_have_attribute("data-status", "read")
    assert margins(mine)["left"] < margins(mine)["right"]
    assert margins(theirs)["left"] > margins(theirs)["right"]
    assert overflow(juwon) == 0
    assert faults(juwon, ".pc") == []
    open_menu(juwon, "من اليمين")
    assert overflow(juwon) == 0
    assert faults(juwon, ".pc") == []
    send(minji, "left to right again")
    juwon.goto("/chat/")
    row = juwon.locator("pair-chat-inbox .pc-row").first
    expect(row).to_contain_text("left to right again")
    # A text of the other direction begins where the row does all the same.
    assert abs(right_edge(row.locator("[data-pc-slot=content]")) - right_edge(row.locator("[data-pc-slot=name]"))) <= 1
    assert overflow(juwon) == 0
    assert faults(juwon, ".pc") == []


def test_forced_colours_leave_every_edge_to_be_seen(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", forced_colors="active"), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(juwon)
    send(minji, "edges")
    expect(message(juwon, "edges")).to_be_visible()
    edged = [".pc-message .pc-bubble", ".pc-message .pc-avatar", "#composer textarea", "#composer .pc-send"]
    widths = [juwon.locator(f"pair-chat {it}").first.evaluate(EDGE) for it in edged]
    assert min(widths) >= 1, dict(zip(edged, widths, strict=True))
    assert open_menu(juwon, "edges").evaluate(EDGE) >= 1


def test_whoever_wants_no_motion_gets_none(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", reduced_motion="reduce"), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(juwon)
    send(minji, "still")
    open_menu(juwon, "still").locator("[data-pc-action=reply]").click()
    send(juwon, "a reply")
    message(juwon, "a reply").locator("[data-pc-part=reply]").click()
    composer(minji).press_sequentially("typing")
    expect(juwon.locator("pair-chat [data-pc-part=typing]")).to_be_visible()
    assert juwon.evaluate("document.getAnimations().length") == 0
    assert juwon.evaluate(MOTION) == 0
