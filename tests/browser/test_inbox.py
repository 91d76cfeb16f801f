"""The list of rooms, while one scrolls, while messages come, and in a short form on a host's page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from .board import Board, served
from .conftest import SignIn

ROOMS = 45
PAGE = 20
SHORT = 3
# What the host shows beside the list: a short one.
BESIDE = f"""
{{% extends "pairchat/inbox.html" %}}
{{% load pairchat %}}
{{% block pairchat_beside %}}{{% pairchat_inbox limit={SHORT} %}}{{% endblock %}}
"""
OPEN_ROOMS = f"""
from django.contrib.auth import get_user_model
from django_pairchat.services import open_room, send
from posts.models import Post

juwon, minji = (get_user_model().objects.get(username=name) for name in ("juwon", "minji"))
for number in range({ROOMS}):
    post = Post.objects.create(author=minji, kind="found", title=f"Thing {{number}}", place="Here", body="?")
    send(open_room(juwon, minji, topic=post), juwon, f"about {{number}}.")
"""


@pytest.fixture(scope="module")
def busy_board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    folder = tmp_path_factory.mktemp("busy")
    template = folder / "templates/pairchat/inbox.html"
    template.parent.mkdir(parents=True)
    template.write_text(BESIDE, "utf-8")
    with served(folder, f'TEMPLATES[0]["DIRS"].insert(0, {str(folder / "templates")!r})') as board:
        board.manage("shell", "-c", OPEN_ROOMS)
        yield board


@pytest.fixture
def author(busy_board: Board, sign_in: SignIn) -> Page:
    """Minji, who writes into the rooms of the list."""
    minji = sign_in("minji", server=busy_board.url)
    minji.goto("/")
    return minji


def list_of(page: Page) -> Locator:
    return page.locator(".pc-panes > pair-chat-inbox")


def rooms_of(page: Page) -> list[str]:
    keys: list[str] = list_of(page).locator(".pc-row").evaluate_all("rows => rows.map((row) => row.dataset.room)")
    return keys


def short_list(page: Page) -> Locator:
    return page.locator(".pc-embedded pair-chat-inbox")


def rows(inbox: Locator) -> Locator:
    return inbox.locator(".pc-row")


def names(inbox: Locator) -> list[str]:
    found: list[str] = rows(inbox).evaluate_all("all => all.map(li => li.dataset.room)")
    return found


def all_rooms(page: Page) -> list[str]:
    """As the server lists them."""
    found = page.request.get("/chat/api/inbox/?limit=100").json()
    return [room["room"] for room in found["rooms"]]


def write(author: Page, room: str, text: str) -> None:
    token = next(each["value"] for each in author.context.cookies() if each["name"] == "csrftoken")
    headers = {"X-CSRFToken": token, "Origin": author.url.removesuffix("/")}
    message = {"client_id": str(uuid4()), "content": text}
    sent = author.request.post(f"/chat/api/rooms/{room}/messages/", data=message, headers=headers)
    assert sent.ok, sent.text()


def scroll_to_end(inbox: Locator) -> None:
    inbox.locator(".pc-rows-scroll").evaluate("view => view.scrollTo(0, view.scrollHeight)")


def test_older_chats_come_while_one_scrolls(busy_board: Board, sign_in: SignIn) -> None:
    juwon = sign_in("juwon", server=busy_board.url)
    juwon.goto("/chat/")
    inbox = list_of(juwon)
    expect(rows(inbox)).to_have_count(PAGE)
    for count in (2 * PAGE, len(all_rooms(juwon))):
        scroll_to_end(inbox)
        expect(rows(inbox)).to_have_count(count)
    assert names(inbox) == all_rooms(juwon)
    expect(inbox.get_by_role("link", name="Older chats")).to_be_hidden()


def test_a_message_moves_the_oldest_room_of_a_scrolled_list_to_its_top(
    busy_board: Board, sign_in: SignIn, author: Page
) -> None:
    juwon = sign_in("juwon", server=busy_board.url)
    juwon.goto("/chat/")
    inbox = list_of(juwon)
    inbox.get_by_role("link", name="Older chats").click()
    expect(rows(inbox)).to_have_count(2 * PAGE)
    write(author, all_rooms(juwon)[-1], "after a long time")
    expect(rows(inbox).first).to_contain_text("after a long time")
    expect(rows(inbox)).to_have_count(2 * PAGE)
    assert names(inbox) == all_rooms(juwon)[: 2 * PAGE]


def test_a_short_list_stays_short_until_one_asks_for_more(busy_board: Board, sign_in: SignIn, author: Page) -> None:
    juwon = sign_in("juwon", server=busy_board.url)
    juwon.goto("/chat/")
    short = short_list(juwon)
    expect(rows(short)).to_have_count(SHORT)
    room = all_rooms(juwon)[SHORT + 1]
    write(author, room, "into the short list")
    expect(rows(short).first).to_contain_text("into the short list")
    expect(rows(short)).to_have_count(SHORT)
    short.get_by_role("link", name="Older chats").click()
    expect(rows(short)).to_have_count(2 * SHORT)
    assert names(short) == all_rooms(juwon)[: 2 * SHORT]


def test_older_chats_can_be_asked_for_again_after_the_server_was_away(busy_board: Board, sign_in: SignIn) -> None:
    juwon = sign_in("juwon", server=busy_board.url, outage=True)
    juwon.goto("/chat/")
    short = short_list(juwon)
    busy_board.stop()
    short.get_by_role("link", name="Older chats").click()
    expect(rows(short)).to_have_count(SHORT)
    busy_board.start()
    # Whether the first click is answered late or the second one at once, nothing is left out.
    short.get_by_role("link", name="Older chats").click()
    expect(rows(short).nth(2 * SHORT - 1)).to_be_visible()
    assert names(short) == all_rooms(juwon)[: len(names(short))]


def test_a_page_of_older_chats_shows_what_its_address_says(busy_board: Board, sign_in: SignIn, author: Page) -> None:
    plain = sign_in("juwon", server=busy_board.url, scripts=False)
    plain.goto("/chat/")
    list_of(plain).get_by_role("link", name="Older chats").click()
    plain.wait_for_url("**/chat/?before=*")
    juwon = sign_in("juwon", server=busy_board.url)
    juwon.goto(plain.url)
    older = names(list_of(juwon))
    assert older == all_rooms(juwon)[PAGE : 2 * PAGE]
    write(author, older[0], "to a room of this page")
    expect(rows(short_list(juwon)).first).to_contain_text("to a room of this page")
    expect(rows(list_of(juwon)).first).to_contain_text("to a room of this page")
    assert names(list_of(juwon)) == older


def test_what_was_archived_on_a_page_of_older_chats_can_be_taken_back(busy_board: Board, sign_in: SignIn) -> None:
    juwon = sign_in("juwon", server=busy_board.url)
    juwon.goto("/chat/")
    juwon.goto(str(list_of(juwon).locator("[data-pc-action=more]").get_attribute("href")))
    before = rooms_of(juwon)
    list_of(juwon).locator(".pc-row-link").nth(3).press("Shift+F10")
    expect(list_of(juwon).locator("[data-pc-part=row-menu]")).to_be_visible()
    list_of(juwon).locator("[data-pc-action=row-archive]").press("Enter")
    expect(list_of(juwon).locator(".pc-row")).to_have_count(PAGE - 1)
    list_of(juwon).get_by_role("button", name="Undo").click()
    expect(list_of(juwon).locator(".pc-row-link").nth(3)).to_be_focused()
    assert rooms_of(juwon) == before


def test_times_are_those_of_the_readers_zone(busy_board: Board, sign_in: SignIn, author: Page) -> None:
    juwon = sign_in("juwon", server=busy_board.url, timezone_id="America/Bogota")
    write(author, all_rooms(author)[0], "now")
    juwon.goto("/chat/")
    time = rows(list_of(juwon)).first.locator("time")
    moment = datetime.fromisoformat(time.get_attribute("datetime") or "")
    local = moment.astimezone(ZoneInfo("America/Bogota"))
    expect(time).to_have_text(re.compile(rf"^{local.hour % 12 or 12}:{local:%M}\s{local:%p}$"))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_open_room_has_the_list_beside_it(busy_board: Board, sign_in: SignIn, scripts: bool) -> None:
    juwon = sign_in("juwon", server=busy_board.url, scripts=scripts)
    room = all_rooms(juwon)[PAGE - 1]
    juwon.goto(f"/chat/rooms/{room}/")
    current = list_of(juwon).locator("[aria-current=page]")
    expect(current).to_have_count(1)
    # With scripts the next rows come as soon as the last ones are near.
    expect(rows(list_of(juwon)).nth(PAGE - 1)).to_be_attached()
    if scripts:
        expect(current).to_be_in_viewport()
        assert juwon.evaluate("scrollY") == 0
    else:
        expect(rows(list_of(juwon))).to_have_count(PAGE)
