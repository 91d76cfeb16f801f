"""The list of messages: where it stands, what it loads, what counts as read."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import Meet, SignIn
from .helpers import (
    NOT_READ,
    at_end,
    composer,
    fill_room,
    live,
    message,
    messages,
    scroll,
    scroll_by,
    send,
    something_new,
    texts,
)


@pytest.fixture
def long_room(sign_in: SignIn, meet: Meet) -> tuple[Page, Page, str]:
    """A room with 130 numbered messages of Minji's, opened by neither."""
    juwon, minji = sign_in("juwon"), sign_in("minji")
    room = meet(juwon, minji)
    minji.goto(room)
    juwon.goto("/")
    fill_room(minji, 130)
    return juwon, minji, room


def in_the_middle(page: Page) -> tuple[str, float]:
    """The message in the middle of the window, and how far down it is, in pixels."""
    seq, top = page.evaluate(
        """() => {
          const li = document.elementFromPoint(innerWidth - 200, innerHeight / 2).closest('[data-seq]');
          return [li.dataset.seq, li.getBoundingClientRect().top];
        }"""
    )
    return seq, top


def test_new_messages_pull_the_view_along_only_near_the_end(long_room: tuple[Page, Page, str]) -> None:
    _, minji, room = long_room
    juwon = long_room[0]
    minji.goto(room)
    live(minji)
    at_end(minji)
    juwon.goto(room)
    live(juwon)
    scroll_by(juwon, 100_000)
    send(juwon, "near the end")
    expect(message(minji, "near the end")).to_be_in_viewport()
    at_end(minji)

    scroll_by(minji, -600)
    held = scroll(minji)["toEnd"]
    seq, top = in_the_middle(minji)
    for text in ("far one", "far two"):
        send(juwon, text)
        expect(message(minji, text)).to_be_attached()
    pill = minji.locator("pair-chat [data-pc-part=pill]")
    expect(pill).to_have_text("2 new messages")
    assert scroll(minji)["toEnd"] > held
    seq_after, top_after = in_the_middle(minji)
    assert seq_after == seq
    assert abs(top_after - top) <= 3
    pill.click()
    expect(message(minji, "far two")).to_be_in_viewport()
    expect(pill).to_be_hidden()
    at_end(minji)


def test_older_pages_come_before_they_are_needed_and_nothing_jumps(long_room: tuple[Page, Page, str]) -> None:
    _, minji, room = long_room
    minji.goto(room)
    live(minji)
    expect(messages(minji)).to_have_count(50)
    anchor = minji.locator("pair-chat .pc-message").nth(6)
    minji.evaluate("document.querySelectorAll('pair-chat .pc-message')[6].scrollIntoView({ block: 'start' })")
    anchor = message(minji, anchor.locator("[data-pc-slot=content]").text_content() or "").first
    before = anchor.bounding_box()
    expect(messages(minji)).to_have_count(100)
    after = anchor.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) <= 2
    minji.evaluate("document.querySelector('pair-chat .pc-message').scrollIntoView()")
    expect(messages(minji)).to_have_count(130)
    assert texts(minji) == [f"number {number}." for number in range(1, 131)]
    expect(minji.locator("pair-chat [data-pc-part=older]")).to_be_hidden()


def test_a_visit_begins_at_what_is_new_and_reads_only_what_is_seen(long_room: tuple[Page, Page, str]) -> None:
    juwon, minji, room = long_room
    juwon.goto(f"{room.split('?')[0]}")
    live(juwon)
    divider = juwon.locator("pair-chat [data-pc-divider]")
    expect(divider).to_be_in_viewport()  # the newest page does not reach back to it
    expect(divider.locator("xpath=following-sibling::li[1]")).to_contain_text("number 1.")
    minji.goto(room)
    send(juwon, "all of it is known")
    expect(message(minji, "number 130.")).to_have_attribute("data-status", "read")
    juwon.goto("/")
    fill_room(minji, 30, start=131)
    juwon.goto(room)
    expect(divider).to_be_in_viewport()
    expect(divider.locator("xpath=following-sibling::li[1]")).to_contain_text("number 131.")
    expect(message(minji, "number 131.")).to_have_attribute("data-status", "read")
    expect(message(minji, "number 160.")).to_have_attribute("data-status", NOT_READ)
    scroll_by(juwon, 100_000)
    expect(message(minji, "number 160.")).to_have_attribute("data-status", "read")
    expect(divider).to_have_count(1)


def test_a_quoted_message_far_back_is_loaded_around_and_the_way_back_is_offered(
    long_room: tuple[Page, Page, str],
) -> None:
    juwon, minji, room = long_room
    juwon.goto(f"{room.split('?')[0]}?around=3")
    live(juwon)
    item = message(juwon, "number 3.").first
    item.hover()
    item.locator("[data-pc-action=menu]").click()
    juwon.locator("pair-chat [data-pc-part=menu] [data-pc-action=reply]").click()
    answer = something_new("to the third")
    send(juwon, answer)
    expect(message(juwon, answer)).to_be_in_viewport()
    target = juwon.locator("pair-chat [data-seq='3']")
    expect(target).not_to_be_attached()
    message(juwon, answer).locator("[data-pc-part=reply]").click()
    expect(target).to_be_in_viewport()
    expect(target).to_be_focused()
    minji.goto(room)
    send(minji, "one more")
    pill = juwon.locator("pair-chat [data-pc-part=pill]")
    expect(pill).to_have_text("1 new message")
    pill.click()
    expect(message(juwon, "one more")).to_be_in_viewport()
    at_end(juwon)


