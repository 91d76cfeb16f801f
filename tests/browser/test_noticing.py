"""A page that notices at once what happens around it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .conftest import Meet, SignIn
from .helpers import live, message, send, something_new


def test_without_a_network_it_says_so_and_comes_back_with_it(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", outage=True), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(juwon)
    juwon.context.set_offline(True)
    expect(juwon.locator("pair-chat [data-pc-slot=connection]")).to_contain_text("Offline")
    written, sent = something_new("while offline"), something_new("meanwhile")
    send(juwon, written)
    send(minji, sent)
    juwon.context.set_offline(False)
    live(juwon)
    expect(juwon.locator("pair-chat [data-pc-part=connection]")).to_be_hidden()
    expect(message(juwon, sent)).to_be_visible()
    expect(message(minji, written)).to_be_visible()


def test_reading_a_room_takes_back_that_it_was_marked_as_unread(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    text = something_new("read me later")
    send(minji, text)
    expect(message(minji, text)).to_have_attribute("data-status", "read")
    room = juwon.url
    juwon.locator("pair-chat .pc-head summary").first.click()
    juwon.locator("pair-chat .pc-head button[name=marked_unread]").click()
    row = juwon.locator("pair-chat-inbox .pc-row").filter(has_text=text)
    expect(row).to_have_attribute("data-marked-unread", "")
    reader = juwon.context.new_page()
    reader.goto(room)
    reader.bring_to_front()
    live(reader)
    expect(row).not_to_have_attribute("data-marked-unread", "")
