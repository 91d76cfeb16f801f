"""A person has more pages open than the server holds sockets for one user."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from .board import Board, served
from .conftest import Meet, SignIn

LIMIT = 10
SECONDS_OF_PEACE = 5
COUNT_SOCKETS = """
  window.opened = 0;
  window.WebSocket = class extends WebSocket {
    constructor(...how) { super(...how); window.opened += 1; }
  };
"""
HIDE = """() => {
  Object.defineProperty(document, 'visibilityState', { get: () => 'hidden', configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""
SHOW = "() => { delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange')); }"
FOCUS = "() => window.dispatchEvent(new Event('focus'))"


@pytest.fixture(scope="module")
def strict_board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """A board with the limit that a host has by default."""
    changes = f'PAIRCHAT = {{**PAIRCHAT, "SOCKETS_PER_USER": {LIMIT}}}'
    with served(tmp_path_factory.mktemp("strict"), changes) as board:
        yield board


@pytest.fixture
def pages(strict_board: Board, sign_in: SignIn, meet: Meet) -> list[Page]:
    """One page of a room more than may be connected, all on screen, in the order in which they connected."""
    juwon = sign_in("juwon", server=strict_board.url)
    minji = sign_in("minji", server=strict_board.url)
    room = meet(juwon, minji)
    juwon.goto("/accounts/login/")
    pages = []
    for _ in range(LIMIT + 1):
        page = juwon.context.new_page()
        page.add_init_script(COUNT_SOCKETS)
        page.goto(room)
        expect(page.locator("pair-chat")).to_have_attribute("data-connection", "open")
        pages.append(page)
    return pages


def states(pages: list[Page]) -> list[str | None]:
    return [page.locator("pair-chat").get_attribute("data-connection") for page in pages]


def sockets(pages: list[Page]) -> list[int]:
    return [page.evaluate("window.opened") for page in pages]


def one_is_paused(pages: list[Page], number: int) -> None:
    """Waits until this page is paused, and a while longer: it stays so, and all others are connected."""
    expect(pages[number].locator("pair-chat")).to_have_attribute("data-connection", "paused")
    pages[number].wait_for_timeout(SECONDS_OF_PEACE * 1000)
    assert states(pages) == ["paused" if index == number else "open" for index in range(len(pages))]


def test_of_eleven_visible_pages_the_oldest_pauses_and_says_so_and_no_other_is_disconnected(pages: list[Page]) -> None:
    one_is_paused(pages, 0)
    assert sockets(pages) == [1] * len(pages)
    line = pages[0].locator("pair-chat [data-pc-part=connection]")
    expect(line).to_have_text("Chat is open in too many places. This page is paused until you come back to it.")
    expect(line).to_be_visible()


@pytest.mark.parametrize("come_back", [(HIDE, SHOW), (FOCUS,)], ids=["shown again", "focused"])
def test_a_paused_page_that_is_looked_at_again_comes_back_once_and_pauses_the_oldest_other(
    pages: list[Page], come_back: tuple[str, ...]
) -> None:
    expect(pages[0].locator("pair-chat")).to_have_attribute("data-connection", "paused")
    for event in come_back:
        pages[0].evaluate(event)
    one_is_paused(pages, 1)
    assert sockets(pages) == [2] + [1] * LIMIT
    expect(pages[0].locator("pair-chat [data-pc-part=connection]")).to_be_hidden()
