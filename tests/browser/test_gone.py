"""What was deleted or edited is so wherever an open page shows it, over a socket, while it polls, and in other tabs."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Meet, SignIn
from .helpers import composer, fill_room, message, open_menu, send, something_new
from .test_files import choose, photo, press_send

SOCKET = "**/ws/pairchat/"
BEYOND = 55
DELETED = "Deleted message"


@pytest.fixture(params=["socket", "polling"])
def reader(request: pytest.FixtureRequest, sign_in: SignIn) -> Page:
    """Minji, whose browser holds a socket or cannot have one."""
    page = sign_in("minji", outage=True)
    if request.param == "polling":
        page.route_web_socket(SOCKET, lambda route: route.close(code=1013))
    return page


@pytest.fixture
def room(reader: Page, sign_in: SignIn, meet: Meet) -> tuple[Page, str]:
    """The author's page of a room with the reader, and its address."""
    author = sign_in("juwon")
    return author, meet(author, reader)


def connected(page: Page) -> None:
    expect(page.locator("pair-chat")).to_have_attribute("data-connection", re.compile("open|polling"), timeout=20_000)


def call(page: Page, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One of the twins, as the person of this page, from outside of the chat's own script."""
    answer: dict[str, Any] = page.evaluate(
        """async ([method, path, body]) => {
          const { api, room } = document.querySelector('pair-chat').dataset;
          const token = document.querySelector('[name=csrfmiddlewaretoken]').value;
          const headers = { 'X-CSRFToken': token, 'Content-Type': 'application/json' };
          const answer = await fetch(`${api}rooms/${room}/${path}`, { method, headers, body });
          if (!answer.ok) throw new Error(await answer.text());
          return answer.json();
        }""",
        [method, path, None if body is None else json.dumps(body)],
    )
    return answer


def say(page: Page, content: str, reply_to: int | None = None) -> int:
    client_id = page.evaluate("crypto.randomUUID()")
    body = {"client_id": client_id, "content": content, "reply_to": reply_to}
    return int(call(page, "POST", "messages/", body)["message"]["seq"])


def read_all(page: Page, address: str) -> None:
    """Answers, which reads everything: the room then opens at what is said next, and no longer at its start."""
    page.goto(address)
    say(page, something_new("all read"))


def change(page: Page, seq: int, act: str) -> str:
    """Deletes a message or gives it another text; gives back what it says now."""
    if act == "delete":
        call(page, "DELETE", f"messages/{seq}/")
        return DELETED
    text = something_new("the new price")
    call(page, "PATCH", f"messages/{seq}/", {"content": text})
    return text


def quotation(page: Page, answer: str) -> Locator:
    return message(page, answer).locator("[data-pc-slot=reply-content]")


def to_one_that_says(place: Locator, now: str, before: str) -> None:
    expect(place).to_contain_text(now)
    expect(place).not_to_contain_text(before)


@pytest.mark.parametrize("act", ["delete", "edit"])
def test_a_quotation_that_the_server_wrote_follows_a_message_beyond_the_window(
    reader: Page, room: tuple[Page, str], act: str
) -> None:
    author, address = room
    secret, answer = something_new("the code is 4711"), something_new("an answer")
    seq = say(author, secret)
    fill_room(author, BEYOND)
    read_all(reader, address)
    say(author, answer, seq)
    reader.goto(address)
    connected(reader)
    expect(quotation(reader, answer)).to_have_text(secret)
    assert not reader.locator(f"pair-chat [data-seq='{seq}']").count()
    now = change(author, seq, act)
    expect(quotation(reader, answer)).to_have_text(now)
    # The author's own page held the original.
    expect(quotation(author, answer)).to_have_text(now)
    assert secret not in reader.locator("pair-chat").inner_text()


@pytest.mark.parametrize("act", ["delete", "edit"])
def test_the_line_above_the_box_follows_what_is_being_answered(reader: Page, room: tuple[Page, str], act: str) -> None:
    author, address = room
    secret = something_new("the code is 4711")
    seq = say(author, secret)
    reader.goto(address)
    connected(reader)
    open_menu(reader, secret).locator("[data-pc-action=reply]").click()
    line = reader.locator("#composer [data-pc-part=replying]")
    expect(line).to_contain_text(secret)
    to_one_that_says(line, change(author, seq, act), secret)
    answer = something_new("an answer")
    send(reader, answer)
    expect(quotation(author, answer)).not_to_have_text(secret)


@pytest.mark.parametrize("act", ["delete", "edit"])
def test_the_line_that_the_server_wrote_above_the_box_follows_too(
    reader: Page, room: tuple[Page, str], act: str
) -> None:
    author, address = room
    secret = something_new("the code is 4711")
    seq = say(author, secret)
    fill_room(author, BEYOND)
    reader.goto(f"{address}?reply={seq}")
    connected(reader)
    line = reader.locator("#composer [data-pc-part=replying]")
    expect(line).to_contain_text(secret)
    to_one_that_says(line, change(author, seq, act), secret)


def test_an_edit_ends_when_another_tab_deletes_its_message_and_what_was_typed_stays(
    reader: Page, room: tuple[Page, str]
) -> None:
    _, address = room
    reader.goto(address)
    connected(reader)
    mine = something_new("my own words")
    seq = say(reader, mine)
    open_menu(reader, mine).locator("[data-pc-action=edit]").click()
    composer(reader).fill("better words")
    change(reader, seq, "delete")
    expect(reader.locator("#composer [data-pc-part=editing]")).to_be_hidden()
    expect(composer(reader)).to_have_value("better words")
    expect(reader.locator("#composer [data-pc-part=editing]")).not_to_contain_text(mine)
    expect(reader.locator("#composer [data-pc-slot=error]")).to_have_text("This message is no longer available.")


def test_the_line_above_an_edit_follows_an_edit_in_another_tab(reader: Page, room: tuple[Page, str]) -> None:
    _, address = room
    reader.goto(address)
    connected(reader)
    mine = something_new("my own words")
    seq = say(reader, mine)
    open_menu(reader, mine).locator("[data-pc-action=edit]").click()
    to_one_that_says(reader.locator("#composer [data-pc-part=editing]"), change(reader, seq, "edit"), mine)


def test_the_open_menu_of_a_message_closes_when_it_is_deleted(reader: Page, room: tuple[Page, str]) -> None:
    author, address = room
    secret = something_new("the code is 4711")
    seq = say(author, secret)
    reader.goto(address)
    connected(reader)
    menu = open_menu(reader, secret)
    change(author, seq, "delete")
    expect(menu).to_be_hidden()
    expect(reader.locator(f"#m-{seq}")).to_be_focused()


def test_the_open_menu_copies_what_the_message_says_now(reader: Page, room: tuple[Page, str]) -> None:
    author, address = room
    reader.context.grant_permissions(["clipboard-read", "clipboard-write"])
    secret = something_new("the price is 5000")
    seq = say(author, secret)
    reader.goto(address)
    connected(reader)
    menu = open_menu(reader, secret)
    now = change(author, seq, "edit")
    expect(message(reader, now)).to_be_visible()
    menu.locator("[data-pc-action=copy]").click()
    expect(reader.locator("pair-chat [data-pc-slot=announcer]")).to_have_text("Copied")
    assert reader.evaluate("navigator.clipboard.readText()") == now


def test_a_photo_that_is_shown_large_closes_when_it_is_deleted(reader: Page, room: tuple[Page, str]) -> None:
    author, address = room
    choose(author, photo())
    press_send(author)
    reader.goto(address)
    connected(reader)
    large = reader.locator("[data-pc-dialog=photo]")
    reader.locator("pair-chat .pc-image:visible").click()
    expect(large).to_be_visible()
    change(author, 1, "delete")
    expect(large).to_be_hidden()
    expect(large.locator("img")).not_to_have_attribute("src", re.compile("."))
    expect(reader.locator("#m-1")).to_be_focused()


def test_escape_leads_from_the_large_photo_back_to_its_message(reader: Page, room: tuple[Page, str]) -> None:
    author, address = room
    choose(author, photo())
    press_send(author)
    reader.goto(address)
    connected(reader)
    reader.locator("pair-chat .pc-image:visible").click()
    expect(reader.locator("[data-pc-dialog=photo]")).to_be_visible()
    reader.keyboard.press("Escape")
    expect(reader.locator("[data-pc-dialog=photo]")).to_be_hidden()
    expect(reader.locator("#m-1")).to_be_focused()


@pytest.mark.parametrize("act", ["delete", "edit"])
def test_a_search_result_on_screen_follows_its_message(reader: Page, room: tuple[Page, str], act: str) -> None:
    author, address = room
    secret = something_new("the code is 4711")
    seq = say(author, secret)
    reader.goto(address)
    connected(reader)
    reader.goto(f"/chat/search/?query={secret}")
    hit = reader.locator(".pc-row-found")
    expect(hit).to_contain_text(secret)
    to_one_that_says(hit, change(author, seq, act), secret)


@pytest.mark.parametrize("page", ["messages/{seq}/", "report/?seq={seq}"])
@pytest.mark.parametrize("act", ["delete", "edit"])
def test_the_page_of_one_message_follows_it(reader: Page, room: tuple[Page, str], act: str, page: str) -> None:
    author, address = room
    secret = something_new("the code is 4711")
    seq = say(author, secret)
    reader.goto(f"{address}{page.format(seq=seq)}")
    shown = reader.locator(".pc-messages-single")
    expect(shown).to_contain_text(secret)
    to_one_that_says(shown, change(author, seq, act), secret)


@pytest.mark.parametrize("act", ["delete", "edit"])
@pytest.mark.parametrize("archived", [False, True])
def test_a_row_that_the_server_wrote_follows_its_last_message(
    reader: Page, room: tuple[Page, str], act: str, archived: bool
) -> None:
    author, address = room
    secret = something_new("the code is 4711")
    seq = say(author, secret)
    reader.goto(address)
    connected(reader)
    if archived:
        call(reader, "PATCH", "", {"archived": True})
    reader.goto(f"/chat/{'?archived=1' if archived else ''}")
    row = reader.locator("pair-chat-inbox .pc-row").filter(has_text=secret)
    expect(row).to_be_visible()
    now = change(author, seq, act)
    expect(row).to_have_count(0)
    expect(reader.locator("pair-chat-inbox .pc-row").first).to_contain_text(now)


def test_what_is_cleared_in_another_tab_goes_from_its_quotation(reader: Page, room: tuple[Page, str]) -> None:
    author, address = room
    secret, answer = something_new("the code is 4711"), something_new("an answer")
    seq = say(author, secret)
    fill_room(author, BEYOND)
    read_all(reader, address)
    say(author, answer, seq)
    reader.goto(address)
    connected(reader)
    expect(quotation(reader, answer)).to_have_text(secret)
    call(reader, "PATCH", "", {"cleared": seq})
    expect(quotation(reader, answer)).to_have_text("Earlier message")
