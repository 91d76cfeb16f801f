"""What happens to texts and pages when the server, the network or an answer is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from .board import Board
from .conftest import Meet, SignIn
from .helpers import NOT_READ, composer, live, message, messages, send, something_new, texts

SOCKET = "**/ws/pairchat/"


@pytest.fixture
def people(sign_in: SignIn, meet: Meet) -> tuple[Page, Page, str]:
    """Two people who expect an outage, in a room of their own."""
    juwon, minji = sign_in("juwon", outage=True), sign_in("minji", outage=True)
    room = meet(juwon, minji)
    minji.goto(room)
    live(juwon)
    live(minji)
    return juwon, minji, room


def test_texts_written_while_the_server_is_away_arrive_once_and_in_order(
    board: Board, sign_in: SignIn, meet: Meet
) -> None:
    juwon = sign_in("juwon", server=board.url, outage=True)
    minji = sign_in("minji", server=board.url, outage=True)
    minji.goto(meet(juwon, minji))
    live(juwon)
    live(minji)
    send(juwon, "before")
    expect(message(minji, "before")).to_be_visible()
    board.stop()
    connection = juwon.locator("pair-chat [data-pc-slot=connection]")
    written = ["하나", "둘", "셋"]
    for text in written:
        send(juwon, text)
        expect(message(juwon, text)).to_have_attribute("data-status", "sending")
    send(minji, "넷")
    expect(connection).to_have_text("Reconnecting…", timeout=10_000)
    juwon.context.set_offline(True)
    expect(connection).to_have_text("Offline — your messages will be sent later")
    board.start()
    juwon.context.set_offline(False)
    for page in (juwon, minji):
        expect(messages(page)).to_have_count(5, timeout=40_000)
        expect(page.locator("pair-chat [data-status=sending], pair-chat [data-status=slow]")).to_have_count(0)
        expect(page.locator("pair-chat [data-pc-part=connection]")).to_be_hidden()
    assert texts(juwon) == texts(minji)
    assert [text for text in texts(juwon) if text in written] == written


def test_an_unsent_text_survives_a_reload(people: tuple[Page, Page, str]) -> None:
    juwon, minji, _ = people
    closed: list[bool] = [True]

    def gate(route: WebSocketRoute) -> None:
        if closed[0]:
            route.close(code=1013)
        else:
            route.connect_to_server()

    juwon.route_web_socket(SOCKET, gate)
    juwon.route("**/chat/api/**", lambda route: route.abort())
    juwon.reload()
    text = something_new("아직 안 갔어요")
    send(juwon, text)
    expect(composer(juwon)).to_have_value("")
    expect(message(juwon, text)).to_have_attribute("data-status", "sending")
    juwon.reload()
    expect(message(juwon, text)).to_be_visible()
    closed[0] = False
    juwon.unroute("**/chat/api/**")
    expect(message(minji, text)).to_be_visible(timeout=30_000)
    expect(message(juwon, text)).to_have_attribute("data-status", "read")
    expect(message(juwon, text)).to_have_count(1)


def frames(route: WebSocketRoute, drop: Callable[[dict[str, Any]], bool]) -> None:
    """Lets everything through but what the server says and ``drop`` takes."""
    server = route.connect_to_server()

    def from_server(text: str | bytes) -> None:
        if not drop(json.loads(text)):
            route.send(text)

    server.on_message(from_server)


def test_a_lost_answer_and_its_event_leave_one_message(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", outage=True), sign_in("minji", outage=True)
    lost: list[str] = []
    routes: list[WebSocketRoute] = []
    text = something_new("한 번만")

    def drop(frame: dict[str, Any]) -> bool:
        if len(routes) > 1:
            return False
        said = (frame.get("message") or {}) if isinstance(frame.get("message"), dict) else {}
        if said.get("content") == text:
            lost.append(frame["type"])
        # What is said of the room would tell that something was missed.
        return said.get("content") == text or frame.get("kind") == "room"

    def open_socket(route: WebSocketRoute) -> None:
        routes.append(route)
        frames(route, drop)

    juwon.route_web_socket(SOCKET, open_socket)
    minji.goto(meet(juwon, minji))
    live(juwon)
    send(juwon, text)
    expect(message(minji, text)).to_be_visible()
    expect(message(juwon, text)).to_have_attribute("data-status", "sending")
    assert sorted(lost) == ["event", "ok"]
    routes[-1].close(code=1012)
    expect(message(juwon, text)).to_have_attribute("data-status", "read", timeout=15_000)
    expect(message(juwon, text)).to_have_count(1)
    expect(message(minji, text)).to_have_count(1)


def test_a_lost_event_is_noticed_by_the_next_one(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    first, second = something_new("첫째"), something_new("둘째")
    dropped: list[str] = []

    def drop(frame: dict[str, Any]) -> bool:
        lost = frame.get("kind") == "message" and frame["message"]["content"] == first
        if lost:
            dropped.append(first)
        return lost

    minji.route_web_socket(SOCKET, lambda route: frames(route, drop))
    minji.goto(meet(juwon, minji))
    live(minji)
    send(juwon, first)
    expect(message(juwon, first)).to_have_attribute("data-status", NOT_READ)
    send(juwon, second)
    expect(messages(minji)).to_have_count(2)
    assert texts(minji) == [first, second]
    assert dropped


def test_where_no_socket_can_be_had_the_page_polls(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", outage=True), sign_in("minji")
    juwon.route_web_socket(SOCKET, lambda route: route.close(code=1013))
    minji.goto(meet(juwon, minji))
    expect(juwon.locator("pair-chat")).to_have_attribute("data-connection", "polling", timeout=20_000)
    expect(juwon.locator("pair-chat [data-pc-part=connection]")).to_be_hidden()
    question, answer = something_new("들려요?"), something_new("들려요!")
    send(juwon, question)
    expect(message(minji, question)).to_be_visible()
    send(minji, answer)
    expect(message(juwon, answer)).to_be_visible(timeout=8_000)
    expect(message(juwon, question)).to_have_attribute("data-status", "read", timeout=8_000)


def test_signing_out_elsewhere_says_so_and_keeps_the_text(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", fresh=True, outage=True), sign_in("minji")
    meet(juwon, minji)
    live(juwon)
    composer(juwon).fill("not yet")
    other = juwon.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Log out").click()
    expect(juwon.locator("pair-chat [data-pc-slot=connection]")).to_contain_text("You are signed out", timeout=15_000)
    composer(juwon).press("Enter")
    expect(composer(juwon)).to_have_value("not yet")
    expect(messages(juwon)).to_have_count(0)


def test_a_refused_text_can_be_tried_again_changed_or_given_up(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    refusing: list[bool] = [True]

    def refuse(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def from_page(text: str | bytes) -> None:
            frame = json.loads(text)
            if frame["type"] == "send" and refusing[0]:
                refusal = {"type": "error", "id": frame["id"], "code": "rejected", "message": "Not these words."}
                route.send(json.dumps(refusal))
            else:
                server.send(text)

        route.on_message(from_page)

    juwon.route_web_socket(SOCKET, refuse)
    minji.goto(meet(juwon, minji))
    live(juwon)
    again, change, away = (something_new(word) for word in ("again", "change", "away"))
    for text in (again, change, away):
        send(juwon, text)
        expect(message(juwon, text)).to_have_attribute("data-status", "failed")
    expect(juwon.locator("#composer [data-pc-slot=error]")).to_have_text("Not these words.")
    refusing[0] = False
    message(juwon, away).locator("[data-pc-action=discard]").click()
    expect(message(juwon, away)).to_have_count(0)
    message(juwon, again).locator("[data-pc-action=retry]").click()
    expect(message(minji, again)).to_be_visible()
    message(juwon, change).locator("[data-pc-action=fix]").click()
    expect(composer(juwon)).to_have_value(change)
    expect(message(juwon, change)).to_have_count(0)
    send(juwon, f"{change} (nicer)")
    expect(message(minji, f"{change} (nicer)")).to_be_visible()
    expect(messages(minji)).to_have_count(2)


def test_a_second_tab_shows_and_sends_what_the_first_could_not(people: tuple[Page, Page, str]) -> None:
    juwon, minji, room = people
    juwon.route_web_socket(SOCKET, lambda route: route.close(code=1013))
    juwon.route("**/chat/api/**", lambda route: route.abort())
    juwon.reload()
    second = juwon.context.new_page()
    second.goto(room)
    live(second)
    text = something_new("다른 탭으로")
    send(juwon, text)
    expect(message(minji, text)).to_be_visible(timeout=15_000)
    expect(message(second, text)).to_have_count(1)
    expect(message(minji, text)).to_have_count(1)
