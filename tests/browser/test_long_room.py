"""A room of ten thousand messages is as quick as a short one."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .board import Board
from .conftest import Meet, SignIn
from .helpers import at_end, composer, fill_room, live, message, messages, send

COUNT = 10_000
PAGE = 50
# So many messages a page holds at once.
MOST = 300
# In the shell of the board: as many rows as years of chatting leave, which no person could send within a test.
FILL = """
from uuid import uuid4
from django_pairchat import get_message_model, get_room_model
rooms, messages = (model()._default_manager for model in (get_room_model, get_message_model))
room = rooms.get(pk={key!r})
values = {{n: dict(side=1 + n // 3 % 2, content=f"number {{n}}." + " words" * (n % 40)) for n in range(1, {count} + 1)}}
messages.bulk_create(
    [messages.model(room=room, seq=n, rev=n, client_id=uuid4(), **value) for n, value in values.items()], batch_size=500
)
positions = ["head", "rev", "user1_read", "user1_read_shown", "user2_read", "user2_read_shown"]
rooms.filter(pk=room.pk).update(**dict.fromkeys(positions, {count}))
"""


@pytest.fixture
def long_room(board: Board, sign_in: SignIn, meet: Meet) -> tuple[Page, Page]:
    """Both are in it, at its end."""
    juwon, minji = sign_in("juwon"), sign_in("minji")
    room = meet(juwon, minji)
    found = re.search(r"/rooms/([^/]+)/", room)
    assert found
    board.manage("shell", "-c", FILL.format(key=found[1], count=COUNT))
    for page in (juwon, minji):
        page.goto(room)
        live(page)
    return juwon, minji


def older_page(page: Page) -> float:
    """Scrolls up until older messages have come, and tells how far that moved what was at the top of the view."""
    first = page.locator("pair-chat .pc-message").first
    seq = first.get_attribute("data-seq")
    anchor = page.locator(f"pair-chat [data-seq='{seq}']")
    anchor.evaluate("li => li.scrollIntoView({ block: 'start' })")
    before = anchor.bounding_box()
    expect(messages(page).first).not_to_have_attribute("data-seq", seq or "")
    after = anchor.bounding_box()
    assert before
    assert after
    return abs(after["y"] - before["y"])


def test_ten_thousand_messages_are_read_back_page_by_page(long_room: tuple[Page, Page]) -> None:
    juwon, minji = long_room
    expect(messages(juwon)).to_have_count(PAGE)
    expect(message(juwon, f"number {COUNT}.")).to_be_in_viewport()
    for oldest in range(COUNT - 2 * PAGE + 1, 0, -PAGE):
        assert older_page(juwon) <= 2
        seqs = messages(juwon).evaluate_all("all => all.map(li => Number(li.dataset.seq))")
        assert seqs == list(range(oldest, min(COUNT, oldest + MOST - 1) + 1))
    expect(juwon.locator("pair-chat [data-pc-part=older]")).to_be_hidden()

    # At the far end of it new messages and one's own typing go on.
    for number in range(5):
        send(minji, f"live {number}")
    pill = juwon.locator("pair-chat [data-pc-part=pill]")
    expect(pill).to_contain_text("5 new messages")
    pill.click()
    expect(message(juwon, "live 4")).to_be_in_viewport()
    at_end(juwon)
    composer(juwon).press_sequentially("quick")
    expect(composer(juwon)).to_have_value("quick")


def test_a_page_that_stays_open_does_not_grow_for_ever(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(juwon)
    fill_room(minji, MOST + 20)
    expect(message(juwon, f"number {MOST + 20}.")).to_be_in_viewport()
    expect(messages(juwon)).to_have_count(MOST)
    older_page(juwon)
    expect(messages(juwon).first).to_contain_text("number 1.")


def test_the_very_beginning_is_one_request_away_and_so_is_the_way_back(long_room: tuple[Page, Page]) -> None:
    juwon, minji = long_room
    juwon.goto(f"{juwon.url.split('?')[0]}?around=1#m-1")
    live(juwon)
    expect(message(juwon, "number 1.")).to_be_in_viewport()
    assert messages(juwon).count() <= 2 * PAGE
    send(minji, "the newest")
    juwon.locator("pair-chat [data-pc-part=pill]").click()
    expect(message(juwon, "the newest")).to_be_in_viewport()
    at_end(juwon)
    assert messages(juwon).count() <= 2 * PAGE
