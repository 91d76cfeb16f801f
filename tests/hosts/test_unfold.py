"""The chat in the administration of Unfold."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import live, message, send

from .conftest import Enter
from .served import Host
from .test_chatting import open_chat, take_picture

pytestmark = pytest.mark.hosts("strict")


def test_rooms_and_messages_have_their_pages(host: Host, enter: Enter, request: pytest.FixtureRequest) -> None:
    reader = enter(host.kind.reader, host.topic)
    open_chat(reader)
    live(reader)
    send(reader, "Seen by the staff")
    expect(message(reader, "Seen by the staff")).to_have_attribute("data-status", re.compile("sent|delivered"))
    staff = enter("staff", "/admin/")
    staff.goto("/admin/pairchat/room/")
    expect(staff.locator("#result_list")).to_contain_text("minji")
    staff.locator("#result_list a[href*='/message/']").first.click()
    expect(staff.locator("#result_list")).to_contain_text("Seen by the staff")
    if request.config.getoption("--pictures"):
        take_picture(staff, "unfold")
    staff.locator("#result_list th a, #result_list td a").first.click()
    expect(staff.locator("#content, main").first).to_contain_text("Seen by the staff")
    # Unfold's own look, at its own place.
    assert staff.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_moderator_decides_on_its_pages(host: Host, enter: Enter) -> None:
    reader = enter(host.kind.reader, host.topic)
    room = open_chat(reader)
    live(reader)
    send(reader, "Send the money first")
    expect(message(reader, "Send the money first")).to_have_attribute("data-status", re.compile("sent|delivered"))
    author = enter(host.kind.author, room)
    # Another test may have written here before.
    seq = message(author, "Send the money first").last.get_attribute("data-seq")
    author.goto(f"{room}report/?seq={seq}")
    author.locator("[name=category]").select_option("fraud")
    author.locator("[data-pc-form=report] button").click()
    expect(author.locator("pair-chat")).to_be_visible()
    staff = enter("staff", "/admin/")
    staff.goto("/admin/pairchat_moderation/case/")
    staff.locator("#result_list a[href*='/change/']").first.click()
    expect(staff.locator("#content, main").first).to_contain_text("Send the money first")
    staff.locator("[name=decision]").select_option("warned")
    staff.locator("[name=_save]").first.click()
    staff.goto("/admin/pairchat_moderation/case/?state=decided")
    expect(staff.locator("#result_list")).to_contain_text("warned")
    assert staff.evaluate("document.documentElement.scrollWidth <= innerWidth")
