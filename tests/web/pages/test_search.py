"""Search, in one conversation and in all."""

from __future__ import annotations

import unicodedata
from typing import Any
from urllib.parse import urlencode

import pytest

from django_pairchat import services
from django_pairchat.templatetags.pairchat import pairchat_marked
from tests.support.options import SetOptions

from .browser import Browser, Page


def found(page: Page) -> list[str]:
    return [row.one(class_="pc-row-found").text for row in page.rows]


def test_search_in_one_room_and_in_all(at_minji: Browser, sora: Any, room: Any, key: str) -> None:
    minji, juwon = room.user1, room.user2
    services.send(room, juwon, "red wallet")
    services.send(services.open_room(minji, sora), minji, "blue wallet")
    page = at_minji.open(f"/chat/rooms/{key}/").follow("Search in this chat").press("Search", query="WALLET")
    assert found(page) == ["red wallet"]
    page = page.follow("Search all chats")
    assert found(page) == ["Me: blue wallet", "red wallet"]
    assert page.rows[1].one("mark").text == "wallet"


def test_a_hit_leads_to_its_place(at_minji: Browser, room: Any, juwon: Any) -> None:
    for number in range(100):
        services.send(room, juwon, f"number {number}.")
    page = at_minji.open("/chat/search/?query=number+7.")
    assert found(page) == ["number 7."]
    page = at_minji.open(page.rows[0].one("a")["href"])
    assert page.fragment == "m-8"
    assert page.message(8).slot("content").text == "number 7."


def test_older_results_are_a_link(at_minji: Browser, room: Any, juwon: Any, key: str) -> None:
    for number in range(30):
        services.send(room, juwon, f"word {number}")
    page = at_minji.open(f"/chat/search/?query=word&room={key}")
    assert len(page.rows) == 20
    assert found(page.follow("Older results")) == [f"word {number}" for number in range(9, -1, -1)]


def test_nothing_found_says_so_literally(at_minji: Browser) -> None:
    page = at_minji.open("/chat/search/?query=%3Cb%3E%25_")
    assert "Nothing found for “<b>%_”." in page.text


def test_a_query_that_is_too_long_is_kept_with_a_sentence(at_minji: Browser) -> None:
    page = at_minji.open("/chat/search/?query=" + "x" * 101)
    assert page.status == 400
    assert page.root.one("input", name="query")["value"] == "x" * 101


def test_a_room_of_others_cannot_be_searched(at_sora: Browser, room: Any, juwon: Any, key: str) -> None:
    services.send(room, juwon, "private")
    assert at_sora.open(f"/chat/search/?query=private&room={key}").status == 404
    assert found(at_sora.open("/chat/search/?query=private")) == []


def test_a_page_without_results_leads_on_to_what_was_not_looked_at_yet(
    at_minji: Browser, room: Any, juwon: Any, key: str, options: SetOptions
) -> None:
    for text in ("the word", "one", "two", "three"):
        services.send(room, juwon, text)
    options(search_step=3)
    options(search_page_seconds=-1)
    page = at_minji.open(f"/chat/search/?query=word&room={key}")
    assert "Nothing found so far." in page.text
    assert "Nothing found for" not in page.text
    assert found(page.follow("Older results")) == ["the word"]


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        (unicodedata.normalize("NFD", "한국어 카페"), "카페", unicodedata.normalize("NFD", "카페")),
        ("한국어 카페", unicodedata.normalize("NFD", "카페"), "카페"),
        (unicodedata.normalize("NFD", "un café noir"), "CAFÉ", unicodedata.normalize("NFD", "café")),
        ("ß" * 60 + "needle", "needle", "needle"),
        ("İ" * 80 + "needle", "needle", "needle"),
        ("\ufb03" * 80 + "needle", "NEEDLE", "needle"),
        ("a < b & c", "< b", "< b"),
        ("STRASSE straße", "straße", "straße"),
        ("100% (sure)", "(sure)", "(sure)"),
    ],
)
@pytest.mark.parametrize("behind", ["", "z" * 200])
@pytest.mark.parametrize("before", ["", "z" * 200])
def test_a_hit_shows_what_was_found_and_marks_it(
    at_minji: Browser, room: Any, juwon: Any, *, text: str, query: str, marked: str, before: str, behind: str
) -> None:
    services.send(room, juwon, f"{before}{text} {behind}")
    page = at_minji.open(f"/chat/search/?{urlencode({'query': query})}")
    assert [mark.text for mark in page.root.all("mark")] == [marked]


def test_a_letter_without_its_accent_is_not_marked() -> None:
    text = unicodedata.normalize("NFD", "café") + " cafe"
    assert pairchat_marked(text, "cafe") == unicodedata.normalize("NFD", "café") + " <mark>cafe</mark>"
    assert pairchat_marked("<b>", "") == "&lt;b&gt;"
