"""Finding one's way: stars, days, searches beside and inside a room, emoji by name, what has arrived."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from .conftest import Meet, SignIn
from .helpers import (
    NOT_READ,
    composer,
    faults,
    fill_room,
    live,
    message,
    messages,
    open_menu,
    overflow,
    send,
    something_new,
)


def shoot(page: Page, name: str) -> None:
    """Keeps a picture for a person to look at, where ``PAIRCHAT_PICTURES`` names a folder."""
    if folder := os.environ.get("PAIRCHAT_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")


def test_a_star_is_set_from_the_menu_and_seen_on_all_pages_of_the_person(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    room = meet(juwon, minji)
    minji.goto(room)
    live(minji)
    text = something_new("The code is 4711")
    send(minji, text)
    other_tab = juwon.context.new_page()
    other_tab.goto(room)
    live(other_tab)
    open_menu(juwon, text).get_by_role("menuitem", name="Star", exact=True).click()
    for page in (juwon, other_tab):
        expect(message(page, text).locator("[data-pc-part=star]")).to_be_visible()
    expect(message(minji, text).locator("[data-pc-part=star]")).to_be_hidden()
    other_tab.goto("/chat/starred/")
    row = other_tab.locator(".pc-row").filter(has_text=text)
    expect(row).to_be_visible()
    assert faults(other_tab) == []
    shoot(other_tab, "starred")
    open_menu(juwon, text).get_by_role("menuitem", name="Remove star").click()
    expect(message(juwon, text).locator("[data-pc-part=star]")).to_be_hidden()
    other_tab.reload()
    expect(row).to_be_hidden()


def test_sent_delivered_read(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    room = meet(juwon, minji)
    minji.goto(room)
    live(minji)
    juwon.goto("about:blank")
    text = something_new("Are you there?")
    send(minji, text)
    expect(message(minji, text)).to_have_attribute("data-status", NOT_READ)
    # A list that is rendered by the server tells, too, and so does an event that comes later.
    juwon.goto("/chat/?unread=1")
    expect(message(minji, text)).to_have_attribute("data-status", "delivered")
    expect(message(minji, text).locator("[data-pc-slot=status]")).to_have_text("Delivered")
    later = something_new("Hello?")
    expect(juwon.locator(".pc-row").filter(has_text=text)).to_be_visible()
    send(minji, later)
    expect(message(minji, later)).to_have_attribute("data-status", "delivered")
    shoot(juwon, "unread")
    plain = minji.context.new_page()
    plain.goto(room)
    expect(message(plain, later)).to_have_attribute("data-status", "delivered")
    juwon.goto(room)
    expect(message(minji, later)).to_have_attribute("data-status", "read")


def test_a_pinned_chat_stays_first_on_the_open_page(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    rooms = [meet(juwon, minji) for _ in range(2)]
    for room in rooms:
        minji.goto(room)
        live(minji)
        send(minji, something_new("Hello"))
        expect(messages(minji).last).to_have_attribute("data-status", "read" if room == rooms[1] else NOT_READ)
    juwon.goto("/chat/")
    first = juwon.locator("pair-chat-inbox .pc-row").first
    expect(first.locator(f'a[href$="{rooms[1].split("/chat")[1]}"]')).to_be_visible()
    other_tab = juwon.context.new_page()
    other_tab.goto(rooms[0])
    other_tab.locator("pair-chat summary").filter(has_text="Chat options").click()
    other_tab.get_by_role("button", name="Pin", exact=True).click()
    expect(first.locator(f'a[href$="{rooms[0].split("/chat")[1]}"]')).to_be_visible()
    expect(first.locator("[data-pc-part=pinned]")).to_be_visible()
    send(minji, something_new("Newer"))
    expect(juwon.locator("pair-chat-inbox .pc-row").nth(1)).to_contain_text("Newer")
    expect(first.locator(f'a[href$="{rooms[0].split("/chat")[1]}"]')).to_be_visible()
    shoot(juwon, "pinned")
    assert faults(juwon) == []


def test_a_tap_on_the_line_of_a_day_leads_to_another_day(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    meet(juwon, minji)
    live(juwon)
    fill_room(juwon, 120)
    expect(messages(juwon).last).to_contain_text("120")
    asked: list[str] = []
    juwon.context.on("request", lambda request: asked.append(request.url))
    juwon.locator("[data-pc-action=date]").last.click()
    box = juwon.locator(".pc-day-input")
    expect(box).to_have_attribute("aria-label", "Go to a day")
    yesterday = datetime.now(UTC) - timedelta(days=2)
    box.evaluate(
        """(input, day) => {
          input.value = day;
          input.dispatchEvent(new Event('change', { bubbles: true }));
        }""",
        yesterday.strftime("%Y-%m-%d"),
    )
    expect(messages(juwon).first).to_be_in_viewport()
    expect(juwon.locator('[data-seq="1"]')).to_be_focused()
    expect(box).to_have_count(0)
    # The same from the menu, by the keyboard.
    juwon.locator("pair-chat summary").filter(has_text="Chat options").click()
    juwon.get_by_label("Go to a day").fill((datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%d"))
    juwon.get_by_role("button", name="Go", exact=True).click()
    expect(messages(juwon).last).to_be_focused()
    assert "?date=" not in juwon.url


def test_without_a_link_to_the_search_the_line_of_a_day_leads_to_the_page_of_that_day(
    sign_in: SignIn, meet: Meet
) -> None:
    """A host's template may leave the search out."""
    juwon, minji = sign_in("juwon"), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(minji)
    text = something_new("hello")
    send(minji, text)
    expect(message(minji, text)).to_have_attribute("data-status", "sent")
    minji.reload()
    live(minji)
    minji.locator("[data-pc-action=find]").evaluate("link => link.remove()")
    minji.locator("[data-pc-action=date]").last.click()
    expect(minji).to_have_url(re.compile(r"\?around=1#m-1$"))


