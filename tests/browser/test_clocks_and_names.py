"""Times that do not ascend, clocks that are wrong, people who are renamed, and what a reload must not forget."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from .board import Board
from .conftest import Meet, SignIn
from .helpers import NOT_READ, composer, live, message, messages, open_menu, send, something_new

DAYS = """
from datetime import datetime, timezone
from django_pairchat import get_message_model
for seq, day in enumerate([{days}], start=1):
    at = datetime(2026, 3, day, 3, seq, tzinfo=timezone.utc)
    get_message_model()._default_manager.filter(room={key!r}, seq=seq).update(created_at=at)
"""
RENAME = """
from django.contrib.auth import get_user_model
get_user_model().objects.filter(username={who!r}).update(first_name={name!r}, last_name="")
"""


def key_of(page: Page) -> str:
    return page.locator("pair-chat").get_attribute("data-room") or ""


def test_each_day_has_its_line_above_its_messages_where_times_step_back(board: Board, pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    for number in range(6):
        send(minji, f"text {number}.")
        expect(messages(juwon)).to_have_count(number + 1)
    board.manage("shell", "-c", DAYS.format(days="27, 28, 27, 27, 28, 29", key=key_of(juwon)))
    juwon.reload()
    live(juwon)
    send(minji, "today")
    expect(message(juwon, "today")).to_be_visible()
    listed = juwon.locator("pair-chat [data-pc-list] > li:not([data-pc-divider])").evaluate_all(
        "all => all.map(li => li.dataset.day?.slice(8) ?? `#${li.dataset.seq}`)"
    )
    assert listed[:11] == ["27", "#1", "28", "#2", "27", "#3", "#4", "28", "#5", "29", "#6"]
    assert listed[12:] == ["#7"]


def test_a_draft_remembers_what_it_answers(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    asked = something_new("a question")
    send(minji, asked)
    open_menu(juwon, asked).locator("[data-pc-action=reply]").click()
    composer(juwon).fill("half an answer")
    juwon.reload()
    live(juwon)
    expect(composer(juwon)).to_have_value("half an answer")
    expect(juwon.locator("[data-pc-part=replying]")).to_contain_text(asked)
    composer(juwon).press("Enter")
    expect(message(minji, "half an answer").locator("[data-pc-part=reply]")).to_contain_text(asked)
    expect(juwon.locator("[data-pc-part=replying]")).to_be_hidden()
    juwon.reload()
    live(juwon)
    expect(juwon.locator("[data-pc-part=replying]")).to_be_hidden()


def test_an_edit_outlives_a_reload_and_leaves_the_draft_as_it_was(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    text, draft = something_new("wtih a slip"), "half a text"
    send(juwon, text)
    expect(message(juwon, text)).to_have_attribute("data-status", NOT_READ)
    # From an empty box the key of the arrow leads to one's last message; from a text it moves the cursor.
    composer(juwon).press("ArrowUp")
    expect(juwon.locator("[data-pc-part=editing]")).to_contain_text(text)
    composer(juwon).press("Escape")
    composer(juwon).fill(draft)
    composer(juwon).press("ArrowUp")
    expect(composer(juwon)).to_have_value(draft)
    open_menu(juwon, text).locator("[data-pc-action=edit]").click()
    composer(juwon).fill(text.replace("wtih", "with"))
    juwon.reload()
    live(juwon)
    expect(juwon.locator("[data-pc-part=editing]")).to_contain_text(text)
    expect(composer(juwon)).to_have_value(text.replace("wtih", "with"))
    composer(juwon).press("Enter")
    expect(message(minji, text.replace("wtih", "with")).locator("[data-pc-part=edited]")).to_be_visible()
    expect(composer(juwon)).to_have_value(draft)
    juwon.reload()
    live(juwon)
    expect(juwon.locator("[data-pc-part=editing]")).to_be_hidden()
    expect(composer(juwon)).to_have_value(draft)


def test_a_clock_that_is_ahead_takes_no_edit_away(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    juwon.add_init_script("{ const now = Date.now; Date.now = () => now() + 2 * 86_400_000; }")
    juwon.goto(meet(juwon, minji))
    live(juwon)
    text = something_new("just now")
    send(juwon, text)
    expect(message(juwon, text)).to_have_attribute("data-status", NOT_READ)
    expect(open_menu(juwon, text).locator("[data-pc-action=edit]")).to_be_visible()


def test_a_new_name_is_everywhere_on_an_open_page(board: Board, sign_in: SignIn, meet: Meet) -> None:
    juwon, haneul = sign_in("juwon"), sign_in("minji")
    juwon.goto(meet(juwon, haneul))
    live(juwon)
    haneul.goto(juwon.url)
    text = something_new("by whom?")
    send(haneul, text)
    expect(message(juwon, text)).to_be_visible()
    before = juwon.locator("pair-chat [data-pc-slot=peer]").first.text_content() or ""
    initials = juwon.locator("pair-chat [data-pc-slot=initial]")
    expect(initials.first).not_to_have_text("R")
    board.manage("shell", "-c", RENAME.format(who="minji", name="Renamed"))
    try:
        send(haneul, "again")
        item = message(juwon, text)
        expect(item.locator("[data-pc-slot=sender]")).to_have_text("Renamed", timeout=40_000)
        expect(item).to_have_attribute("aria-label", re.compile("Renamed"))
        expect(juwon).to_have_title(re.compile("Renamed"))
        # In the head, beside the messages that were there, and beside those to come.
        send(haneul, "and again")
        expect(message(juwon, "and again")).to_be_visible()
        assert set(initials.all_text_contents()) == {"R"}
        assert initials.count() > 2
    finally:
        board.manage("shell", "-c", RENAME.format(who="minji", name=before))


def test_a_long_name_leaves_the_topic_a_line_of_its_own_and_the_time_its_room(
    board: Board, sign_in: SignIn, meet: Meet
) -> None:
    juwon, minji = sign_in("juwon", viewport={"width": 390, "height": 844}), sign_in("minji")
    room = meet(juwon, minji).split("?")[0]
    send(juwon, something_new("hello"))
    before = juwon.locator("pair-chat [data-pc-slot=peer]").first.text_content() or ""
    board.manage("shell", "-c", RENAME.format(who="minji", name="w" * 30))
    try:
        juwon.goto("/chat/")
        row = juwon.locator(f".pc-row:has(a[href^='{room.removeprefix(board.url)}'])")
        expect(row.locator("[data-pc-slot=name]")).to_have_text("w" * 30)
        name, topic = (row.locator(f"[data-pc-slot={slot}]").bounding_box() for slot in ("name", "topic"))
        assert name
        assert topic
        assert topic["width"] > 60
        assert topic["y"] >= name["y"] + name["height"] - 1
        time = row.locator(".pc-time")
        assert time.evaluate("time => time.scrollWidth <= time.clientWidth"), "The name leaves the time no room."
    finally:
        board.manage("shell", "-c", RENAME.format(who="minji", name=before))


def test_a_search_tells_times_of_the_readers_zone(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", timezone_id="Pacific/Kiritimati"), sign_in("minji")
    juwon.goto(meet(juwon, minji))
    live(juwon)
    text = something_new("when")
    send(juwon, text)
    expect(message(juwon, text)).to_have_attribute("data-status", NOT_READ)
    juwon.goto(f"/chat/search/?query={text.split()[1]}")
    time = juwon.locator(".pc-row time")
    wanted = time.evaluate(
        "time => new Intl.DateTimeFormat('en', { hour: 'numeric', minute: '2-digit' }).format(new Date(time.dateTime))"
    )
    expect(time).to_have_text(wanted)


def test_a_printed_room_has_all_its_messages_and_nothing_to_press(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    for number in range(3):
        send(minji, "\n".join(f"{number}: line {line}" for line in range(30)))
        expect(messages(juwon)).to_have_count(number + 1)
    juwon.emulate_media(media="print")
    # Paper does not scroll: the list is as long as its messages, and the page as long as the list.
    messages_view, last_message = juwon.locator("[data-pc-scroll]").bounding_box(), messages(juwon).last.bounding_box()
    assert messages_view
    assert last_message
    lower_edge = messages_view["y"] + messages_view["height"]
    assert lower_edge >= last_message["y"] + last_message["height"]
    assert juwon.evaluate("document.documentElement.scrollHeight") >= lower_edge
    expect(composer(juwon)).to_be_hidden()
