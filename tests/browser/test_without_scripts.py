"""Everything that can be done with messages by links and forms alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from .conftest import Meet, SignIn
from .helpers import NOT_READ, composer, fill_room, live, message, messages, send, something_new


@pytest.fixture
def people(sign_in: SignIn, meet: Meet) -> tuple[Page, Page]:
    """Juwon without scripts, Minji with them, in a room of their own."""
    juwon, minji = sign_in("juwon", scripts=False, outage=True), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(minji)
    return juwon, minji


def write(page: Page, text: str) -> None:
    composer(page).fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def hear(page: Page, peer: Page, text: str) -> None:
    """The peer says something, and this page is loaded again."""
    send(peer, text)
    expect(message(peer, text)).to_have_attribute("data-status", NOT_READ)
    page.reload()


def page_of(page: Page, text: str) -> None:
    """Goes to the page of one message."""
    message(page, text).locator("[data-pc-action=menu]").click()
    expect(page.locator("[data-pc-view=message]")).to_be_visible()


def form(page: Page, name: str) -> Locator:
    return page.locator(f"[data-pc-form={name}]").first


def test_a_message_is_edited_and_deleted(people: tuple[Page, Page]) -> None:
    juwon, _ = people
    text = something_new("first thought")
    write(juwon, text)
    page_of(juwon, text)
    form(juwon, "edit").locator("textarea").fill("second thought")
    form(juwon, "edit").get_by_role("button").click()
    for page in people:
        expect(message(page, "second thought")).to_contain_text("edited")
        expect(messages(page)).to_have_count(1)
    page_of(juwon, "second thought")
    form(juwon, "delete").get_by_role("button").click()
    for page in people:
        expect(messages(page)).to_contain_text("Deleted message")
        expect(message(page, "second thought")).to_have_count(0)


def test_a_reaction_is_given_and_taken_back(people: tuple[Page, Page]) -> None:
    juwon, minji = people
    text = something_new("what do you say?")
    hear(juwon, minji, text)
    page_of(juwon, text)
    form(juwon, "react").get_by_role("button", name="🙏").click()
    for page in people:
        expect(message(page, text).locator("[data-pc-part=reactions]")).to_contain_text("🙏")
    page_of(juwon, text)
    juwon.get_by_role("button", name="Remove reaction").click()
    for page in people:
        expect(message(page, text).locator("[data-pc-part=reactions]")).to_be_hidden()


def test_a_reply_shows_what_it_answers_and_leads_there(people: tuple[Page, Page]) -> None:
    juwon, minji = people
    question = something_new("which one?")
    hear(juwon, minji, question)
    page_of(juwon, question)
    juwon.get_by_role("link", name="Reply").click()
    expect(juwon.locator("#composer [data-pc-part=replying]")).to_contain_text(question)
    write(juwon, "the red one")
    for page in people:
        expect(message(page, "the red one").locator("[data-pc-part=reply]")).to_contain_text(question)
    message(juwon, "the red one").locator("[data-pc-part=reply]").click()
    expect(juwon).to_have_url(re.compile(r"#m-1$"))


def test_older_and_newer_messages_come_by_links(people: tuple[Page, Page]) -> None:
    juwon, minji = people
    fill_room(minji, 120)
    juwon.reload()
    juwon.get_by_role("link", name="Newest").click()
    seen = [first_and_last(juwon)]
    for name in ("Older messages", "Older messages", "Newer messages"):
        juwon.get_by_role("link", name=name).click()
        seen.append(first_and_last(juwon))
    assert seen == [(71, 120), (21, 70), (1, 20), (21, 70)]
    expect(message(juwon, "number 70.")).to_be_attached()
    juwon.get_by_role("link", name="Newest").click()
    expect(message(juwon, "number 120.")).to_be_in_viewport()


def first_and_last(page: Page) -> tuple[int, int]:
    page.wait_for_load_state()
    seqs = messages(page).evaluate_all("all => all.map(li => Number(li.dataset.seq))")
    return seqs[0], seqs[-1]


def test_what_was_seen_is_read_only_when_its_button_is_pressed(people: tuple[Page, Page]) -> None:
    juwon, minji = people
    text = something_new("seen?")
    hear(juwon, minji, text)
    expect(message(juwon, text)).to_be_visible()
    juwon.reload()
    expect(message(minji, text)).to_have_attribute("data-status", NOT_READ)
    juwon.get_by_role("button", name="Mark as read").click()
    expect(message(minji, text)).to_have_attribute("data-status", "read")


def test_a_form_that_was_used_before_gives_another_text_back(people: tuple[Page, Page]) -> None:
    """As from the browser's history: the same hidden id, and something else in the box."""
    juwon, minji = people
    used = juwon.locator("#composer [name=client_id]").get_attribute("value") or ""
    write(juwon, "the first text")
    fresh = juwon.locator("#composer [name=client_id]").get_attribute("value") or ""
    assert used != fresh

    def use_again(route: Route) -> None:
        sent = route.request.post_data or ""
        route.continue_(post_data=sent.replace(fresh, used))

    juwon.route("**/send/", use_again)
    write(juwon, "another text")
    expect(juwon.locator("#composer [data-pc-slot=error]")).to_contain_text("Your text was not sent yet")
    expect(composer(juwon)).to_have_value("another text")
    juwon.unroute("**/send/")
    juwon.get_by_role("button", name="Send", exact=True).click()
    for page in people:
        expect(messages(page)).to_have_count(2)
        expect(messages(page).last).to_contain_text("another text")
    expect(minji.locator("pair-chat .pc-message").first).to_contain_text("the first text")
