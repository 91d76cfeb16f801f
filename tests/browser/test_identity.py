"""A page acts only for the person it was rendered for, even if another person has signed in since."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import Meet, SignIn
from .helpers import composer, live, message, messages, open_menu, send, something_new
from .test_files import NOTES, choose, press_send, tray

SOCKET = "**/ws/pairchat/"
API = "**/chat/api/**"
SIGNED_OUT = "You are signed out"


@pytest.fixture
def people(sign_in: SignIn, meet: Meet) -> tuple[Page, Page, Page]:
    """Juwon, whose browser cannot have sockets and polls, Minji in the same room, and Sora, who has no part in it."""
    juwon, minji, sora = sign_in("juwon", outage=True), sign_in("minji"), sign_in("sora")
    juwon.route_web_socket(SOCKET, lambda route: route.close(code=1013))
    room = meet(juwon, minji)
    minji.goto(room)
    expect(juwon.locator("pair-chat")).to_have_attribute("data-connection", "polling", timeout=20_000)
    return juwon, minji, sora


def sign_in_as(page: Page, other: Page) -> None:
    """What signing in in another tab leaves: cookies of somebody else."""
    cookies: Any = other.context.cookies()
    page.context.clear_cookies()
    page.context.add_cookies(cookies)


def kept(page: Page) -> list[str]:
    """The texts in the outbox of the person of this page, and in the box where one was not taken any more."""
    found: list[str] = page.evaluate(
        """() => {
          const { me } = document.querySelector('pair-chat').dataset;
          return Object.entries({ ...localStorage })
            .filter(([key]) => key.startsWith(`pairchat:outbox:${me}:`))
            .map(([, item]) => JSON.parse(item).content)
            .concat(document.querySelector('#composer textarea').value || []);
        }"""
    )
    return found


def signed_out(page: Page) -> None:
    expect(page.locator("pair-chat")).to_have_attribute("data-connection", "signed-out")
    expect(page.locator("pair-chat [data-pc-slot=connection]")).to_contain_text(SIGNED_OUT)


@pytest.mark.parametrize("who", ["the peer", "somebody else"])
def test_a_text_does_not_go_out_under_the_name_of_who_signed_in_since(
    people: tuple[Page, Page, Page], who: str
) -> None:
    juwon, minji, sora = people
    text = something_new("only in my name")
    composer(juwon).fill(text)
    sign_in_as(juwon, minji if who == "the peer" else sora)
    composer(juwon).press("Enter")
    signed_out(juwon)
    assert kept(juwon) == [text]
    minji.reload()
    live(minji)
    expect(messages(minji)).to_have_count(0)


def test_a_page_that_only_polls_notices_and_asks_no_more(people: tuple[Page, Page, Page]) -> None:
    juwon, _, sora = people
    sign_in_as(juwon, sora)
    signed_out(juwon)
    asked: list[str] = []
    juwon.on("request", lambda request: asked.append(request.url))
    juwon.wait_for_timeout(7_000)
    assert asked == []


def test_a_reaction_does_not_go_out_under_another_name(people: tuple[Page, Page, Page]) -> None:
    juwon, minji, _ = people
    text = something_new("what do you say")
    send(juwon, text)
    expect(message(minji, text)).to_be_visible()
    menu = open_menu(juwon, text)
    sign_in_as(juwon, minji)
    menu.locator("[data-emoji]").first.click()
    signed_out(juwon)
    minji.reload()
    live(minji)
    expect(message(minji, text).locator("[data-pc-part=reactions]")).to_be_hidden()


def test_a_file_with_its_text_does_not_go_out_under_another_name(people: tuple[Page, Page, Page]) -> None:
    juwon, minji, _ = people
    composer(juwon).fill("look at this")
    choose(juwon, NOTES)
    sign_in_as(juwon, minji)
    press_send(juwon)
    expect(tray(juwon)).to_contain_text("Sign in to continue.")
    signed_out(juwon)
    minji.reload()
    live(minji)
    expect(messages(minji)).to_have_count(0)


def test_where_scripts_cannot_read_the_token_the_page_still_says_that_it_is_signed_out(
    people: tuple[Page, Page, Page],
) -> None:
    juwon, minji, _ = people
    text = something_new("only in my name")
    composer(juwon).fill(text)
    sign_in_as(juwon, minji)
    # As with CSRF_COOKIE_HTTPONLY: what the script knows is the token of the page, which is not of this session.
    juwon.evaluate("Object.defineProperty(document, 'cookie', { get: () => '' })")
    composer(juwon).press("Enter")
    signed_out(juwon)
    assert kept(juwon) == [text]


@pytest.mark.parametrize("fault", ["throws", "is not there"])
def test_where_a_socket_cannot_even_be_made_the_page_polls(sign_in: SignIn, meet: Meet, fault: str) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    broken = "class { constructor() { throw new DOMException('filtered', 'SecurityError'); } }"
    juwon.add_init_script(f"window.WebSocket = {broken if fault == 'throws' else 'undefined'}")
    minji.goto(meet(juwon, minji))
    expect(juwon.locator("pair-chat")).to_have_attribute("data-connection", "polling", timeout=20_000)
    question, answer = something_new("들려요?"), something_new("들려요!")
    send(juwon, question)
    expect(message(minji, question)).to_be_visible()
    send(minji, answer)
    expect(message(juwon, answer)).to_be_visible()
