"""Saved texts in a chat: by the button, by "/" on an empty line, by the keys alone, and never over a draft."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import SignIn
from .helpers import composer, keep_back, live
from .test_identity import sign_in_as

SAVED = "Yes, it is still there.\nWhen would you like to come?"


@pytest.fixture
def minji_with_texts(pair: tuple[Page, Page]) -> Page:
    """Minji in the room, with two saved texts."""
    minji, _juwon = pair
    room = minji.url
    minji.goto("/chat/quick-replies/")
    while (earlier := minji.get_by_role("button", name="Delete")).count():
        earlier.first.click()
    for text in ("No, sorry.", SAVED):
        minji.goto("/chat/quick-replies/")
        box = minji.locator("form[data-pc-form=quick-reply] textarea").last
        box.fill(text)
        minji.get_by_role("button", name="Add").click()
    minji.goto(room)
    expect(composer(minji)).to_be_editable()
    return minji


def menu(page: Page) -> Locator:
    return page.get_by_role("menu", name="Quick replies")


def test_the_button_puts_a_text_where_the_cursor_is(minji_with_texts: Page) -> None:
    page = minji_with_texts
    composer(page).fill("Hello! Bye.")
    composer(page).evaluate("(box) => box.setSelectionRange(0, 7)")
    page.get_by_role("link", name="Quick replies").click()
    menu(page).get_by_role("menuitem", name="No, sorry.").click()
    expect(composer(page)).to_have_value("Hello! No, sorry.Bye.")
    expect(composer(page)).to_be_focused()
    expect(menu(page)).to_be_hidden()


def test_a_slash_on_an_empty_line_opens_them_for_the_keys(minji_with_texts: Page) -> None:
    page = minji_with_texts
    composer(page).fill("Hello\n")
    composer(page).press("/")
    expect(menu(page).get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(composer(page)).to_have_value(f"Hello\n{SAVED}")
    composer(page).press("Enter")
    expect(page.locator("[data-pc-slot=content]").filter(has_text="still there").last).to_be_visible()


def test_escape_leaves_the_slash_and_whoever_writes_on_goes_on_in_the_box(minji_with_texts: Page) -> None:
    page = minji_with_texts
    composer(page).press("/")
    expect(menu(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(composer(page)).to_be_focused()
    expect(composer(page)).to_have_value("/")
    composer(page).fill("")
    composer(page).press("/")
    expect(menu(page).get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("s")
    expect(menu(page)).to_be_hidden()
    expect(composer(page)).to_have_value("/s")


def test_a_slash_elsewhere_and_one_of_a_composition_open_nothing(minji_with_texts: Page) -> None:
    page = minji_with_texts
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "quick-replies" in request.url else None)
    composer(page).fill("1")
    composer(page).press("/")
    composer(page).fill("")
    composer(page).evaluate(
        """(box) => {
          box.value = "/";
          box.setSelectionRange(1, 1);
          box.dispatchEvent(new InputEvent("input", { data: "/", bubbles: true, isComposing: true }));
        }"""
    )
    page.wait_for_timeout(300)
    assert asked == []
    expect(menu(page)).to_be_hidden()


PAGE = re.compile(r"/quick-replies/$")


def test_pressing_twice_opens_one_menu(minji_with_texts: Page) -> None:
    page = minji_with_texts
    late = keep_back(page, PAGE)
    with page.expect_request(PAGE):
        page.get_by_role("link", name="Quick replies").dblclick()
    composer(page).press("/")
    for route in late:
        route.continue_()
    expect(menu(page).get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(menu(page).get_by_role("menuitem").nth(1)).to_be_focused()
    assert len(late) == 1


def test_who_has_gone_elsewhere_meanwhile_is_left_there(minji_with_texts: Page) -> None:
    page = minji_with_texts
    late = keep_back(page, PAGE)
    with page.expect_request(PAGE):
        composer(page).press("/")
    elsewhere = page.locator("pair-chat .pc-send")
    elsewhere.focus()
    with page.expect_response(PAGE) as response:
        late[0].continue_()
    response.value.finished()
    page.evaluate("() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve)))")
    expect(elsewhere).to_be_focused()
    expect(menu(page)).to_be_hidden()


def test_the_texts_of_who_signed_in_since_are_not_offered(minji_with_texts: Page, sign_in: SignIn) -> None:
    other = minji_with_texts
    page = sign_in("sora")
    page.goto("/chat/")
    page.goto(page.locator("pair-chat-inbox a[href*=rooms]").first.get_attribute("href") or "")
    live(page)
    sign_in_as(page, other)
    with page.expect_response(PAGE) as response:
        composer(page).press("/")
    response.value.finished()
    page.evaluate("() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve)))")
    expect(composer(page)).to_be_focused()
    expect(menu(page)).to_be_hidden()


def test_who_has_saved_nothing_is_led_to_the_page(pair: tuple[Page, Page]) -> None:
    minji, juwon = pair
    juwon.goto(minji.url)
    juwon.get_by_role("link", name="Quick replies").click()
    expect(juwon).to_have_url(re.compile(r"/chat/quick-replies/$"))
