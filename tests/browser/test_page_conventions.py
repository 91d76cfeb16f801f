"""Small things that a page does as people expect it."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect

from .conftest import Meet, SignIn
from .helpers import NOT_READ, live, message, open_menu, send, something_new


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
