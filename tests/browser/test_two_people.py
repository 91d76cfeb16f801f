"""Two people chat."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import SignIn
from .helpers import composer, live, message, messages, send, something_new


def meet_by_hand(reader: Page, author: Page, *, scripts: bool) -> str:
    """As people go: one writes a post, the other reads it and presses its button."""
    title = something_new("Found")
    author.goto("/posts/new/")
    author.locator("[name=kind]").first.check()
    author.locator("[name=title]").fill(title)
    author.locator("[name=place]").fill("At the station")
    author.locator("[name=body]").fill("Who misses it?")
    author.get_by_role("button", name="Post it").click()
    author.wait_for_url("**/posts/*/")
    reader.goto("/")
    reader.get_by_role("link", name=title).click()
    reader.locator("form[action='/chat/open/'] button").click()
    if scripts:
        # It opens over the page of the post, from where its own page is one step.
        reader.locator(".pc-dock-window:not([data-dock-room='']) [data-pc-slot=dock-page]").click()
    reader.wait_for_url("**/chat/rooms/*/**")
    return reader.url


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_reader_writes_to_an_author_who_sees_it_and_answers(sign_in: SignIn, scripts: bool) -> None:
    juwon, minji = sign_in("juwon", scripts=scripts), sign_in("minji")
    minji.goto("/")
    unread = minji.locator(".site-header pair-chat-badge")
    before = int(unread.get_attribute("data-count") or 0)
    room = meet_by_hand(juwon, sign_in("minji"), scripts=scripts)
    question, answer = something_new("아직 갖고 계세요?"), something_new("네, 갖고 있어요!")

    composer(juwon).fill(question)
    juwon.get_by_role("button", name="Send", exact=True).click()
    expect(messages(juwon).last).to_contain_text(question)
    expect(unread).to_have_attribute("data-count", str(before + 1))
    expect(unread).to_contain_text(str(before + 1))

    minji.goto("/chat/")
    minji.get_by_role("link").filter(has_text=question).click()
    minji.wait_for_url(room.split("?")[0].split("#")[0] + "**")
    expect(message(minji, question)).to_be_visible()
    expect(unread).to_have_attribute("data-count", str(before))

    composer(minji).fill(answer)
    composer(minji).press("Enter")
    expect(message(minji, answer)).to_have_attribute("data-status", re.compile("sent|delivered|read"))
    if not scripts:
        juwon.reload()
    expect(messages(juwon).last).to_contain_text(answer)


def test_messages_appear_on_both_open_pages_without_a_reload(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(juwon)
    live(minji)
    for writer, reader in (juwon, minji), (minji, juwon), (juwon, minji):
        text = something_new("안녕하세요")
        composer(writer).fill(text)
        composer(writer).press("Enter")
        expect(message(reader, text)).to_be_visible()
        expect(composer(writer)).to_have_value("")
    expect(messages(juwon)).to_have_count(3)
    expect(messages(minji)).to_have_count(3)


def test_mine_is_mine_and_says_when_it_was_read(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    text = something_new("보이세요?")
    composer(juwon).fill(text)
    composer(juwon).press("Enter")
    expect(message(juwon, text)).to_have_attribute("data-mine", "")
    expect(message(minji, text)).not_to_have_attribute("data-mine", "")
    expect(message(juwon, text)).to_have_attribute("data-status", "read")
    expect(message(juwon, text).locator("[data-pc-slot=status]")).to_have_text("Read")


def test_the_other_person_sees_that_somebody_is_writing(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(juwon)
    live(minji)
    # Nobody hears of typing in a room to which nothing was written yet.
    send(juwon, "hello")
    expect(message(minji, "hello")).to_be_visible()
    typing = minji.locator("pair-chat [data-pc-part=typing]")
    composer(juwon).press_sequentially("음", delay=10)
    expect(typing).to_be_visible()
    composer(juwon).press("Enter")
    expect(message(minji, "음")).to_be_visible()
    expect(typing).to_be_hidden()


def test_the_first_message_takes_away_the_words_about_an_empty_room(pair: tuple[Page, Page]) -> None:
    juwon, _ = pair
    nothing = juwon.locator("pair-chat [data-pc-part=nothing]")
    expect(nothing).to_be_visible()
    composer(juwon).fill("hello")
    composer(juwon).press("Enter")
    expect(nothing).to_be_hidden()
