"""Two people chat."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from .conftest import SignIn

OPEN_ROOM = "form[action='/chat/open/'] button"


def something_new(text: str) -> str:
    """A text that no other run has sent."""
    return f"{text} {uuid4()}"


def write_to_the_author(reader: Page, title: str) -> None:
    """From the board to the author of a post, as a person would go."""
    reader.goto("/")
    reader.get_by_role("link", name=title).first.click()
    reader.locator(OPEN_ROOM).first.click()
    reader.wait_for_url("**/chat/rooms/*/**")


def send(page: Page, text: str) -> None:
    page.locator("#composer textarea").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_reader_writes_to_an_author_who_finds_it_in_the_inbox(sign_in: SignIn, scripts: bool) -> None:
    minji, juwon = sign_in("minji", scripts=scripts), sign_in("juwon", scripts=scripts)
    text = something_new("Is it brown?")
    write_to_the_author(minji, "Red wallet")
    send(minji, text)
    expect(minji.locator(".pc-message[data-mine]").last).to_contain_text(text)

    juwon.goto("/chat/")
    juwon.get_by_role("link").filter(has_text=text).first.click()
    expect(juwon.locator(".pc-message").last).to_contain_text(text)


def test_messages_appear_on_both_open_pages_without_a_reload(sign_in: SignIn) -> None:
    minji, juwon = sign_in("minji"), sign_in("juwon")
    write_to_the_author(minji, "Red wallet")
    juwon.goto(minji.url)
    question, reply = something_new("Is it brown?"), something_new("No, it is red.")

    send(minji, question)
    expect(juwon.locator(".pc-message:not([data-mine])").last).to_contain_text(question)

    juwon.locator("#composer textarea").fill(reply)
    juwon.locator("#composer textarea").press("Enter")
    expect(minji.locator(".pc-message:not([data-mine])").last).to_contain_text(reply)
    expect(juwon.locator(".pc-message[data-mine]").last).to_contain_text(reply)
