"""Small things that a page does as people expect it."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect

from .conftest import Meet, SignIn
from .helpers import NOT_READ, live, message, open_menu, overflow, send, something_new


def settings(page: Page) -> Any:
    return page.locator("pair-chat [data-pc-part=settings]")


def open_settings(page: Page) -> None:
    settings(page).locator("summary").first.click()
    expect(settings(page)).to_have_attribute("open", "")


def test_the_menu_of_the_room_closes_as_menus_do(pair: tuple[Page, Page]) -> None:
    juwon, _ = pair
    live(juwon)
    open_settings(juwon)
    juwon.keyboard.press("Escape")
    expect(settings(juwon)).not_to_have_attribute("open", "")
    expect(settings(juwon).locator("summary").first).to_be_focused()
    open_settings(juwon)
    settings(juwon).locator("details summary").first.click()
    expect(settings(juwon)).to_have_attribute("open", "")
    juwon.locator("#composer textarea").click()
    expect(settings(juwon)).not_to_have_attribute("open", "")


def test_a_reaction_that_gets_no_answer_is_not_called_a_message(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", outage=True), sign_in("minji")
    room = meet(juwon, minji)

    def silent(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def pass_on(text: str | bytes) -> None:
            if json.loads(text)["type"] == "react":
                route.close(code=1013)
            else:
                server.send(text)

        route.on_message(pass_on)

    juwon.route_web_socket("**/ws/pairchat/", silent)
    juwon.goto(room)
    live(juwon)
    text = something_new("what do you say")
    send(juwon, text)
    expect(message(juwon, text)).to_have_attribute("data-status", NOT_READ)
    open_menu(juwon, text).locator("[data-pc-action=react]").first.click()
    expect(juwon.locator("pair-chat [data-pc-slot=error]")).to_have_text("Connection lost.")


COLOURS = "all => [...new Set(all.map((one) => getComputedStyle(one).color))]"


def test_icons_beside_each_other_have_one_colour(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", reduced_motion="reduce"), sign_in("minji")
    meet(juwon, minji)
    live(juwon)
    for row in (".pc-inbox > .pc-head", ".pc-room > .pc-head", ".pc-composer-row"):
        icons = juwon.locator(row).first.locator(".pc-icon-button:visible")
        assert icons.count() > 1
        assert len(icons.evaluate_all(COLOURS)) == 1, row


def test_a_day_and_the_button_that_goes_there_stand_in_one_line(sign_in: SignIn, meet: Meet) -> None:
    for width in (320, 1280):
        juwon, minji = sign_in("juwon", viewport={"width": width, "height": 700}), sign_in("minji")
        meet(juwon, minji)
        live(juwon)
        open_settings(juwon)
        middle = "it => { const { top, bottom } = it.getBoundingClientRect(); return (top + bottom) / 2 }"
        day, go = (settings(juwon).locator(f".pc-date > {it}").evaluate(middle) for it in ("input", "button"))
        assert abs(day - go) <= 4
        assert overflow(juwon) == 0


def test_on_a_phone_the_box_says_what_it_is_for(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", viewport={"width": 375, "height": 700}), sign_in("minji")
    meet(juwon, minji)
    live(juwon)
    hidden = "it => it.scrollWidth - it.clientWidth"
    assert juwon.locator("#composer textarea").evaluate(hidden) <= 0
