"""The list of conversations."""

from __future__ import annotations

from typing import Any

import pytest

from django_pairchat import services
from tests.support.people import make_user

from .browser import Browser


def test_rooms_stand_newest_first_with_peer_unread_and_last_message(
    at_minji: Browser, minji: Any, juwon: Any, sora: Any
) -> None:
    services.send(services.open_room(juwon, minji), juwon, "older")
    room = services.open_room(minji, sora)
    services.send(room, sora, "one")
    services.send(room, sora, "newer")
    rows = at_minji.open("/chat/").rows
    assert [row.slot("name").text for row in rows] == ["sora", "juwon"]
    assert [row.slot("content").text for row in rows] == ["newer", "older"]
    assert [row.slot("unread").text for row in rows] == ["2", "1"]


def test_my_own_last_message_says_so(at_minji: Browser, room: Any, minji: Any) -> None:
    services.send(room, minji, "hello")
    row = at_minji.open("/chat/").rows[0]
    assert row.one(data_pc_part="mine").text == "Me:"
    assert "hidden" in row.one(data_pc_part="unread").attrs


def test_a_row_leads_to_its_room(at_minji: Browser, room: Any, key: str) -> None:
    row = at_minji.open("/chat/").rows[0]
    assert row.slot("link")["href"] == f"/chat/rooms/{key}/"
    assert at_minji.open(row.slot("link")["href"]).status == 200


def test_a_deleted_last_message_shows_nothing_of_it(at_minji: Browser, room: Any, juwon: Any, key: str) -> None:
    services.send(room, juwon, "secret")
    services.delete(juwon, key, 1)
    page = at_minji.open("/chat/")
    assert page.rows[0].slot("content").text == "Deleted message"
    assert "secret" not in page.html


def test_more_than_99_unread_is_99_plus(at_minji: Browser, room: Any, juwon: Any) -> None:
    for _ in range(100):
        services.send(room, juwon, "again")
    assert at_minji.open("/chat/").rows[0].slot("unread").text == "99+"


def test_older_rooms_are_a_link_and_none_is_left_out(at_minji: Browser, minji: Any) -> None:
    for number in range(45):
        services.open_room(minji, make_user(f"friend{number}"))
    page = at_minji.open("/chat/")
    seen = [row["data-room"] for row in page.rows]
    while page.root.all("a", data_pc_action="more", href=True):
        page = page.follow("Older chats")
        seen += [row["data-room"] for row in page.rows]
    assert len(seen) == len(set(seen)) == 45


def test_a_room_has_the_list_beside_it_and_says_which_one_is_open(
    at_minji: Browser, room: Any, key: str, minji: Any, sora: Any
) -> None:
    services.send(services.open_room(minji, sora), sora, "elsewhere")
    rows = at_minji.open(f"/chat/rooms/{key}/").rows
    assert [row.slot("name").text for row in rows] == ["sora", "juwon"]
    assert [row["data-room"] for row in rows if row.slot("link").attrs.get("aria-current") == "page"] == [key]


def test_an_empty_list_says_what_to_do(at_minji: Browser) -> None:
    assert "Start a chat from someone's page" in at_minji.open("/chat/").text
    assert "Nothing is archived." in at_minji.open("/chat/?archived=1").text


@pytest.mark.parametrize("cursor", ["abc", "MTIz", "é", "x" * 300])
def test_a_cursor_that_no_page_gave_is_refused(at_minji: Browser, cursor: str) -> None:
    page = at_minji.open(f"/chat/?before={cursor}")
    assert page.status == 400
    assert page.link("Back to my chats")


def test_other_peoples_rooms_are_not_listed(at_sora: Browser, room: Any, juwon: Any) -> None:
    services.send(room, juwon, "private")
    page = at_sora.open("/chat/")
    assert page.rows == []
    assert "private" not in page.html
