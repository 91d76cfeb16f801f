"""What can be pressed stays readable while the mouse is over it, and while it is pressed."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import Meet, SignIn
from .helpers import live, message, open_menu, send, something_new

PRESSABLE = ".pc :is(a[href], button, summary), .pc label:has(> input[type=file])"
# What can be pressed and is seen: its colour on what lies behind it. An icon has to reach less than a text.
TOO_FAINT = """selector => {
  const pen = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
  const onto = (colours) => {
    pen.clearRect(0, 0, 1, 1);
    for (const colour of colours) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => rgb
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const canvas = matchMedia('(prefers-color-scheme: dark)').matches ? '#121212' : '#fff';
  return [...document.querySelectorAll(selector)].flatMap((element) => {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return [];
    const behind = [];
    for (let at = element; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
    const { color } = getComputedStyle(element);
    const [ink, ground] = [onto([canvas, ...behind, color]), onto([canvas, ...behind])].map(light);
    const ratio = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    const words = element.cloneNode(true);
    for (const unseen of words.querySelectorAll('.pc-sr, svg, .pc-avatar')) unseen.remove();
    const wanted = words.textContent.trim() ? 4.5 : 3;
    const name = `${element.className} ${element.textContent.trim()}`;
    return ratio < wanted ? [`${name.replace(/\\s+/g, ' ')}: ${ratio.toFixed(2)}`] : [];
  });
}"""


def faint(page: Page, *states: str) -> list[str]:
    """What cannot be read while all that can be pressed is in these states."""
    session = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        session.send(f"{domain}.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    nodes = session.send("DOM.querySelectorAll", {"nodeId": root, "selector": PRESSABLE})["nodeIds"]
    assert nodes
    for node in nodes:
        session.send("CSS.forcePseudoState", {"nodeId": node, "forcedPseudoClasses": list(states)})
    found: list[str] = page.evaluate(TOO_FAINT, PRESSABLE)
    session.detach()
    return [f"{page.url} {states}: {each}" for each in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_that_can_be_pressed_fades_under_the_mouse(sign_in: SignIn, meet: Meet, theme: Any) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji", color_scheme=theme, reduced_motion="reduce")
    room = meet(juwon, minji).split("?")[0]
    live(juwon)
    word = something_new("word")
    send(juwon, word)
    minji.goto(room)
    live(minji)
    found = []
    open_menu(minji, word)
    for states in ([], ["hover"], ["hover", "active", "focus", "focus-visible"]):
        found += faint(minji, *states)
    minji.keyboard.press("Escape")
    minji.locator("[data-pc-part=settings] > summary").click()
    for question in minji.locator("[data-pc-part=settings] details > summary").all():
        question.click()
    expect(message(minji, word)).to_be_visible()
    found += faint(minji, "hover")
    for address in (
        *("/chat/", "/chat/preferences/", "/chat/quick-replies/", "/chat/starred/"),
        *("/chat/notifications/", f"/chat/search/?query={word}", f"{room}gallery/", f"{room}messages/1/"),
        f"{room}report/?seq=1",
    ):
        answer = minji.goto(address)
        assert answer
        assert answer.ok, address
        found += faint(minji, "hover")
    assert found == []
