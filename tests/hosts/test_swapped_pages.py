"""htmx and Turbo put pages into each other: what the chat's script does itself is not done once more by them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import composer, live, messages, open_menu, send

from .conftest import Enter
from .served import Host
from .test_chatting import open_chat

pytestmark = pytest.mark.hosts("htmx", "htmx4", "turbo")


def test_each_press_of_a_button_has_one_effect(host: Host, enter: Enter) -> None:
    reader = enter(host.kind.reader, host.topic)
    room = open_chat(reader)
    live(reader)
    before = messages(reader).count()
    send(reader, "by the Enter key")
    composer(reader).fill("by the button")
    reader.locator("#composer [data-pc-action=send]").click()
    expect(messages(reader)).to_have_count(before + 2)
    expect(messages(reader).last).to_have_attribute("data-status", re.compile("sent|delivered"))
    # Everything is the server's markup after a reload, so the library has seen it.
    reader.goto(room)
    live(reader)
    expect(messages(reader)).to_have_count(before + 2)
    reader.evaluate("() => { window.same = document.querySelector('pair-chat'); }")
    open_menu(reader, "by the button").locator("[data-pc-action=reply]").click()
    composer(reader).fill("an answer")
    reader.locator("#composer [data-pc-action=send]").click()
    expect(messages(reader)).to_have_count(before + 3)
    messages(reader).last.locator("[data-pc-action=jump]").click()
    open_menu(reader, "an answer").locator("[data-pc-action=reply]").click()
    reader.locator("#composer [data-pc-action=cancel-reply]").click()
    expect(reader.locator("#composer [data-pc-part=replying]")).to_be_hidden()
    # Long enough for an answer that would take the page away.
    reader.wait_for_timeout(1_000)
    assert reader.evaluate("document.contains(window.same)")
    expect(reader).to_have_url(re.compile(f"{room}$"))
    expect(messages(reader)).to_have_count(before + 3)
