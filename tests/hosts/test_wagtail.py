"""Wagtail: its pages as topics, and its pattern that takes every address."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .conftest import Enter
from .served import Host
from .test_chatting import open_chat
from .test_commands import command

pytestmark = pytest.mark.hosts("wagtail")


def test_the_chat_behind_the_catch_all_is_noticed(host: Host) -> None:
    said = command(host, "check", "--fail-level", "WARNING", "--settings", "project.wrong_settings")
    assert said.returncode == 1
    assert "pairchat.W007" in said.stderr


def test_a_page_is_the_same_topic_in_a_list_and_on_its_own(host: Host, enter: Enter) -> None:
    """A list has ``Page`` objects, and the page itself is a ``BlogPage``."""
    reader = enter(host.kind.reader, host.topic)
    room = open_chat(reader)
    topic = reader.locator(".pc-room a.pc-topic", has_text="Sourdough")
    expect(topic).to_have_attribute("href", host.topic)
    reader.goto("/")
    reader.locator("li", has_text="Sourdough").locator("form.pc-open button").click()
    reader.wait_for_url(f"**{room}*")
