"""A room with much that is new: it opens where that begins, and only what was on the screen is read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .conftest import Meet, SignIn
from .helpers import NOT_READ, composer, fill_room, live, message, messages, scroll, scroll_by, send

OLD = 20


def room_with(sign_in: SignIn, meet: Meet, unread: int, *, scripts: bool = True) -> tuple[Page, Page, str]:
    """Minji has written to Juwon, who has read the first few: Juwon's page, elsewhere, and Minji's, and its address."""
    juwon, minji = sign_in("juwon"), sign_in("minji")
    room = meet(juwon, minji)
    minji.goto(room)
    live(minji)
    fill_room(minji, OLD)
    expect(messages(minji).last).to_have_attribute("data-status", "read")
    juwon.goto("/")
    for start in range(OLD + 1, OLD + unread + 1, 100):
        fill_room(minji, min(100, OLD + unread + 1 - start), start=start)
    if not scripts:
        juwon = sign_in("juwon", scripts=False)
    return juwon, minji, room


def on_screen(page: Page) -> list[int]:
    """The numbers of the messages of which at least half can be seen."""
    found: list[int] = page.evaluate(
        """() => {
          const view = document.querySelector('[data-pc-scroll]').getBoundingClientRect();
          return [...document.querySelectorAll('pair-chat .pc-message')].filter((li) => {
            const { top, bottom, height } = li.getBoundingClientRect();
            return Math.min(bottom, view.bottom) - Math.max(top, view.top) >= height / 2;
          }).map((li) => Number(li.dataset.seq));
        }"""
    )
    return found


def read_up_to(page: Page) -> int:
    """How far the server says that this person has read."""
    room = page.locator("pair-chat").get_attribute("data-room")
    rooms = page.request.get("/chat/api/inbox/").json()["rooms"]
    read: int = next(each["me"]["read"] for each in rooms if each["room"] == room)
    return read


def settled(page: Page) -> int:
    """Waits until nothing more is read, and tells how far it went."""
    before = -1
    while (now := read_up_to(page)) != before:
        before = now
        page.wait_for_timeout(700)
    return now


@pytest.mark.parametrize("unread", [30, 55, 120, 400])
def test_it_opens_where_the_new_ones_begin_and_reads_only_what_is_seen(
    sign_in: SignIn, meet: Meet, unread: int
) -> None:
    juwon, _minji, room = room_with(sign_in, meet, unread)
    juwon.goto(room)
    live(juwon)
    divider = juwon.locator("pair-chat [data-pc-divider]")
    expect(divider).to_be_in_viewport()
    expect(divider.locator("xpath=following-sibling::li[1]")).to_contain_text(f"number {OLD + 1}.")
    seen = max(on_screen(juwon))
    assert settled(juwon) == seen < OLD + unread
    pill = juwon.locator("pair-chat [data-pc-part=pill]")
    expect(pill).to_have_text(f"{unread + OLD - seen} new messages")

    # Everything between is loaded while one scrolls, and read with it.
    last = message(juwon, f"number {OLD + unread}.")
    while not last.is_visible() or scroll(juwon)["toEnd"] > 2:
        top = max(on_screen(juwon))
        scroll_by(juwon, 2000)
        expect(juwon.locator(f"pair-chat [data-seq='{min(top + 10, OLD + unread)}']")).to_be_attached()
        juwon.wait_for_timeout(150)
    assert settled(juwon) == OLD + unread
    expect(pill).to_be_hidden()
    expect(juwon.locator("pair-chat [data-pc-part=unseen]")).to_be_hidden()


@pytest.mark.parametrize("unread", [55, 400])
def test_the_newest_is_one_press_away_and_the_rest_stays_new(sign_in: SignIn, meet: Meet, unread: int) -> None:
    juwon, minji, room = room_with(sign_in, meet, unread)
    juwon.goto(room)
    live(juwon)
    seen = settled(juwon)
    juwon.locator("pair-chat [data-pc-part=pill]").click()
    expect(message(juwon, f"number {OLD + unread}.")).to_be_in_viewport()
    above = juwon.locator("pair-chat [data-pc-part=unseen]")
    expect(above).to_have_text(f"{OLD + unread - seen} new messages")
    assert settled(juwon) == seen
    expect(message(minji, f"number {OLD + unread}.")).to_have_attribute("data-status", NOT_READ)

    above.click()
    expect(juwon.locator(f"pair-chat [data-seq='{seen + 1}']")).to_be_in_viewport()
    expect(juwon.locator("pair-chat [data-pc-divider]")).to_be_in_viewport()
    expect(above).to_be_hidden()
    assert settled(juwon) == max(on_screen(juwon))

    # An answer shows that all of it is known.
    send(juwon, "I have seen it all")
    expect(message(minji, f"number {OLD + unread}.").first).to_have_attribute("data-status", "read")
    expect(above).to_be_hidden()


def test_whoever_scrolled_up_is_led_to_the_first_new_one(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji, room = room_with(sign_in, meet, 3)
    juwon.goto(room)
    live(juwon)
    scroll_by(juwon, 100_000)
    assert settled(juwon) == OLD + 3
    scroll_by(juwon, -100_000)
    fill_room(minji, 80, start=OLD + 4)
    pill = juwon.locator("pair-chat [data-pc-part=pill]")
    expect(pill).to_have_text("80 new messages")
    pill.click()
    expect(juwon.locator(f"pair-chat [data-seq='{OLD + 4}']")).to_be_in_viewport()
    assert settled(juwon) == max(on_screen(juwon)) < OLD + 83
    pill.click()
    expect(message(juwon, f"number {OLD + 83}.")).to_be_in_viewport()


def test_what_comes_while_nobody_looks_is_not_read_at_a_glance(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(juwon)
    send(minji, "hello")
    expect(message(minji, "hello")).to_have_attribute("data-status", "read")
    juwon.evaluate("document.hasFocus = () => false")
    fill_room(minji, 80)
    expect(message(juwon, "number 80.")).to_be_in_viewport()
    juwon.evaluate("() => { delete document.hasFocus; window.dispatchEvent(new Event('focus')); }")
    above = juwon.locator("pair-chat [data-pc-part=unseen]")
    expect(above).to_have_text("80 new messages")
    assert settled(juwon) == 1
    above.click()
    expect(message(juwon, "number 1.").first).to_be_in_viewport()
    assert 1 < settled(juwon) == max(on_screen(juwon)) < 81


def test_all_can_be_called_read_at_once(sign_in: SignIn, meet: Meet) -> None:
    juwon, _minji, room = room_with(sign_in, meet, 55)
    juwon.goto(room)
    live(juwon)
    juwon.locator("pair-chat [data-pc-part=pill]").click()
    juwon.get_by_role("button", name="Mark as read", exact=True).click()
    juwon.wait_for_load_state()
    live(juwon)
    assert read_up_to(juwon) == OLD + 55
    expect(juwon.locator("pair-chat [data-pc-part=unseen]")).to_be_hidden()


def test_what_has_come_since_is_called_read_too_and_nothing_that_is_not_there(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji, room = room_with(sign_in, meet, 200)
    juwon.goto(f"{room.split('?')[0]}?around=120")
    live(juwon)
    scroll_by(juwon, 10)
    up_to = juwon.locator("pair-chat [data-pc-form=read] [name=seq]")
    expect(juwon.get_by_role("button", name="Mark as read", exact=True)).to_be_attached()
    # Read in one step: the page asks for more messages by itself, and both grow then.
    asked, shown = juwon.evaluate(
        """() => [
          document.querySelector('pair-chat [data-pc-form=read] [name=seq]').value,
          [...document.querySelectorAll('pair-chat .pc-message')].pop().dataset.seq,
        ].map(Number)"""
    )
    assert asked == shown < OLD + 200

    juwon.locator("pair-chat [data-pc-part=pill]").click()
    expect(message(juwon, f"number {OLD + 200}.")).to_be_in_viewport()
    expect(up_to).to_have_value(str(OLD + 200))
    send(minji, "one more")
    expect(message(juwon, "one more")).to_be_in_viewport()
    expect(up_to).to_have_value(str(OLD + 201))


def test_what_another_device_of_mine_wrote_is_not_new_to_me(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(juwon)
    fill_room(minji, 60)
    expect(message(juwon, "number 60.")).to_be_in_viewport()
    scroll_by(juwon, -800)
    other = juwon.context.new_page()
    other.goto(juwon.url)
    live(other)
    send(other, "from my other device")
    expect(message(juwon, "from my other device")).to_be_attached()
    pill = juwon.locator("pair-chat [data-pc-part=pill]")
    expect(pill).to_have_text("Jump to latest")
    send(minji, "and one of the peer")
    expect(pill).to_have_text("1 new message")
    composer(juwon).focus()


@pytest.mark.parametrize("unread", [30, 55, 400])
def test_without_scripts_it_opens_there_too(sign_in: SignIn, meet: Meet, unread: int) -> None:
    juwon, _minji, room = room_with(sign_in, meet, unread, scripts=False)
    juwon.goto(room)
    expect(juwon.locator("pair-chat [data-pc-divider]")).to_be_in_viewport()
    expect(message(juwon, f"number {OLD + 1}.")).to_be_in_viewport()
    # The button reads what the page shows and no more, and leads to what comes next.
    shown = int(messages(juwon).last.get_attribute("data-seq") or 0)
    juwon.get_by_role("button", name="Mark as read", exact=True).click()
    expect(juwon.locator("pair-chat")).to_have_attribute("data-read", str(shown))
    assert read_up_to(juwon) == shown
    if shown < OLD + unread:
        expect(juwon.locator(f"pair-chat [data-seq='{shown + 1}']")).to_be_in_viewport()
    if OLD + unread - shown > 50:
        juwon.get_by_role("link", name="Newest", exact=True).click()
        expect(message(juwon, f"number {OLD + unread}.")).to_be_in_viewport()
        assert read_up_to(juwon) == shown


def test_what_a_box_of_the_host_cuts_off_is_not_read(sign_in: SignIn, meet: Meet) -> None:
    """The host shows the upper part of the chat only, as a box does that scrolls by itself."""
    juwon, minji = sign_in("juwon"), sign_in("minji")
    room = meet(juwon, minji)
    minji.goto(room)
    live(minji)
    live(juwon)
    juwon.evaluate(
        """() => {
          const room = document.querySelector('pair-chat');
          Object.assign(room.parentElement.style, { blockSize: '260px', minBlockSize: 0, overflow: 'hidden' });
          room.style.blockSize = '620px';
        }"""
    )
    fill_room(minji, 30)
    expect(message(juwon, "30").last).to_be_attached()
    seen = settled(juwon)
    assert seen < 30
    juwon.evaluate("document.querySelector('pair-chat').parentElement.scrollTo(0, 400)")
    expect(messages(minji).last).to_have_attribute("data-status", "read")
