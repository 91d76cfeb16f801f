"""The dock: its tag, and the list and rooms that the server renders for it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.urls import resolve

from django_pairchat import services

from .browser import parse
from .test_tags import show


def test_the_dock_is_a_link_to_the_list_with_the_count(minji: Any, juwon: Any, room: Any) -> None:
    services.send(room, juwon, "hello")
    page = show("{% pairchat_dock %}", minji)
    link = page.one("pair-chat-dock").one("a")
    assert link["href"] == "/chat/"
    assert link.one("pair-chat-badge")["data-count"] == "1"
    assert page.one("pair-chat-dock")["data-me"] == str(minji.pk)


def test_a_page_has_one_dock_for_whom_it_is(minji: Any) -> None:
    assert len(show("{% pairchat_dock %}{% pairchat_dock %}", minji).all("pair-chat-dock")) == 1
    assert show("{% pairchat_dock %}", AnonymousUser()).all("pair-chat-dock") == []


def test_the_chats_own_pages_have_none(minji: Any) -> None:
    from django.template import engines

    request = RequestFactory().get("/chat/search/")
    request.user = minji
    request.resolver_match = resolve("/chat/search/")
    page = engines["django"].from_string("{% load pairchat %}<p>{% pairchat_dock %}</p>").render({}, request)
    assert parse(page).all("pair-chat-dock") == []


def test_a_button_says_that_it_opens_the_dock(minji: Any, juwon: Any) -> None:
    form = show('{% pairchat_button user open="dock" %}', minji, user=juwon).one("form")
    assert form["data-pc-open"] == "dock"
    assert "data-pc-open" not in show("{% pairchat_button user %}", minji, user=juwon).one("form").attrs
    with pytest.raises(TypeError, match='is "dock"'):
        show('{% pairchat_button user open="window" %}', minji, user=juwon)


@pytest.mark.parametrize("address", ["/chat/dock/", "/chat/rooms/{key}/dock/"])
def test_what_the_dock_shows_is_the_pages_own_without_a_page(minji: Any, juwon: Any, room: Any, address: str) -> None:
    services.send(room, juwon, "hello")
    url = address.format(key=room.pk)
    client = Client()
    assert client.get(url).status_code == 302
    client.force_login(minji)
    response = client.get(url)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    shown = parse(response.content.decode())
    docked = shown.one("div", **{"data-pc-docked": "room" if "rooms" in address else "inbox"})
    assert "hello" in docked.text
    # The page around has them.
    assert [link for link in shown.all("link") if link["href"].endswith("/pairchat.css")] == []
    assert shown.all("script", id="pc-catalogue") == []


def test_nobody_elses_room_is_in_the_dock(minji: Any, sora: Any, room: Any) -> None:
    client = Client()
    client.force_login(sora)
    assert client.get(f"/chat/rooms/{room.pk}/dock/").status_code == 404
    assert client.get("/chat/rooms/0/dock/").content == client.get(f"/chat/rooms/{room.pk}/dock/").content
