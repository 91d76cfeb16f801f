"""What can be done with a message, by mouse, by keys and by touch."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import Meet, SignIn
from .helpers import Finger, composer, fill_room, hold, live, message, messages, open_menu, send, something_new


def item(menu: Page, action: str) -> None:
    """Chooses from the open menu."""
    menu.locator(f"pair-chat [data-pc-part=menu] [data-pc-action={action}]").click()


def test_an_edit_appears_on_both_sides(pair: tuple[Page, Page]) -> None:
    juwon, _ = pair
    before, after = something_new("red"), something_new("blue")
    send(juwon, before)
    expect(message(juwon, before)).to_have_attribute("data-status", re.compile("sent|delivered|read"))
    open_menu(juwon, before)
    item(juwon, "edit")
    expect(composer(juwon)).to_have_value(before)
    composer(juwon).fill(after)
    composer(juwon).press("Enter")
    for page in pair:
        expect(message(page, after)).to_be_visible()
        expect(message(page, after).locator("[data-pc-part=edited]")).to_be_visible()
        expect(messages(page)).to_have_count(1)
    expect(composer(juwon)).to_have_value("")
    expect(composer(juwon)).to_be_focused()


def test_escape_leaves_an_edit_and_gives_the_draft_back(pair: tuple[Page, Page]) -> None:
    juwon, _ = pair
    send(juwon, "first")
    expect(message(juwon, "first")).to_have_attribute("data-status", re.compile("sent|delivered|read"))
    composer(juwon).fill("half a draft")
    open_menu(juwon, "first")
    item(juwon, "edit")
    expect(composer(juwon)).to_have_value("first")
    composer(juwon).press("Escape")
    expect(composer(juwon)).to_have_value("half a draft")
    expect(juwon.locator("#composer [data-pc-part=editing]")).to_be_hidden()


def test_a_deleted_message_is_gone_for_both_once_confirmed(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    text = something_new("wrong room")
    send(juwon, text)
    expect(message(minji, text)).to_be_visible()
    dialog = juwon.locator("dialog[data-pc-dialog=delete]")
    open_menu(juwon, text)
    item(juwon, "delete")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    open_menu(juwon, text)
    item(juwon, "delete")
    dialog.get_by_role("button", name="Delete for both").click()
    for page in pair:
        expect(messages(page)).to_contain_text("Deleted message")
        expect(message(page, text)).to_have_count(0)


def test_a_reaction_is_set_changed_and_taken_back(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    text = something_new("found it")
    send(juwon, text)
    theirs = message(juwon, text).locator("[data-pc-slot=reaction-peer]")
    emojis = minji.locator("pair-chat [data-pc-part=menu] [data-emoji]")
    for choice in (0, 1):
        open_menu(minji, text)
        emoji = emojis.nth(choice).text_content() or ""
        emojis.nth(choice).click()
        expect(theirs).to_have_text(emoji)
    open_menu(minji, text)
    expect(emojis.nth(1)).to_have_attribute("aria-checked", "true")
    emojis.nth(1).click()
    expect(message(juwon, text).locator("[data-pc-part=reactions]")).to_be_hidden()


def test_a_reply_shows_what_it_answers_and_leads_there(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    question, answer = something_new("which one?"), something_new("the red one")
    send(juwon, question)
    open_menu(minji, question)
    item(minji, "reply")
    expect(minji.locator("#composer [data-pc-part=replying]")).to_contain_text(question)
    expect(composer(minji)).to_be_focused()
    send(minji, answer)
    expect(minji.locator("#composer [data-pc-part=replying]")).to_be_hidden()
    fill_room(minji, 30)
    expect(messages(juwon)).to_have_count(32)
    for page in pair:
        quote = message(page, answer).locator("[data-pc-part=reply]")
        expect(quote).to_contain_text(question)
        quote.click()
        asked = page.locator("pair-chat .pc-message").first
        expect(asked).to_be_in_viewport()
        expect(asked).to_have_attribute("data-highlight", "")
        expect(asked).to_be_focused()
        expect(asked).not_to_have_attribute("data-highlight", "", timeout=5_000)


def test_the_list_is_one_tab_stop_with_arrow_keys(pair: tuple[Page, Page]) -> None:
    juwon, _ = pair
    for text in ("alpha", "beta", "gamma"):
        send(juwon, text)
    expect(messages(juwon)).to_have_count(3)
    expect(message(juwon, "gamma")).to_have_attribute("data-status", re.compile("sent|delivered|read"))
    expect(juwon.locator("#composer [data-pc-part=attach]")).to_be_visible()
    composer(juwon).focus()
    juwon.keyboard.press("Shift+Tab")
    expect(juwon.locator("#composer [data-pc-part=quick]")).to_be_focused()
    juwon.keyboard.press("Shift+Tab")
    expect(juwon.locator("#composer [data-pc-action=emoji]")).to_be_focused()
    juwon.keyboard.press("Shift+Tab")
    expect(juwon.locator("#composer [data-pc-part=record]")).to_be_focused()
    juwon.keyboard.press("Shift+Tab")
    expect(juwon.locator("#composer [data-pc-slot=file]")).to_be_focused()
    juwon.keyboard.press("Shift+Tab")
    expect(message(juwon, "gamma")).to_be_focused()
    juwon.keyboard.press("ArrowUp")
    expect(message(juwon, "beta")).to_be_focused()
    juwon.keyboard.press("Home")
    expect(message(juwon, "alpha")).to_be_focused()
    expect(juwon.locator("pair-chat .pc-message[tabindex='0']")).to_have_count(1)
    juwon.keyboard.press("Enter")
    menu = juwon.locator("pair-chat [data-pc-part=menu]")
    expect(menu.locator("[data-emoji]").first).to_be_focused()
    juwon.keyboard.press("ArrowUp")
    expect(menu.locator("[data-pc-action=delete]")).to_be_focused()
    juwon.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(message(juwon, "alpha")).to_be_focused()
    juwon.keyboard.press("Escape")
    expect(composer(juwon)).to_be_focused()


def test_the_peers_message_offers_no_edit_and_no_deletion(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    text = something_new("mine")
    send(juwon, text)
    menu = open_menu(minji, text)
    expect(menu.locator("[data-pc-action=reply]")).to_be_visible()
    expect(menu.locator("[data-pc-action=edit]")).to_be_hidden()
    expect(menu.locator("[data-pc-action=delete]")).to_be_hidden()
    expect(menu.locator("[data-pc-action=report]")).to_have_attribute("href", re.compile(r"/report/\?seq=1$"))


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_on_a_phone_a_held_finger_opens_the_menu_and_a_drawn_one_answers(
    sign_in: SignIn, meet: Meet, direction: str
) -> None:
    locale = "ar" if direction == "rtl" else "en-GB"
    phone = {"has_touch": True, "is_mobile": True, "viewport": {"width": 390, "height": 844}, "locale": locale}
    juwon, minji = sign_in("juwon", **phone), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(juwon)
    expect(juwon.locator("pair-chat")).to_have_css("direction", direction)
    text = something_new("touch me")
    send(minji, text)
    item, menu = message(juwon, text), juwon.locator("pair-chat [data-pc-part=menu]")
    replying = juwon.locator("#composer [data-pc-part=replying]")
    item.locator("[data-pc-slot=content]").tap()
    hold(juwon, item)
    expect(menu.locator("[data-pc-action=reply]")).to_be_visible()
    menu.locator("[data-pc-action=select]").tap()
    expect(menu).to_be_hidden()
    assert juwon.evaluate("getSelection().toString()") == text
    juwon.evaluate("getSelection().empty()")
    expect(replying).to_be_hidden()

    for way in (-1, 1):
        finger = Finger(juwon, item.locator("[data-pc-slot=content]"))
        finger.draw(way * (100 if direction == "ltr" else -100))
        finger.lift()
        expect(item).not_to_have_attribute("style", re.compile("."))
        expect(replying).to_be_visible() if way == 1 else expect(replying).to_be_hidden()
    expect(replying).to_contain_text(text)


def test_a_block_closes_the_composer_at_once(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(juwon)
    minji.locator("pair-chat .pc-head summary").first.click()
    minji.locator("pair-chat .pc-head summary").filter(has_text="Block").click()
    minji.locator("pair-chat .pc-head button[name=blocked]").click()
    expect(juwon.locator("pair-chat [data-pc-part=composer]")).to_be_hidden()
    expect(juwon.locator("pair-chat [data-pc-part=closed]")).to_be_visible()
    minji.locator("pair-chat [data-pc-part=closed] button[name=blocked]").click()
    expect(juwon.locator("pair-chat [data-pc-part=composer]")).to_be_visible()


def test_any_emoji_can_be_typed_and_only_one(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    send(juwon, "guess what")
    field = minji.locator("dialog [data-pc-slot=emoji]")
    for typed in ("no emoji", "🦔"):
        open_menu(minji, "guess what")
        item(minji, "react-other")
        field.fill(typed)
        field.press("Enter")
        expect(field).to_be_hidden()
        if typed != "🦔":
            expect(minji.locator("#composer [data-pc-slot=error]")).not_to_be_empty()
    expect(message(juwon, "guess what").locator("[data-pc-slot=reaction-peer]")).to_have_text("🦔")