def test_a_message_taller_than_the_view_shows_its_top(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(minji)
    send(juwon, "short")
    expect(message(minji, "short")).to_be_visible()
    composer(juwon).fill("\n".join(f"line {number}" for number in range(120)))
    composer(juwon).press("Enter")
    tall = message(minji, "line 119")
    expect(tall).to_be_visible()
    box, view = tall.bounding_box(), minji.locator("[data-pc-scroll]").bounding_box()
    assert box
    assert view
    assert abs(box["y"] - view["y"]) <= 2


def test_nothing_is_read_while_the_tab_is_not_looked_at(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(minji)
    minji.evaluate(
        """() => {
          Object.defineProperty(document, 'visibilityState', { get: () => 'hidden', configurable: true });
          document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    text = something_new("anybody there?")
    send(juwon, text)
    expect(message(minji, text)).to_be_visible()
    expect(message(juwon, text)).to_have_attribute("data-status", NOT_READ)
    minji.evaluate("() => { delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange')); }")
    expect(message(juwon, text)).to_have_attribute("data-status", "read")
    expect(minji.locator("pair-chat [data-pc-divider]")).to_have_count(1)


HIDINGS = {
    "not displayed": ("app.style.display = 'none'", "app.style.display = ''"),
    "not visible": ("app.style.visibility = 'hidden'", "app.style.visibility = ''; document.body.click()"),
    # It has a height of its own: the board's frame ends at the box, and a longer list of rooms would make it taller.
    "in a closed box": (
        "app.style.height = '30rem'; app.before(document.createElement('details')); app.previousSibling.append(app)",
        "app.parentElement.open = true",
    ),
    "below the fold": ("app.style.marginTop = '300vh'", "app.style.marginTop = ''"),
    "beside the window": ("app.style.transform = 'translateX(-200vw)'", "app.style.transform = ''"),
}


@pytest.mark.parametrize("hiding", HIDINGS)
def test_nothing_is_read_while_the_chat_itself_is_hidden(pair: tuple[Page, Page], hiding: str) -> None:
    juwon, minji = pair
    live(minji)
    hide, show = HIDINGS[hiding]
    minji.evaluate(f"() => {{ const app = document.querySelector('.pc-app'); {hide} }}")
    live(minji)
    text = something_new("anybody there?")
    send(juwon, text)
    expect(message(minji, text)).to_be_attached()
    # As long as a read mark takes, and more.
    minji.wait_for_timeout(1000)
    expect(message(juwon, text)).to_have_attribute("data-status", NOT_READ)
    minji.evaluate(f"() => {{ const app = document.querySelector('.pc-app'); {show} }}")
    expect(message(juwon, text)).to_have_attribute("data-status", "read")


def test_days_and_times_are_the_readers(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", timezone_id="America/New_York"), sign_in("minji")
    minji.goto(meet(juwon, minji))
    for text in ("one", "two"):
        send(juwon, text)
    expect(messages(minji)).to_have_count(2)
    expect(minji.locator("pair-chat .pc-day")).to_have_text("Today")
    clocks = [page.locator("pair-chat time[data-pc-slot=time]").first for page in (juwon, minji)]
    assert clocks[0].get_attribute("datetime") == clocks[1].get_attribute("datetime")
    assert clocks[0].text_content() != clocks[1].text_content()
    expect(messages(minji).first).to_have_attribute("data-first", "")
    expect(messages(minji).first).not_to_have_attribute("data-last", "")
    expect(messages(minji).last).not_to_have_attribute("data-first", "")
    expect(messages(minji).last).to_have_attribute("data-last", "")


def test_two_tabs_of_one_person_stay_in_step(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    second = juwon.context.new_page()
    second.goto(juwon.url)
    live(second)
    text = something_new("from the first tab")
    composer(juwon).fill(text)
    expect(composer(second)).to_have_value(text)
    composer(juwon).press("Enter")
    expect(composer(second)).to_have_value("")
    expect(message(second, text)).to_have_attribute("data-mine", "")
    expect(message(second, text)).to_have_count(1)
    expect(message(minji, text)).to_have_count(1)


def test_the_list_of_rooms_moves_with_what_comes(pair: tuple[Page, Page], sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = pair
    first = minji.url
    meet(juwon, minji)
    send(juwon, something_new("second room"))
    minji.goto("/chat/")
    rows = minji.locator("pair-chat-inbox .pc-row")
    expect(rows.first).to_contain_text("second room")
    juwon.goto(first)
    text = something_new("first room again")
    send(juwon, text)
    expect(rows.first).to_contain_text(text)
    expect(rows.first.locator("[data-pc-slot=unread]")).to_have_text("1")
    expect(rows.first.locator("time")).to_have_text(re.compile(r"\d:\d\d"))
    rows.first.locator("a").click()
    expect(message(minji, text)).to_be_visible()
