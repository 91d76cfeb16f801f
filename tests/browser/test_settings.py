"""What a person sets for a chat, by its menu: with scripts and without them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Meet, SignIn
from .helpers import NOT_READ, composer, live, message, messages, send, something_new

People = tuple[Page, Page, str]


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def people(scripts: bool, sign_in: SignIn, meet: Meet) -> People:
    """Juwon, who may have no scripts, and Minji, in a room of their own where she has said something."""
    juwon, minji = sign_in("juwon", scripts=scripts), sign_in("minji")
    room = meet(juwon, minji)
    minji.goto(room)
    live(minji)
    text = something_new("hello")
    send(minji, text)
    expect(message(minji, text)).to_have_attribute("data-status", re.compile("sent|delivered|read"))
    juwon.goto(room)
    expect(message(juwon, text)).to_be_visible()
    return juwon, minji, text


def menu(page: Page, *names: str) -> None:
    """Opens the room's menu, and one after the other what has these names in it."""
    settings = page.locator("pair-chat [data-pc-part=settings]")
    settings.locator("summary").first.click()
    for name in names:
        settings.locator("summary, button, a").filter(has_text=re.compile(f"^\\s*{name}\\s*$")).click()


def row(page: Page, text: str) -> Locator:
    return page.locator("pair-chat-inbox .pc-row").filter(has_text=text)


def test_a_chat_is_muted_for_a_while_and_unmuted(people: People) -> None:
    juwon, _, text = people
    menu(juwon, "Mute", "For 1 hour")
    expect(juwon.locator("pair-chat [data-pc-part=settings] .pc-menu-note").first).to_contain_text("Muted until")
    juwon.goto("/chat/")
    expect(row(juwon, text).locator("[data-pc-part=muted]")).to_be_visible()
    row(juwon, text).locator("a").click()
    menu(juwon, "Unmute")
    juwon.goto("/chat/")
    expect(row(juwon, text)).to_have_count(1)
    expect(row(juwon, text).locator("[data-pc-part=muted]")).to_be_hidden()


def test_an_archived_chat_lies_apart_and_comes_back(people: People) -> None:
    juwon, minji, text = people
    menu(juwon, "Archive")
    expect(juwon).to_have_url(re.compile("/chat/$"))
    expect(row(juwon, text)).to_have_count(0)
    juwon.goto("/chat/?archived=1")
    row(juwon, text).locator("a").click()
    menu(juwon, "Unarchive")
    juwon.goto("/chat/")
    expect(row(juwon, text)).to_have_count(1)
    row(juwon, text).locator("a").click()
    menu(juwon, "Archive")
    expect(juwon).to_have_url(re.compile("/chat/$"))
    again = something_new("are you there?")
    send(minji, again)
    expect(message(minji, again)).to_have_attribute("data-status", NOT_READ)
    juwon.goto("/chat/")
    expect(row(juwon, again)).to_have_count(1)


def test_a_chat_is_marked_as_unread(people: People, scripts: bool) -> None:
    juwon, minji, text = people
    if not scripts:
        juwon.locator("pair-chat [data-pc-form=read] button").click()
    # Reading it takes the mark away again, so it comes first.
    expect(message(minji, text)).to_have_attribute("data-status", "read")
    menu(juwon, "Mark as unread")
    expect(juwon).to_have_url(re.compile("/chat/$"))
    expect(row(juwon, text).locator("[data-pc-part=unread]")).to_be_visible()


def test_a_chat_is_cleared_for_oneself(people: People) -> None:
    juwon, minji, text = people
    menu(juwon, "Clear this chat", "Clear for me")
    expect(messages(juwon)).to_have_count(0)
    expect(juwon.locator("pair-chat [data-pc-part=nothing]")).to_be_visible()
    minji.reload()
    expect(message(minji, text)).to_be_visible()


def test_a_blocked_person_cannot_write_until_the_block_is_taken_back(people: People) -> None:
    juwon, minji, _ = people
    menu(juwon, "Block", "Block this person")
    expect(juwon.locator("pair-chat [data-pc-part=closed]")).to_be_visible()
    expect(composer(juwon)).to_be_hidden()
    expect(composer(minji)).to_be_hidden()
    juwon.get_by_role("button", name="Unblock").last.click()
    expect(composer(juwon)).to_be_visible()
    expect(composer(minji)).to_be_visible()
    text = something_new("and again")
    send(minji, text)
    expect(message(minji, text)).to_have_attribute("data-status", re.compile("sent|delivered|read"))


def test_a_report_is_received_and_says_so(people: People) -> None:
    juwon, _, _ = people
    menu(juwon, "Report this chat")
    reason: Any = juwon.locator("[data-pc-form=report] textarea")
    reason.fill("Asks for money.")
    juwon.get_by_role("button", name="Send the report").click()
    expect(juwon.locator("pair-chat .pc-notice")).to_have_text("Thank you. Your report was sent.")
