"""A row of the list: its menu by a button, keys and touch; what a drawn finger does; who is there, who writes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Meet, SignIn
from .helpers import NOT_READ, Finger, composer, faults, hold, keep_back, live, messages, overflow, send, something_new

PHONE: dict[str, Any] = {"has_touch": True, "is_mobile": True, "viewport": {"width": 390, "height": 844}}
ARABIC = PHONE | {"locale": "ar"}


@pytest.fixture
def room(sign_in: SignIn, meet: Meet) -> tuple[Page, str]:
    """Minji in a room in which she has written; and the room's key."""
    juwon, minji = sign_in("juwon"), sign_in("minji")
    address = meet(juwon, minji)
    juwon.context.close()
    minji.goto(address)
    live(minji)
    send(minji, something_new("hello"))
    return minji, address.rstrip("/").rpartition("/")[2]


def row(page: Page, key: str) -> Locator:
    return page.locator(f".pc-panes > pair-chat-inbox [data-room='{key}']")


def menu(page: Page) -> Locator:
    return page.locator("pair-chat-inbox [data-pc-part=row-menu]")


def item(page: Page, act: str) -> Locator:
    return menu(page).locator(f"[data-pc-action=row-{act}]")


def opened(page: Page, key: str) -> Locator:
    """The list, whose row has its menu's button."""
    page.goto("/chat/")
    shown = row(page, key)
    expect(shown.locator("[data-pc-part=acts]")).to_be_attached()
    expect(shown.locator("[data-pc-part=acts]")).not_to_have_attribute("hidden", "")
    return shown


def test_a_button_opens_the_menu_and_each_act_does_what_it_says(sign_in: SignIn, room: tuple[Page, str]) -> None:
    _, key = room
    juwon = sign_in("juwon", bypass_csp=True)
    shown = opened(juwon, key)

    def act(name: str) -> None:
        shown.hover()
        shown.get_by_role("button").click()
        expect(item(juwon, name)).to_be_visible()
        item(juwon, name).click()
        expect(menu(juwon)).to_be_hidden()

    shown.hover()
    shown.get_by_role("button").click()
    expect(menu(juwon)).to_be_visible()
    assert faults(juwon) == []
    expect(item(juwon, "unread")).to_be_hidden()
    juwon.keyboard.press("Escape")
    expect(shown.get_by_role("button")).to_be_focused()
    act("read")
    expect(shown).to_have_attribute("data-unread", "0")
    act("unread")
    expect(shown).to_have_attribute("data-marked-unread", "")
    act("read")
    expect(shown).not_to_have_attribute("data-marked-unread", "")
    act("mute-8")
    expect(shown.locator("[data-pc-part=muted]")).to_be_visible()
    act("unmute")
    expect(shown.locator("[data-pc-part=muted]")).to_be_hidden()
    act("pin")
    expect(shown.locator("[data-pc-part=pinned]")).to_be_visible()
    act("archive")
    expect(shown).to_have_count(0)
    juwon.get_by_role("button", name="Undo").click()
    expect(shown.locator("[data-pc-part=pinned]")).to_be_visible()
    act("unpin")
    expect(shown.locator("[data-pc-part=pinned]")).to_be_hidden()
    act("archive")
    expect(juwon.get_by_role("status").filter(has_text="Chat archived.")).to_be_visible()
    expect(shown).to_have_count(0)
    juwon.goto("/chat/?archived=1")
    act("unarchive")
    expect(shown).to_have_count(0)
    juwon.goto("/chat/")
    expect(shown).to_be_visible()


@pytest.mark.parametrize("keys", ["Shift+F10", "ContextMenu"])
def test_a_key_opens_the_menu_on_a_row_and_the_focus_goes_on(sign_in: SignIn, meet: Meet, keys: str) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    # Two, so that one follows the other.
    keys_of_rooms = []
    for _ in range(2):
        minji.goto(meet(juwon, minji))
        # A person who looks on reads it.
        juwon.goto("about:blank")
        send(minji, something_new("hello"))
        expect(messages(minji).last).to_have_attribute("data-status", NOT_READ)
        keys_of_rooms.append(minji.url.split("?")[0].rstrip("/").rpartition("/")[2])
    key = keys_of_rooms[-1]
    shown = opened(juwon, key)
    link = shown.get_by_role("link")
    link.focus()
    juwon.keyboard.press(keys)
    expect(item(juwon, "read")).to_be_focused()
    juwon.keyboard.press("End")
    expect(item(juwon, "mute-always")).to_be_focused()
    juwon.keyboard.press("Escape")
    expect(link).to_be_focused()
    juwon.keyboard.press(keys)
    following = juwon.evaluate("document.activeElement") and shown.evaluate("li => li.nextElementSibling.dataset.room")
    item(juwon, "archive").press("Enter")
    expect(shown).to_have_count(0)
    expect(row(juwon, following).get_by_role("link")).to_be_focused()
    expect(juwon.locator("pair-chat")).to_have_count(0)


