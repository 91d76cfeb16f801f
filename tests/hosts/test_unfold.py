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