def test_a_search_goes_from_hit_to_hit_inside_the_room(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    meet(juwon, minji)
    live(juwon)
    fill_room(juwon, 130)
    expect(messages(juwon).last).to_contain_text("130")
    juwon.get_by_role("link", name="Search in this chat").click()
    box = juwon.locator("[data-pc-slot=find]")
    expect(box).to_be_focused()
    box.fill("13")
    box.press("Enter")
    count = juwon.locator("[data-pc-slot=find-count]")
    expect(count).to_have_text("1/3")
    for place, seq in (("2/3", 113), ("3/3", 13)):
        box.press("Enter")
        expect(count).to_have_text(place)
        expect(juwon.locator(f'[data-seq="{seq}"]')).to_be_in_viewport()
    shoot(juwon, "find")
    assert faults(juwon, "pair-chat") == []
    box.press("Shift+Enter")
    expect(count).to_have_text("2/3")
    box.fill(something_new("nowhere"))
    box.press("Enter")
    expect(count).to_have_text("Nothing found")
    box.press("Escape")
    expect(box).to_be_hidden()
    expect(juwon.get_by_role("link", name="Search in this chat")).to_be_focused()


def test_a_search_in_all_chats_leaves_the_room_open_beside_it(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    room = meet(juwon, minji)
    live(juwon)
    word = something_new("umbrella").replace(" ", "")
    send(juwon, f"I lost my {word}")
    fill_room(juwon, 60)
    composer(juwon).fill("half a sentence")
    juwon.get_by_role("link", name="Search in all chats").click()
    pane = juwon.locator(".pc-search-pane")
    box = pane.get_by_role("searchbox")
    expect(box).to_be_focused()
    box.fill(word)
    box.press("Enter")
    hit = pane.locator(".pc-row")
    expect(hit).to_have_count(1)
    expect(hit).to_contain_text("Found")
    shoot(juwon, "beside")
    assert faults(juwon) == []
    hit.locator("a").click()
    expect(message(juwon, word)).to_be_in_viewport()
    expect(composer(juwon)).to_have_value("half a sentence")
    assert juwon.url == room
    box.press("Escape")
    expect(pane).to_have_count(0)
    expect(juwon.locator("pair-chat-inbox .pc-row").first).to_be_visible()


def test_emoji_are_found_by_name_and_those_used_last_come_first(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(minji)
    composer(minji).fill("Good morning!")
    composer(minji).press("Home")
    button = minji.get_by_role("button", name="Emoji", exact=True)
    button.click()
    dialog = minji.get_by_role("dialog")
    expect(dialog.get_by_role("group").first).to_be_visible()
    shoot(minji, "emoji")
    assert faults(minji, "dialog[open]") == []
    dialog.get_by_role("textbox").fill("beverage")
    dialog.get_by_role("textbox").press("ArrowDown")
    expect(dialog.get_by_role("button", name="hot beverage")).to_be_focused()
    minji.keyboard.press("Enter")
    expect(composer(minji)).to_have_value("☕Good morning!")
    expect(composer(minji)).to_be_focused()
    composer(minji).press("Enter")
    open_menu(minji, "Good morning!").get_by_role("menuitem", name="Another emoji").click()
    used = dialog.get_by_role("group", name="Used recently")
    expect(used.get_by_role("button")).to_have_text(["☕"])
    first = dialog.get_by_role("group").nth(1).get_by_role("button").first
    first.focus()
    minji.keyboard.press("ArrowDown")
    expect(first).not_to_be_focused()
    dialog.get_by_role("textbox").fill("party")
    dialog.get_by_role("textbox").press("Enter")
    expect(message(minji, "Good morning!").locator("[data-pc-slot=reaction-mine]")).not_to_be_empty()


def test_emoji_have_names_in_the_language_of_the_page_also_on_a_phone(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji", locale="ko-KR", viewport={"width": 320, "height": 640})
    minji.goto(meet(juwon, minji))
    minji.locator("[data-pc-action=emoji]").click()
    dialog = minji.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("기쁨")
    expect(dialog.get_by_role("button", name="기쁨의 눈물")).to_be_visible()
    assert overflow(minji) == 0
    shoot(minji, "emoji-ko")