def test_the_browsers_own_menu_is_left_to_the_mouse(sign_in: SignIn, room: tuple[Page, str]) -> None:
    _, key = room
    juwon = sign_in("juwon")
    shown = opened(juwon, key)
    juwon.evaluate("addEventListener('contextmenu', event => (window.prevented = event.defaultPrevented))")
    shown.get_by_role("link").click(button="right")
    assert juwon.evaluate("window.prevented") is False
    expect(menu(juwon)).to_be_hidden()


@pytest.mark.parametrize("phone", [PHONE, ARABIC], ids=["ltr", "rtl"])
def test_on_a_phone_a_finger_opens_the_menu_archives_and_marks(
    sign_in: SignIn, room: tuple[Page, str], phone: dict[str, Any]
) -> None:
    _, key = room
    juwon = sign_in("juwon", bypass_csp=True, **phone)
    shown = opened(juwon, key)
    ahead = 1 if phone is PHONE else -1
    assert overflow(juwon) == 0
    # Its module comes by itself.
    expect(menu(juwon)).to_be_attached()
    juwon.wait_for_load_state("networkidle")
    hold(juwon, shown)
    expect(item(juwon, "archive")).to_be_visible()
    assert faults(juwon) == []
    item(juwon, "mute-1").tap()
    expect(shown.locator("[data-pc-part=muted]")).to_be_visible()

    def draw(way: int, *, lift: bool = True) -> Finger:
        finger = Finger(juwon, shown.locator("[data-pc-slot=content]"))
        finger.draw(way * 120)
        if lift:
            finger.lift()
        return finger

    # Drawn and taken back.
    finger = draw(-ahead, lift=False)
    expect(shown).to_have_attribute("data-far", "")
    finger.draw(0)
    finger.lift()
    expect(shown).not_to_have_attribute("data-aside", re.compile("."))
    expect(shown).to_be_visible()
    finger = draw(ahead, lift=False)
    expect(shown).to_have_attribute("data-aside", "ahead")
    expect(shown.locator(".pc-row-swipe")).to_be_visible()
    assert overflow(juwon) == 0
    finger.lift()
    expect(shown).to_have_attribute("data-unread", "0")
    expect(shown.locator(".pc-row-swipe")).to_have_count(0)
    draw(ahead)
    expect(shown).to_have_attribute("data-marked-unread", "")
    draw(-ahead)
    expect(shown).to_have_count(0)
    # Nothing is tapped here: so soon after it was drawn aside a browser takes that for the end of a scroll.
    juwon.locator("[data-pc-part=row-undo]").click()
    expect(shown).to_be_visible()
    opened(juwon, key).get_by_role("link").tap()
    expect(juwon.locator("pair-chat")).to_have_attribute("data-room", key)


def test_a_list_is_scrolled_and_nothing_is_done(sign_in: SignIn, room: tuple[Page, str]) -> None:
    _, key = room
    juwon = sign_in("juwon", **PHONE | {"viewport": {"width": 390, "height": 300}})
    shown = opened(juwon, key)
    juwon.wait_for_load_state("networkidle")
    finger = Finger(juwon, shown.locator("[data-pc-slot=content]"))
    for step in range(1, 16):
        point = {"x": finger.at["x"] + step * 2, "y": finger.at["y"] - step * 12}
        finger._tell("touchMove", [point])
    finger.lift()
    view = juwon.locator(".pc-rows-scroll")
    juwon.wait_for_function("view => view.scrollTop > 20", arg=view.element_handle())
    expect(menu(juwon)).to_be_hidden()
    expect(shown).not_to_have_attribute("data-unread", "0")
    assert juwon.url.endswith("/chat/")


