"""A strict policy, hostile texts, and what a host may hook into."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .helpers import NOT_READ, composer, live, message, messages, open_menu, send, something_new

POLICY = ["default-src 'self'", "require-trusted-types-for 'script'"]
HOSTILE = [
    "<script>document.title = 'owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "</textarea><svg onload=alert(1)>",
    "{{7*7}} {% csrf_token %} ${7*7}",
    "javascript:alert(1)",
    "\u202egnp.exe and back",
    "&lt;b&gt; &amp; <b>bold</b>",
]


def under_policy(page: Page) -> None:
    """Opens the page again, sees that it has the strictest policy that is promised, and collects what that reports."""
    page.add_init_script(
        """window.violations = [];
        document.addEventListener('securitypolicyviolation', (event) => {
          window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
        });"""
    )
    response = page.reload()
    assert response
    assert set(POLICY) <= set(response.headers["content-security-policy"].split("; "))


def test_a_whole_chat_under_the_strictest_policy_reports_nothing(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    under_policy(juwon)
    live(juwon)
    text = something_new("https://example.com/a and tel:112")
    send(juwon, text)
    send(minji, "answer")
    expect(message(juwon, "answer")).to_be_visible()
    composer(minji).press_sequentially("typing")
    expect(juwon.locator("pair-chat [data-pc-part=typing]")).to_be_visible()
    open_menu(juwon, "answer")
    juwon.locator("pair-chat [data-pc-part=menu] [data-emoji]").first.click()
    expect(message(minji, "answer").locator("[data-pc-part=reactions]")).to_be_visible()
    open_menu(juwon, "answer")
    juwon.locator("pair-chat [data-pc-part=menu] [data-pc-action=reply]").click()
    send(juwon, "reply")
    open_menu(juwon, text)
    juwon.locator("pair-chat [data-pc-part=menu] [data-pc-action=delete]").click()
    juwon.locator("dialog[open] button[value=delete]").click()
    expect(messages(minji).first).to_contain_text("Deleted message")
    assert juwon.evaluate("window.violations") == []


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_texts_are_shown_as_they_are(pair: tuple[Page, Page], hostile: str) -> None:
    juwon, minji = pair
    titles = [page.title() for page in pair]
    send(juwon, hostile)
    for page in pair:
        shown = messages(page).first.locator("[data-pc-slot=content]")
        expect(shown).to_have_text(hostile)
        assert shown.evaluate("element => element.children.length") == 0
    minji.reload()
    expect(messages(minji).first.locator("[data-pc-slot=content]")).to_have_text(hostile)
    minji.goto("/chat/")
    expect(minji.locator("pair-chat-inbox .pc-row").first).to_contain_text(hostile)
    assert juwon.title() == titles[0]


def test_a_hostile_draft_and_reply_are_text_too(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    hostile = '"><img src=x onerror=alert(1)>'
    send(juwon, hostile)
    open_menu(minji, hostile)
    minji.locator("pair-chat [data-pc-part=menu] [data-pc-action=reply]").click()
    expect(minji.locator("#composer [data-pc-slot=replying-content]")).to_have_text(hostile)
    send(minji, "why?")
    expect(message(juwon, "why?").locator("[data-pc-slot=reply-content]")).to_have_text(hostile)
    composer(juwon).fill(hostile)
    juwon.reload()
    expect(composer(juwon)).to_have_value(hostile)


def test_links_lead_where_they_say_and_tell_nothing(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    send(juwon, "여기 https://example.com/posts/12에서 봤어요 javascript:alert(1)")
    link = messages(minji).first.locator("a.pc-link")
    expect(link).to_have_count(1)
    expect(link).to_have_text("https://example.com/posts/12")
    expect(link).to_have_attribute("href", "https://example.com/posts/12")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow ugc")


def test_a_host_hears_of_messages_and_may_stop_one(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(juwon)
    juwon.evaluate(
        """() => {
          window.heard = [];
          document.addEventListener('pairchat:message', ({ detail }) => window.heard.push(detail.message.content));
          document.addEventListener('pairchat:before-send', (event) => {
            if (event.detail.content.includes('secret')) event.preventDefault();
            event.detail.content = event.detail.content.replace('cat', 'dog');
          });
        }"""
    )
    send(juwon, "my secret")
    expect(composer(juwon)).to_have_value("my secret")
    send(juwon, "the cat")
    expect(message(minji, "the dog")).to_be_visible()
    send(minji, "whose dog?")
    expect(message(juwon, "whose dog?")).to_be_visible()
    expect(messages(juwon)).to_have_count(2)
    assert juwon.evaluate("window.heard") == ["the dog", "whose dog?"]


def test_an_element_that_leaves_the_page_undoes_all_and_may_come_back(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(juwon)
    juwon.evaluate(
        """() => {
          const room = document.querySelector('pair-chat');
          window.parent_ = room.parentElement;
          window.room_ = room;
          room.remove();
        }"""
    )
    send(minji, "while away")
    expect(message(minji, "while away")).to_have_attribute("data-status", NOT_READ)
    juwon.evaluate("() => window.parent_.append(window.room_)")
    live(juwon)
    expect(message(juwon, "while away")).to_have_count(1)
    send(juwon, "back again")
    expect(message(minji, "back again")).to_have_count(1)
    expect(message(juwon, "back again")).to_have_count(1)
