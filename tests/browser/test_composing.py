"""The Enter key, as input methods and devices use it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import CDPSession, Page, expect

from .conftest import Meet, SignIn
from .helpers import composer, live, message, messages, something_new

IN_METHOD = 229


class Keyboard:
    """Keys and compositions as an input method gives them to the browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session: CDPSession = page.context.new_cdp_session(page)

    def compose(self, *steps: str) -> None:
        for step in steps:
            selection = {"selectionStart": len(step), "selectionEnd": len(step)}
            self.session.send("Input.imeSetComposition", {"text": step, **selection})

    def commit(self, text: str) -> None:
        self.session.send("Input.insertText", {"text": text})

    def enter(self, kind: str, code: int = 13) -> None:
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": code, "nativeVirtualKeyCode": code}
        text = {"text": "\r"} if kind == "keyDown" and code != IN_METHOD else {}
        self.session.send("Input.dispatchKeyEvent", {"type": kind, **key, **text})


def windows(keyboard: Keyboard, last: str) -> None:
    """The key goes down while composing, then the composition ends."""
    keyboard.enter("rawKeyDown", IN_METHOD)
    keyboard.commit(last)
    keyboard.enter("keyUp")


def chrome_on_a_mac(keyboard: Keyboard, last: str) -> None:
    """As above, and then the key goes down once more."""
    keyboard.enter("rawKeyDown", IN_METHOD)
    keyboard.commit(last)
    keyboard.enter("keyDown")
    keyboard.enter("keyUp")


def safari(keyboard: Keyboard, last: str) -> None:
    """The composition ends first."""
    keyboard.commit(last)
    keyboard.enter("rawKeyDown", IN_METHOD)
    keyboard.enter("keyUp")


ORDERS = pytest.mark.parametrize("order", [windows, chrome_on_a_mac, safari])
Order = Callable[[Keyboard, str], None]


@pytest.fixture
def writing(pair: tuple[Page, Page]) -> tuple[Page, Keyboard]:
    juwon, _ = pair
    live(juwon)
    composer(juwon).focus()
    return juwon, Keyboard(juwon)


@ORDERS
def test_enter_in_a_hangul_syllable_sends_once_with_the_syllable(writing: tuple[Page, Keyboard], order: Order) -> None:
    page, keyboard = writing
    for text in ("안녕하세", "반갑습니"):
        keyboard.commit(text)
        keyboard.compose("ㅇ", "요")
        order(keyboard, "요")
        expect(messages(page).last).to_contain_text(f"{text}요")
        expect(composer(page)).to_have_value("")
    expect(messages(page)).to_have_count(2)


@ORDERS
@pytest.mark.parametrize(("steps", "text"), [(("ko", "こんにちは"), "こんにちは"), (("ni'hao", "你好"), "你好")])
def test_enter_in_a_chinese_or_japanese_composition_only_confirms(
    writing: tuple[Page, Keyboard], order: Order, steps: tuple[str, ...], text: str
) -> None:
    page, keyboard = writing
    keyboard.compose(*steps)
    if order is not chrome_on_a_mac:
        order(keyboard, text)
        expect(composer(page)).to_have_value(text)
        expect(messages(page)).to_have_count(0)
    else:
        keyboard.commit(text)
    composer(page).press("Enter")
    expect(messages(page)).to_have_count(1)
    expect(messages(page)).to_contain_text(text)
    expect(composer(page)).to_have_value("")


def test_shift_and_enter_is_a_new_line(writing: tuple[Page, Keyboard]) -> None:
    page, _ = writing
    composer(page).press_sequentially("one")
    composer(page).press("Shift+Enter")
    composer(page).press_sequentially("two")
    expect(composer(page)).to_have_value("one\ntwo")
    composer(page).press("Enter")
    expect(message(page, "one")).to_contain_text("two")
    expect(composer(page)).to_have_value("")
    expect(composer(page)).to_be_focused()


def test_enter_alone_and_white_space_send_nothing(writing: tuple[Page, Keyboard]) -> None:
    page, _ = writing
    composer(page).press("Enter")
    composer(page).fill(" \n\u200b ")
    composer(page).press("Enter")
    text = something_new("something")
    composer(page).fill(text)
    composer(page).press("Enter")
    expect(message(page, text)).to_be_visible()
    expect(messages(page)).to_have_count(1)


def test_on_a_phone_enter_is_a_new_line_and_the_button_sends(sign_in: SignIn, meet: Meet) -> None:
    phone = {"has_touch": True, "is_mobile": True, "viewport": {"width": 390, "height": 844}}
    juwon, minji = sign_in("juwon", **phone), sign_in("minji")
    meet(juwon, minji)
    live(juwon)
    composer(juwon).tap()
    composer(juwon).press_sequentially("첫째")
    composer(juwon).press("Enter")
    composer(juwon).press_sequentially("둘째")
    expect(composer(juwon)).to_have_value("첫째\n둘째")
    juwon.get_by_role("button", name="Send", exact=True).tap()
    expect(message(juwon, "첫째")).to_contain_text("둘째")
    expect(composer(juwon)).to_be_focused()


def test_a_draft_outlives_a_reload_and_is_gone_once_sent(writing: tuple[Page, Keyboard]) -> None:
    page, _ = writing
    text = something_new("half a thought")
    composer(page).fill(text)
    page.reload()
    expect(composer(page)).to_have_value(text)
    composer(page).press("Enter")
    expect(message(page, text)).to_be_visible()
    page.reload()
    live(page)
    expect(composer(page)).to_have_value("")


def test_a_text_that_is_too_long_stays_and_says_so(writing: tuple[Page, Keyboard]) -> None:
    page, _ = writing
    composer(page).fill("가" * 4001)
    expect(page.locator("#composer [data-pc-slot=counter]")).to_be_visible()
    composer(page).press("Enter")
    expect(page.locator("#composer [data-pc-slot=error]")).not_to_be_empty()
    expect(composer(page)).to_have_value("가" * 4001)
    composer(page).fill("😀" * 4000)
    composer(page).press("Enter")
    expect(message(page, "😀" * 4000)).to_be_visible()