def test_a_row_shows_who_is_there_and_who_writes(sign_in: SignIn, room: tuple[Page, str]) -> None:
    minji, key = room
    juwon = sign_in("juwon", bypass_csp=True)
    shown = opened(juwon, key)
    minji.bring_to_front()
    online, typing = shown.locator("[data-pc-part=online]"), shown.locator("[data-pc-part=typing]")
    expect(online).to_be_visible()
    expect(online).to_have_text("Online")
    expect(typing).to_be_hidden()
    composer(minji).press_sequentially("what else")
    expect(typing).to_be_visible()
    expect(shown.locator("[data-pc-slot=content]")).to_be_hidden()
    assert faults(juwon, ".pc-inbox") == []
    composer(minji).press("Enter")
    expect(typing).to_be_hidden()
    expect(shown.locator("[data-pc-slot=content]")).to_have_text("what else")
    minji.goto("about:blank")
    expect(online).to_be_hidden()


def test_who_writes_no_more_is_shown_so_for_six_seconds_only(sign_in: SignIn, room: tuple[Page, str]) -> None:
    minji, key = room
    juwon = sign_in("juwon")
    juwon.clock.install()
    shown = opened(juwon, key)
    typing = shown.locator("[data-pc-part=typing]")
    composer(minji).press_sequentially("well")
    expect(typing).to_be_visible()
    juwon.clock.run_for(5_000)
    expect(typing).to_be_visible()
    juwon.clock.run_for(1_500)
    expect(typing).to_be_hidden()


def test_rows_in_the_dock_have_the_same(sign_in: SignIn, room: tuple[Page, str]) -> None:
    minji, key = room
    juwon = sign_in("juwon", bypass_csp=True)
    juwon.goto("/")
    juwon.locator("pair-chat-dock .pc-dock-button").click()
    shown = juwon.locator(f"pair-chat-dock [data-dock-room=''] [data-room='{key}']")
    minji.bring_to_front()
    expect(shown.locator("[data-pc-part=online]")).to_be_visible()
    juwon.bring_to_front()
    shown.hover()
    shown.get_by_role("button").click()
    expect(item(juwon, "archive")).to_be_in_viewport(ratio=1)
    assert faults(juwon, ".pc") == []
    juwon.keyboard.press("Escape")
    expect(menu(juwon)).to_be_hidden()
    expect(shown).to_be_visible()
    shown.get_by_role("button").click()
    item(juwon, "archive").click()
    expect(shown).to_have_count(0)
    juwon.get_by_role("button", name="Undo").click()
    expect(shown).to_be_visible()
    shown.get_by_role("link").click()
    expect(juwon.locator(f"pair-chat[data-room='{key}']")).to_be_visible()


def test_without_scripts_there_is_no_button_and_the_room_has_each_act(sign_in: SignIn, room: tuple[Page, str]) -> None:
    _, key = room
    juwon = sign_in("juwon", scripts=False)
    juwon.goto("/chat/")
    expect(row(juwon, key).get_by_role("button")).to_have_count(0)
    expect(menu(juwon)).to_be_hidden()
    row(juwon, key).get_by_role("link").click()
    acts = juwon.locator("pair-chat [data-pc-form=settings]")
    for name in ("muted", "marked_unread", "pinned", "archived"):
        expect(acts.locator(f"button[name={name}]").first).to_be_attached()
    expect(juwon.locator("pair-chat [data-pc-form=read] button")).to_be_visible()
    juwon.goto("/chat/?archived=1")
    expect(juwon).to_have_url(re.compile("archived=1"))


LOW: dict[str, Any] = {"viewport": {"width": 900, "height": 240}}


def fits(page: Page, menu: Locator) -> None:
    """The menu is within the window, and its last line is one key away."""
    box = menu.bounding_box()
    size = page.viewport_size
    assert box
    assert size
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= size["height"]
    for key, at in (("End", "last"), ("Home", "first")):
        page.keyboard.press(key)
        # Its own box would be within the window wherever the menu ends.
        inside = """(menu, at) => {
          const items = [...menu.querySelectorAll('[data-pc-action]')].filter((item) => item.checkVisibility());
          const item = at === 'last' ? items.at(-1) : items[0];
          const [inner, outer] = [item.getBoundingClientRect(), menu.getBoundingClientRect()];
          return item === document.activeElement && inner.top >= outer.top && inner.bottom <= outer.bottom;
        }"""
        assert menu.evaluate(inside, at)


def test_in_a_low_window_a_menu_scrolls(sign_in: SignIn, room: tuple[Page, str]) -> None:
    minji, key = room
    juwon = sign_in("juwon", **LOW)
    shown = opened(juwon, key)
    shown.hover()
    shown.get_by_role("button").click()
    expect(menu(juwon)).to_be_visible()
    fits(juwon, menu(juwon))
    minji.set_viewport_size(LOW["viewport"])
    messages(minji).last.press("Enter")
    expect(minji.locator("pair-chat [data-pc-part=menu]")).to_be_visible()
    fits(minji, minji.locator("pair-chat [data-pc-part=menu]"))


