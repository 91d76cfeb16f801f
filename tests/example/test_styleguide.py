"""The styleguide shows every part once, in both languages, to anybody, and asks the database nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from styleguide import states

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_state_is_on_the_page(client: Client, language: str) -> None:
    page = client.get("/styleguide/", headers={"accept-language": language}).content.decode()
    shown = re.findall(r"<figcaption>([^<]+)</figcaption>", page)
    messages = len(states.bubbles()) + len(states.cards()) + len(states.held())
    assert len(shown) == messages + len(states.topics()) + len(states.lines()) + len(states.rows())
    assert page.count('class="pc-message"') == messages
    assert page.count("<pair-chat-card") - page.count('data-pc-template="kind-') == len(states.cards())
    assert page.count('class="pc-topic"') == len(states.topics())
    assert page.count('class="pc-row"') == len(states.rows())
    assert any("가" <= name[0] <= "힣" for name in shown) is (language == "ko")


def test_it_brings_the_style_of_each_part(client: Client) -> None:
    page = client.get("/styleguide/").content.decode()
    linked = set(re.findall(r'href="/static/pairchat/(pairchat[\w-]*)\.css"', page))
    parts = {f"pairchat-{name}" for name in ("media", "inbox", "topic", "cards", "quick")}
    assert linked == {"pairchat", *parts}


def test_the_database_is_not_asked(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        client.get("/styleguide/")
