"""Pins, stars and the filter of unread chats, on pages without JavaScript."""

from __future__ import annotations

from typing import Any

from django_pairchat import services
from tests.support.people import make_topic

from .browser import Browser


def test_a_message_is_starred_found_and_taken_back(at_minji: Browser, room: Any, juwon: Any, key: str) -> None:
    services.send(room, juwon, "the code is 4711")
    at_minji.open(f"/chat/rooms/{key}/messages/1/").press("Star")
    shown = at_minji.open(f"/chat/rooms/{key}/").root.one(data_pc_part="star", hidden=False)
    assert shown.text == "Starred"
    page = at_minji.open("/chat/").follow("Starred")
    assert "the code is 4711" in page.text
    assert page.rows[0].one("a", class_="pc-row-link")["href"] == f"/chat/rooms/{key}/?around=1#m-1"
    after = page.press("Remove star")
    assert "No starred messages." in after.text
    assert services.starred_messages(services.get_room(juwon, key).peer_of(juwon)).messages == []


def test_a_pinned_chat_is_first_until_it_is_archived(at_minji: Browser, minji: Any, juwon: Any, sora: Any) -> None:
    old = services.open_room(juwon, minji, make_topic())
    services.send(old, juwon, "older")
    new = services.open_room(minji, sora)
    services.send(new, sora, "newer")
    at_minji.open(f"/chat/rooms/{old.pk}/").press("Pin")
    rows = at_minji.open("/chat/").rows
    assert [row["data-room"] for row in rows] == [str(old.pk), str(new.pk)]
    assert ["hidden" in row.one(data_pc_part="pinned").attrs for row in rows] == [False, True]
    at_minji.open(f"/chat/rooms/{old.pk}/").press("Archive")
    at_minji.open(f"/chat/rooms/{old.pk}/").press("Unarchive")
    assert [row["data-room"] for row in at_minji.open("/chat/").rows] == [str(new.pk), str(old.pk)]


def test_the_list_can_show_unread_chats_only(at_minji: Browser, minji: Any, juwon: Any, sora: Any) -> None:
    waiting = services.open_room(juwon, minji)
    services.send(waiting, juwon, "hello")
    services.send(services.open_room(minji, sora), minji, "mine")
    page = at_minji.open("/chat/").follow("Unread")
    assert [row["data-room"] for row in page.rows] == [str(waiting.pk)]
    services.mark_read(minji, waiting, 1)
    assert "Nothing is unread." in at_minji.open("/chat/?unread=1").text