MODULE = re.compile(r"/pairchat-rows\.[^/]*js$")
SWAP = """() => {
  const inbox = document.querySelector('.pc-panes > pair-chat-inbox');
  const copy = inbox.cloneNode(true);
  inbox.replaceWith(copy);
  copy.querySelector('.pc-row-link').focus();
}"""
REPLACE_ROW = """key => {
  const row = document.querySelector(`.pc-panes > pair-chat-inbox [data-room='${key}']`);
  row.replaceWith(row.cloneNode(true));
}"""


@pytest.mark.parametrize("swapped", ["the list", "the row"])
def test_a_row_that_is_replaced_while_its_menu_is_loaded_has_it_all_the_same(
    sign_in: SignIn, room: tuple[Page, str], swapped: str
) -> None:
    _, key = room
    juwon = sign_in("juwon")
    waiting = keep_back(juwon, MODULE)
    shown = opened(juwon, key)
    shown.get_by_role("link").focus()
    with juwon.expect_request(MODULE):
        juwon.keyboard.press("Shift+F10")
    juwon.evaluate(SWAP if swapped == "the list" else REPLACE_ROW, key)
    waiting[0].continue_()
    expect(item(juwon, "read")).to_be_focused()
    item(juwon, "read").press("Enter")
    expect(shown).to_have_attribute("data-unread", "0")
    expect(shown.get_by_role("link")).to_be_focused()
    assert juwon.url.endswith("/chat/")


def test_a_menu_that_comes_too_late_opens_nothing(sign_in: SignIn, room: tuple[Page, str]) -> None:
    _, key = room
    juwon = sign_in("juwon")
    waiting = keep_back(juwon, MODULE)
    shown = opened(juwon, key)
    address = menu(juwon).get_attribute("data-module")
    shown.get_by_role("link").focus()
    with juwon.expect_request(MODULE):
        juwon.keyboard.press("Shift+F10")
    juwon.evaluate(
        """() => {
          document.querySelector('pair-chat-inbox').remove();
          navigation.onnavigate = ({ destination }) => { window.went = destination.url; };
        }"""
    )
    waiting[0].continue_()
    juwon.evaluate("address => import(address).then(() => new Promise(setTimeout))", address)
    assert juwon.evaluate("window.went ?? null") is None


def archive(page: Page, shown: Locator) -> Locator:
    """By keys; gives back the button that takes it back."""
    shown.get_by_role("link").focus()
    page.keyboard.press("Shift+F10")
    expect(menu(page)).to_be_visible()
    item(page, "archive").press("Enter")
    expect(shown).to_have_count(0)
    return page.get_by_role("button", name="Undo")


def test_what_can_be_taken_back_stays_while_somebody_is_at_it(sign_in: SignIn, room: tuple[Page, str]) -> None:
    _, key = room
    juwon = sign_in("juwon")
    juwon.clock.install()
    shown = opened(juwon, key)
    undo = archive(juwon, shown)
    undo.focus()
    juwon.clock.run_for(30_000)
    expect(undo).to_be_visible()
    undo.evaluate("button => button.blur()")
    juwon.clock.run_for(9_000)
    expect(undo).to_be_visible()
    undo.hover()
    juwon.clock.run_for(30_000)
    expect(undo).to_be_visible()
    juwon.mouse.move(0, 0)
    juwon.clock.run_for(9_000)
    expect(undo).to_be_visible()
    juwon.clock.run_for(2_000)
    expect(undo).to_be_hidden()


def test_whoever_archives_the_only_row_is_led_to_the_way_back_and_back(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    address = meet(juwon, minji)
    send(juwon, something_new("hello"))
    expect(messages(juwon).last).to_have_attribute("data-status", NOT_READ)
    key = address.rstrip("/").rpartition("/")[2]
    juwon.goto(f"/chat/?about={key}")
    shown = row(juwon, key)
    expect(shown.locator("[data-pc-part=acts]")).not_to_have_attribute("hidden", "")
    undo = archive(juwon, shown)
    expect(undo).to_be_focused()
    undo.press("Enter")
    expect(shown.get_by_role("link")).to_be_focused()
    expect(undo).to_be_hidden()
