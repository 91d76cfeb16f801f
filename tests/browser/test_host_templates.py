"""A host's own template of a message is what every message looks like, wherever it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .board import Board, served
from .conftest import Meet, SignIn
from .helpers import NOT_READ, live, message, messages, send

SHIPPED = Path(__file__).parents[2] / "src/django_pairchat/templates/pairchat/partials/message.html"


@pytest.fixture(scope="module")
def own_board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """A board that changes the message: a stamp after each time, and no word for what was edited."""
    folder = tmp_path_factory.mktemp("own")
    theirs = re.sub(r"<span[^>]*data-pc-part=\"edited\".*?</span>", "", SHIPPED.read_text("utf-8"))
    theirs = theirs.replace("</time>", '</time><b class="host-stamp">stamp of the host</b>')
    template = folder / "templates/pairchat/partials/message.html"
    template.parent.mkdir(parents=True)
    template.write_text(theirs, "utf-8")
    with served(folder, f'TEMPLATES[0]["DIRS"].insert(0, {str(folder / "templates")!r})') as board:
        yield board


def stamps(page: Page) -> list[int]:
    """How many stamps each message has."""
    counted: list[int] = messages(page).evaluate_all("all => all.map(li => li.querySelectorAll('.host-stamp').length)")
    return counted


def test_old_new_and_live_messages_are_drawn_from_the_hosts_template(
    own_board: Board, sign_in: SignIn, meet: Meet
) -> None:
    juwon, minji = (sign_in(name, server=own_board.url) for name in ("juwon", "minji"))
    minji.goto(meet(juwon, minji))
    live(minji)
    send(minji, "rendered by the server")
    expect(message(minji, "rendered by the server")).to_have_attribute("data-status", NOT_READ)
    juwon.reload()
    live(juwon)
    assert stamps(juwon) == [1]
    send(juwon, "sent just now")
    send(minji, "received just now")
    for page in (juwon, minji):
        expect(messages(page)).to_have_count(3)
        expect(message(page, "received just now")).to_be_visible()
        assert stamps(page) == [1, 1, 1]


def test_a_part_that_the_host_left_out_is_not_missed(own_board: Board, sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = (sign_in(name, server=own_board.url) for name in ("juwon", "minji"))
    minji.goto(meet(juwon, minji))
    live(juwon)
    send(juwon, "frist")
    item = message(juwon, "frist")
    expect(item).to_have_attribute("data-status", re.compile("sent|delivered|read"))
    item.hover()
    item.locator("[data-pc-action=menu]").click()
    juwon.locator("pair-chat [data-pc-part=menu] [data-pc-action=edit]").click()
    send(juwon, "first")
    for page in (juwon, minji):
        expect(message(page, "first")).to_have_attribute("data-edited", "")
        assert stamps(page) == [1]
