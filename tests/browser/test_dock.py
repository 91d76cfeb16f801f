"""The dock: the chats over any page of the site, side by side where there is room, as a sheet where there is not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from .board import Board
from .conftest import Meet, SignIn
from .helpers import NOT_READ, faults, keep_back, live, message, overflow, send, something_new
from .test_page_swaps import library as library  # noqa: PLC0414 - a fixture
from .test_page_swaps import sign_in_here
from .test_page_swaps import visitor as visitor  # noqa: PLC0414 - a fixture

WIDE = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
NARROW = ViewportSize(width=320, height=640)


def button(page: Page) -> Locator:
    return page.locator("[data-pc-part=dock-button]")


def panel(page: Page) -> Locator:
    return page.locator("dialog.pc-dock-panel")


def window(page: Page, room: str) -> Locator:
    """The window of a room, by its address; empty for the list."""
    return page.locator(f'[data-dock-room="{key_of(room)}"]')


def row(page: Page, room: str) -> Locator:
    return window(page, "").locator(f'[data-room="{key_of(room)}"] a')


def key_of(room: str) -> str:
    return room.rstrip("/").rpartition("/")[2]


def write(shown: Locator, text: str) -> None:
    expect(shown.locator("pair-chat")).to_have_attribute("data-connection", "open")
    shown.locator("textarea").fill(text)
    shown.locator("[data-pc-action=send]").click()


def said_in(shown: Locator, text: str) -> Locator:
    return shown.locator(".pc-message").filter(has_text=text)


def colour(shown: Locator) -> str:
    """The nearest background that is not see-through."""
    found = shown.evaluate(
        """element => {
          const colour = () => getComputedStyle(element).backgroundColor;
          while (colour() === "rgba(0, 0, 0, 0)" && element.parentElement) element = element.parentElement;
          return colour();
        }"""
    )
    return str(found)


def act(shown: Locator, action: str) -> None:
    shown.locator(f"[data-pc-action=dock-{action}]").click()


def meet_and_say(reader: Page, author: Page, meet: Meet, text: str) -> str:
    room = meet(reader, author)
    live(reader)
    send(reader, text)
    expect(message(reader, text)).to_have_attribute("data-status", NOT_READ)
    return room


def test_two_rooms_stand_side_by_side_and_stay_from_page_to_page(sign_in: SignIn, meet: Meet, board: Board) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji", viewport=WIDE, outage=True)
    rooms = [meet_and_say(juwon, minji, meet, something_new("hello")) for _ in range(2)]
    sockets: list[str] = []
    minji.on("websocket", lambda socket: sockets.append(socket.url))
    minji.goto("/")
    expect(panel(minji)).to_be_hidden()
    button(minji).press("Enter")
    expect(button(minji)).to_have_attribute("aria-expanded", "true")
    expect(window(minji, "").locator(".pc-row-link").first).to_be_focused()
    said = [something_new("from the dock") for _ in rooms]
    for room, text in zip(rooms, said, strict=True):
        row(minji, room).press("Enter")
        expect(window(minji, room).locator("textarea")).to_be_focused()
        write(window(minji, room), text)
        expect(said_in(window(minji, room), text)).to_have_attribute("data-status", NOT_READ)
    for shown in (window(minji, ""), *(window(minji, room) for room in rooms)):
        expect(shown).to_be_in_viewport(ratio=1)
    assert len(sockets) == 1

    # Both are live. What comes to a room that is small is counted and not read.
    first, second = (window(minji, room) for room in rooms)
    act(first, "minimise")
    expect(first.locator("[data-pc-action=dock-restore]")).to_be_focused()
    juwon.goto(rooms[0])
    expect(message(juwon, said[0])).to_be_visible()
    unseen = something_new("unseen")
    send(juwon, unseen)
    expect(first.locator("[data-pc-slot=dock-unread]")).to_have_text("1")
    expect(row(minji, rooms[0]).locator(".pc-count")).to_be_visible()
    second.locator("textarea").fill("half a thought")

    # On the next page all is as it was, and nothing takes the focus.
    minji.goto("/posts/new/")
    expect(said_in(second, said[1])).to_be_visible()
    expect(second.locator("textarea")).to_have_value("half a thought")
    expect(first.locator("[data-pc-slot=dock-unread]")).to_have_text("1")
    expect(first.locator("textarea")).to_be_hidden()
    assert not panel(minji).evaluate("panel => panel.contains(document.activeElement)")
    expect(message(juwon, unseen)).to_have_attribute("data-status", NOT_READ)
    act(first, "restore")
    expect(said_in(first, unseen)).to_be_in_viewport()
    # What the other person says stands out, as on the page.
    assert colour(said_in(first, unseen).locator(".pc-bubble")) != colour(first.locator("pair-chat"))
    expect(message(juwon, unseen)).to_have_attribute("data-status", "read")


def test_the_button_to_send_stands_clear_of_the_box(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji", viewport=WIDE)
    room = meet_and_say(juwon, minji, meet, something_new("hello"))
    minji.goto("/")
    button(minji).press("Enter")
    row(minji, room).press("Enter")
    box, sends = (window(minji, room).locator(it).bounding_box() for it in ("textarea", ".pc-send"))
    assert box
    assert sends
    assert sends["x"] - box["x"] - box["width"] >= 4


def test_escape_and_the_menu_of_a_room_work_in_its_window(sign_in: SignIn, meet: Meet, board: Board) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji", viewport=WIDE, outage=True)
    first_text, second_text = something_new("hello"), something_new("hello")
    rooms = [meet_and_say(juwon, minji, meet, text) for text in (first_text, second_text)]
    minji.goto("/posts/new/")
    button(minji).click()
    for room in rooms:
        row(minji, room).click()
        expect(said_in(window(minji, room), "hello")).to_be_in_viewport()
    first, second = (window(minji, room) for room in rooms)
    second.locator("textarea").fill("half a thought")

    # Escape first ends an answer that was begun, and then puts the room away.
    said_in(first, first_text).hover()
    said_in(first, first_text).locator("[data-pc-action=menu]").click()
    first.locator("[data-pc-part=menu] [data-pc-action=reply]").click()
    expect(first.locator("textarea")).to_be_focused()
    minji.keyboard.press("Escape")
    expect(first.locator("[data-pc-part=replying]")).to_be_hidden()
    expect(first.locator("textarea")).to_be_focused()
    first.locator("[data-pc-action=find]").click()
    expect(first.locator("[data-pc-part=find] [type=search]")).to_be_focused()
    minji.keyboard.press("Escape")
    expect(first.locator("[data-pc-part=find]")).to_be_hidden()
    expect(first.locator("textarea")).to_be_visible()
    first.locator("textarea").focus()
    minji.keyboard.press("Escape")
    expect(first.locator("[data-pc-action=dock-restore]")).to_be_focused()
    minji.keyboard.press("Escape")
    expect(first).to_have_count(0)

    # Its menu works in its place, and a room that is gone does not come back.
    second.locator("[data-pc-part=settings] > summary").click()
    second.locator("[data-pc-part=settings] details", has_text="Block").locator("summary").click()
    second.locator("[name=blocked]").click()
    expect(second.locator("[data-pc-part=closed]")).to_be_visible()
    second.locator("[data-pc-part=closed] [name=blocked]").click()
    expect(second.locator("textarea")).to_have_value("half a thought")
    expect(minji).to_have_url(re.compile(r"/posts/new/$"))
    board.manage(
        "shell",
        "-c",
        f"from django_pairchat import get_room_model; get_room_model().objects.get(pk={key_of(rooms[1])}).delete()",
    )
    minji.reload()
    expect(window(minji, "").locator(".pc-row-link").first).to_be_visible()
    expect(second).to_have_count(0)
    act(window(minji, ""), "close")
    expect(panel(minji)).to_be_hidden()
    expect(button(minji)).to_be_focused()


def test_a_button_opens_the_dock_where_there_is_one(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", viewport=WIDE), sign_in("minji")
    about = meet_and_say(juwon, minji, meet, something_new("hello"))
    topic = juwon.locator("pair-chat a.pc-topic").get_attribute("href") or ""
    juwon.goto(topic)
    chat = juwon.locator("form.pc-open button")
    chat.click()
    shown = window(juwon, about)
    expect(shown.locator("textarea")).to_be_focused()
    expect(juwon).to_have_url(re.compile(f"{topic}$"))
    act(shown, "close")
    expect(chat).to_be_focused()
    # The chat's own pages have it already.
    juwon.goto("/chat/")
    expect(juwon.locator("pair-chat-inbox")).to_be_visible()
    expect(juwon.locator("pair-chat-dock")).to_have_count(0)
    # Who has signed out meanwhile is asked to sign in.
    juwon.goto(topic)
    expect(button(juwon)).to_have_attribute("role", "button")
    juwon.context.clear_cookies()
    button(juwon).click()
    juwon.wait_for_url(re.compile("/accounts/login/"))


@pytest.mark.parametrize("look", ["phone", "narrow, dark, from right to left"])
def test_on_a_phone_it_is_a_sheet(sign_in: SignIn, meet: Meet, look: str) -> None:
    options: dict[str, Any] = {"viewport": PHONE, "has_touch": True}
    if look != "phone":
        options = {"viewport": NARROW, "locale": "ar", "color_scheme": "dark"}
    juwon, minji = sign_in("juwon"), sign_in("minji", bypass_csp=True, **options)
    room = meet_and_say(juwon, minji, meet, something_new("hello"))
    minji.goto("/")
    assert overflow(minji) == 0
    button(minji).click()
    expect(row(minji, room)).to_be_visible()
    assert panel(minji).evaluate("panel => panel.matches(':modal')")
    assert overflow(minji) == 0
    assert faults(minji) == []
    row(minji, room).click()
    shown = window(minji, room)
    expect(said_in(shown, "hello")).to_be_in_viewport()
    expect(window(minji, "")).to_be_hidden()
    expect(shown.locator("[data-pc-action=send]")).to_be_in_viewport(ratio=1)
    write(shown, "from below")
    expect(said_in(shown, "from below")).to_be_in_viewport()
    assert overflow(minji) == 0
    assert faults(minji) == []
    shown.locator(".pc-back").click()
    expect(row(minji, room)).to_be_visible()
    expect(shown).to_be_hidden()
    minji.keyboard.press("Escape")
    expect(panel(minji)).to_be_hidden()
    expect(button(minji)).to_be_focused()
    # The next page is not covered by it.
    button(minji).click()
    expect(panel(minji)).to_be_visible()
    minji.goto("/posts/new/")
    expect(button(minji)).to_have_attribute("aria-expanded", "false")
    expect(panel(minji)).to_be_hidden()


def test_axe_finds_nothing_and_print_shows_nothing(sign_in: SignIn, meet: Meet) -> None:
    juwon = sign_in("juwon")
    minji = sign_in("minji", viewport=WIDE, bypass_csp=True, forced_colors="active")
    rooms = [meet_and_say(juwon, minji, meet, something_new("hello")) for _ in range(2)]
    minji.goto("/")
    button(minji).click()
    for room in rooms:
        row(minji, room).click()
        expect(said_in(window(minji, room), "hello")).to_be_visible()
    act(window(minji, rooms[1]), "minimise")
    assert faults(minji, ".pc") == []
    edge = "element => parseFloat(getComputedStyle(element).borderInlineStartWidth)"
    assert min(shown.evaluate(edge) for shown in (button(minji), window(minji, rooms[0]))) >= 1
    minji.emulate_media(media="print")
    expect(button(minji)).to_be_hidden()
    expect(panel(minji)).to_be_hidden()


def test_without_scripts_its_button_leads_to_the_list(sign_in: SignIn) -> None:
    minji = sign_in("minji", scripts=False)
    minji.goto("/")
    button(minji).click()
    minji.wait_for_url(re.compile("/chat/$"))
    expect(minji.locator("pair-chat-inbox .pc-row").first).to_be_visible()


def test_it_outlives_page_swaps(visitor: Page, sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    room = meet_and_say(juwon, minji, meet, something_new("hello"))
    visitor.set_viewport_size(WIDE)
    visitor.goto("/accounts/login/")
    visitor.evaluate("() => { window.sameDocument = true; }")
    sign_in_here(visitor, "minji")
    expect(button(visitor)).to_have_attribute("role", "button")
    button(visitor).click()
    row(visitor, room).click()
    shown = window(visitor, room)
    expect(said_in(shown, "hello")).to_be_visible()
    shown.evaluate("shown => { window.sameWindow = shown; }")
    shown.locator("textarea").fill("half a thought")
    for go in (lambda: visitor.locator("a[href='/posts/new/']").click(), visitor.go_back):
        before = visitor.url
        go()
        expect(visitor).not_to_have_url(before)
        expect(shown.locator("textarea")).to_have_value("half a thought")
        expect(visitor.locator("pair-chat-dock")).to_have_count(1)
        expect(shown).to_have_count(1)
        assert shown.evaluate("shown => shown === window.sameWindow")
    assert visitor.evaluate("window.sameDocument === true")
    text = something_new("sent after all")
    shown.locator("textarea").fill(text)
    shown.locator("textarea").press("Enter")
    expect(message(juwon, text)).to_be_visible()


def test_what_is_typed_before_its_script_is_there_outlives_page_swaps(
    visitor: Page, sign_in: SignIn, meet: Meet
) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    room = meet_and_say(juwon, minji, meet, something_new("hello"))
    visitor.set_viewport_size(WIDE)
    visitor.goto("/accounts/login/")
    sign_in_here(visitor, "minji")
    scripts = keep_back(visitor, re.compile(r"pairchat-room(\.\w+)?\.js$"))
    button(visitor).click()
    row(visitor, room).click()
    shown = window(visitor, room)
    expect(said_in(shown, "hello")).to_be_visible()
    shown.locator("textarea").fill("half a thought")
    for script in scripts:
        script.continue_()
    expect(shown.locator("pair-chat")).to_have_attribute("data-connection", "open")
    visitor.locator("a[href='/posts/new/']").click()
    visitor.wait_for_url("**/posts/new/")
    expect(shown.locator("textarea")).to_have_value("half a thought")
