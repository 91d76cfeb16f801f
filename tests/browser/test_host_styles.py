"""The styles of other people's pages: nothing of them comes into the chat, and nothing of the chat's goes out."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from .conftest import Meet, SignIn
from .helpers import composer, live, message, open_menu, something_new

ROOT = Path(__file__).parents[2]
# Pinned in tests/browser/packages; a run may have them elsewhere.
PACKAGES = Path(os.environ.get("PAIRCHAT_HOST_PACKAGES") or ROOT / "tests/browser/packages/node_modules")
STYLES = {
    "bootstrap 4": "bootstrap4/dist/css/bootstrap.css",
    "bootstrap 5": "bootstrap/dist/css/bootstrap.css",
    "bulma": "bulma/css/bulma.css",
    "foundation": "foundation-sites/dist/css/foundation.css",
    "materialize": "materialize-css/dist/css/materialize.css",
    "pico": "@picocss/pico/css/pico.css",
    "water": "water.css/out/water.css",
    "tailwind": "tailwindcss/preflight.css",
    "daisyui": "daisyui/daisyui.css",
}
# What a site says of its own elements, without a library.
ELEMENTS = """main, section, article, header, form, p, ul, li {
  margin: 2rem auto; border: 3px solid red; padding: 1.5rem; max-width: 30rem; box-shadow: 0 0 9px red; }"""
FORMS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone, dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True},
}
TOLERANCE = 3
# The size of a root's text and the box of its body are the host's, and the chat lives within them.
NEUTRAL = """html { font-size: 16px !important; }
  body, body :has(.pc) { display: block !important; position: static !important; float: none !important;
    margin: 0 !important; border: 0 !important; padding: 0 !important;
    width: auto !important; min-width: 0 !important; max-width: none !important; }
  body > :not(.pc, :has(.pc)) { display: none !important; }
  *, ::before, ::after { transition: none !important; animation: none !important; }"""

# Boxes and looks of everything in the chat, by place in the document.
MEASURE = """() => {
  const looks = ['color', 'backgroundColor', 'backgroundImage', 'borderTopWidth', 'borderTopColor',
    'borderInlineStartWidth', 'borderTopLeftRadius',
    'boxShadow', 'textShadow', 'fontFamily', 'fontSize', 'fontWeight',
    'fontStyle', 'lineHeight',
    'letterSpacing', 'textDecorationLine', 'textTransform', 'textAlign', 'whiteSpace',
    'opacity', 'visibility',
    'display', 'position', 'overflowX', 'overflowY', 'appearance', 'listStyleType', 'cursor',
    'float', 'filter', 'transform'];
  return [...document.querySelectorAll('.pc, .pc *')].flatMap((element) => {
    if (element.closest('template, script, noscript, .pc-sr')) return [];
    if (!element.checkVisibility({ visibilityProperty: true })) return [];
    const { x, y, width, height } = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const around = ['::before', '::after'].map((pseudo) => getComputedStyle(element, pseudo).content);
    const { pcPart, pcSlot } = element.dataset;
    const name = `${element.tagName}.${element.getAttribute('class') ?? ''}[${pcPart ?? pcSlot ?? element.name ?? ''}]`;
    const inSvg = element.closest('svg') && element.tagName !== 'svg';
    const look = Object.fromEntries((inSvg ? ['stroke', 'fill'] : looks).map((key) => [key, style[key]]));
    return [{ name, box: { x, y, width, height }, look: { ...look, around: around.join() } }];
  });
}"""


def package(name: str) -> Path:
    """A file of one of the packages; without them the test is skipped, unless everything is required."""
    path = PACKAGES / name
    if not path.is_file() and os.environ.get("PAIRCHAT_REQUIRE") != "all":
        pytest.skip(f"{path} is not there: npm ci --prefix tests/browser/packages --ignore-scripts")
    return path


def css(name: str) -> str:
    return package(STYLES[name]).read_text("utf-8")


def put_on_top(page: Page, style: str) -> None:
    """Lets a stylesheet of the host come before everything in the head; an empty one takes it away again."""
    page.evaluate(
        """style => {
          document.querySelector('#host-style')?.remove();
          const element = document.createElement('style');
          element.id = 'host-style';
          element.textContent = style;
          document.head.prepend(element);
        }""",
        style,
    )


def measure(page: Page) -> list[dict[str, Any]]:
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    found: list[dict[str, Any]] = page.evaluate(MEASURE)
    return found


def differences(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
    names = [each["name"] for each in before], [each["name"] for each in after]
    if names[0] != names[1]:
        gone = [name for name in names[0] if name not in names[1]]
        more = [name for name in names[1] if name not in names[0]]
        return [f"not shown: {gone}, shown: {more}"]
    found = []
    for old, new in zip(before, after, strict=True):
        moved = {
            side: (old["box"][side], new["box"][side])
            for side in old["box"]
            if abs(old["box"][side] - new["box"][side]) > TOLERANCE
        }
        changed = {key: (value, new["look"][key]) for key, value in old["look"].items() if new["look"][key] != value}
        if moved or changed:
            found.append(f"{old['name']}: {json.dumps({**moved, **changed}, ensure_ascii=False)}")
    return found


def say(page: Page, text: str) -> None:
    composer(page).fill(text)
    page.locator("#composer [data-pc-action=send]").click()
    expect(message(page, text)).to_be_visible()


@pytest.mark.parametrize("form", FORMS)
def test_no_style_of_a_page_comes_into_the_chat(sign_in: SignIn, meet: Meet, form: str) -> None:
    juwon, minji = (sign_in(name, bypass_csp=True, **FORMS[form]) for name in ("juwon", "minji"))
    room = meet(juwon, minji).split("?")[0]
    live(juwon)
    word = something_new("word")
    say(juwon, f"{word} https://example.com/")
    minji.goto(room)
    # When all is read and nobody else is there, nothing changes on the page by itself.
    expect(message(juwon, word)).to_have_attribute("data-status", "read")
    juwon.context.close()
    found = []
    for address in (room, "/chat/", f"/chat/search/?query={word[:4]}", f"{room}messages/1/", f"{room}report/?seq=1"):
        minji.goto(address)
        minji.add_style_tag(content=NEUTRAL)
        if address == room:
            live(minji)
            minji.locator("[data-pc-part=settings] > summary").click()
            for question in minji.locator("[data-pc-part=settings] details > summary").all():
                question.click()
        alone = measure(minji)
        assert len(alone) > 10
        for name in STYLES:
            put_on_top(minji, css(name))
            found += [f"{name}, {address}: {each}" for each in differences(alone, measure(minji))]
            put_on_top(minji, "")
    assert found == []


def test_what_a_site_says_of_its_elements_stays_out_of_the_chat(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", bypass_csp=True), sign_in("minji")
    room = meet(juwon, minji).split("?")[0]
    live(juwon)
    say(juwon, "hello")
    minji.context.close()
    found = []
    for address in ("/chat/", room, "/chat/preferences/", f"{room}report/?seq=1"):
        juwon.goto(address)
        juwon.add_style_tag(content=NEUTRAL)
        alone = measure(juwon)
        put_on_top(juwon, ELEMENTS)
        found += [f"{address}: {each}" for each in differences(alone, measure(juwon))]
    assert found == []


def test_the_button_that_opens_a_chat_is_written_as_it_is_meant(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", bypass_csp=True), sign_in("minji")
    meet(juwon, minji)
    juwon.locator("a.pc-topic").click()
    put_on_top(juwon, "button, a { text-transform: uppercase; letter-spacing: 0.2em; }")
    opens = juwon.locator(".pc-open button")
    expect(opens).to_have_css("text-transform", "none")
    expect(opens).to_have_css("letter-spacing", "normal")


@pytest.mark.parametrize("name", STYLES)
def test_everything_in_a_room_works_within_a_page_of_that_style(sign_in: SignIn, meet: Meet, name: str) -> None:
    style = css(name)
    form = FORMS["phone, dark" if name in ("pico", "materialize", "bulma") else "desktop"]
    juwon, minji = sign_in("juwon", bypass_csp=True, **form), sign_in("minji")

    def with_style(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(
            response=answer, body=answer.text().replace("<head>", "<head><link rel=stylesheet href=/host.css>", 1)
        )

    room = meet(juwon, minji).split("?")[0]
    minji.goto(room)
    live(minji)
    text = something_new("from the peer")
    composer(minji).fill(text)
    composer(minji).press("Enter")
    juwon.route("**/host.css", lambda route: route.fulfill(body=style, content_type="text/css"))
    juwon.route(re.compile(r"/chat/rooms/[^/]+/(report/.*)?$"), with_style)
    juwon.goto(room)
    live(juwon)
    # Playwright clicks only what is in view, at rest and covered by nothing.
    say(juwon, something_new("one more"))
    menu = open_menu(juwon, text)
    menu.locator("[data-pc-action=react]").first.click()
    expect(message(juwon, text).locator("[data-pc-slot=reaction-mine]")).to_be_visible()
    open_menu(juwon, text).locator("[data-pc-action=reply]").click()
    juwon.locator("#composer [data-pc-action=cancel-reply]").click()

    options = juwon.locator("[data-pc-part=settings]")
    options.locator("> summary").click()
    for question in options.locator("details > summary").all():
        question.click()
    options.locator("[name=muted][value='1']").click()
    juwon.wait_for_load_state()
    live(juwon)
    options.locator("> summary").click()
    expect(options.locator("[name=muted][value='0']")).to_be_visible()
    options.locator("details > summary", has_text="Block").click()
    options.locator("[name=blocked][value='1']").click()
    expect(juwon.locator("[data-pc-part=closed]")).to_be_visible()
    juwon.locator("[data-pc-part=closed] button").click()
    expect(composer(juwon)).to_be_visible()
    options.locator("> summary").click()
    options.get_by_role("link", name="Report this chat").click()
    juwon.locator("textarea[name=reason]").fill("A test of the form")
    juwon.get_by_role("button", name="Send the report").click()
    expect(juwon.locator("pair-chat .pc-notice")).to_be_visible()


# What a page of a host may hold, with and without the chat's stylesheet.
HOST = """<main><h1>Title</h1><p>Text <a href="#">link</a> <time>now</time> <mark>mark</mark></p><ul><li>one</li></ul>
<details open><summary>More</summary><p>inside</p></details><form><label>Name <input></label><textarea></textarea>
<button>Send</button><select><option>1</select></form><nav><a href="#">a</a></nav><table><tr><td>x</table><img alt="">
<dialog open>Dialog</dialog><progress></progress><svg width="9" height="9"></svg></main>"""


def test_no_style_of_the_chat_goes_out_into_the_page(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", bypass_csp=True), sign_in("minji")
    juwon.goto(meet(juwon, minji))
    measured = """on => {
      document.querySelector('link[href*="pairchat"]').disabled = !on;
      return [...document.querySelectorAll('#host, #host *, html, body')].map((element) => {
        const { x, y, width, height } = element.closest('#host') ? element.getBoundingClientRect() : {};
        const style = getComputedStyle(element);
        const sizes = /^--|(block|inline)-size$|height|origin|^width$/;
        const names = [...style].filter((name) => !sizes.test(name));
        const looks = names.map((name) => `${name}: ${style.getPropertyValue(name)}`);
        return [element.tagName, x, y, width, height, looks.join()];
      });
    }"""
    juwon.evaluate(
        """html => {
          const host = Object.assign(document.createElement('div'), { id: 'host', innerHTML: html });
          host.style = 'position: absolute; top: 0';
          document.body.prepend(host);
        }""",
        HOST,
    )
    assert juwon.evaluate(measured, True) == juwon.evaluate(measured, False)
