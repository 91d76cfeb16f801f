"""htmx and Turbo put one page into another without a reload: the chat works there from the first sign-in on."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import APIResponse, Browser, Page, Route, expect

from .conftest import PASSWORD, Meet, SignIn
from .helpers import NOT_READ, at_end, composer, live, message, messages, open_menu, send, something_new
from .test_host_styles import package

SCRIPTS = {
    "htmx 2": "htmx2/dist/htmx.min.js",
    "htmx 4": "htmx.org/dist/htmx.min.js",
    "turbo": "@hotwired/turbo/dist/turbo.es2017-umd.js",
}
# Under the site's policy, which forbids styles within the page. htmx 4 has others' names for its settings.
SETTINGS = """<meta name="htmx-config" content='{"includeIndicatorStyles": false, "includeIndicatorCSS": false}'>"""
SAID_BY_TURBO = "Applying inline style violates"


@pytest.fixture(params=SCRIPTS)
def library(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def visitor(browser: Browser, url: str, library: str) -> Iterator[Page]:
    """Somebody who is not signed in, on a site that swaps its pages."""
    script = package(SCRIPTS[library])
    context = browser.new_context(base_url=url, locale="en-GB", timezone_id="Asia/Seoul")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def swapping(route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            route.fulfill(response=answer)
            return
        fulfill(route, answer, answer.text())

    page.route(re.compile(r"^[^?]*/(accounts/.*|chat/(rooms/.*|search/.*)?|posts/.*)?(\?.*)?$"), swapping)
    page.route("**/swaps.js", lambda route: route.fulfill(path=script, content_type="text/javascript"))
    yield page
    page.unroute_all(behavior="ignoreErrors")
    context.close()
    assert [text for text in complaints if not (library == "turbo" and text.startswith(SAID_BY_TURBO))] == []


def sign_in_here(page: Page, username: str) -> None:
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    expect(page.locator("pair-chat-badge").first).to_be_attached()


@pytest.mark.parametrize("head", ["with the chat's tag", "without it"])
def test_after_a_swapped_sign_in_the_chat_works(
    visitor: Page, sign_in: SignIn, meet: Meet, library: str, head: str
) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    room = meet(juwon, minji)
    live(juwon)
    first = something_new("before")
    send(juwon, first)
    expect(message(juwon, first)).to_have_attribute("data-status", NOT_READ)

    if head == "without it":
        visitor.route(re.compile(r"/accounts/login/$"), bare)
    visitor.goto("/accounts/login/")
    visitor.evaluate("() => { window.sameDocument = true; }")
    sign_in_here(visitor, "minji")
    expect(visitor.locator("pair-chat-badge .pc-count").first).to_be_visible()
    visitor.wait_for_function("() => customElements.get('pair-chat-badge') !== undefined")
    # The badge is live: no page has been loaded since.
    visitor.locator("a[href='/chat/']").first.click()
    row = visitor.locator(f"pair-chat-inbox .pc-row[data-room='{room.split('/rooms/')[1].split('/')[0]}']")
    expect(row).to_contain_text(first)
    row.locator("a").click()
    live(visitor)
    expect(message(visitor, first)).to_be_in_viewport()
    at_end(visitor)

    answer = something_new("answer")
    send(visitor, answer)
    expect(message(juwon, answer)).to_be_visible()
    more = something_new("more")
    send(juwon, more)
    expect(message(visitor, more)).to_be_in_viewport()

    visitor.go_back()
    # The list stands beside the room, too.
    expect(visitor.locator("pair-chat")).to_have_count(0)
    expect(row).to_contain_text(more)
    visitor.go_forward()
    live(visitor)
    expect(messages(visitor)).to_have_count(3)
    expect(message(visitor, more)).to_have_attribute("aria-label", re.compile(more))
    expect(composer(visitor)).to_have_value("")
    last = something_new("last")
    send(juwon, last)
    expect(message(visitor, last)).to_be_in_viewport()
    send(visitor, something_new("and mine"))
    expect(messages(juwon)).to_have_count(5)
    message(visitor, last).hover()
    message(visitor, last).locator("[data-pc-action=menu]").click()
    expect(visitor.locator("pair-chat [data-pc-part=menu]")).to_be_visible()
    assert visitor.evaluate("window.sameDocument === true")


def bare(route: Route) -> None:
    """The page before the sign-in knows nothing of the chat."""
    answer = route.fetch(max_redirects=0)
    fulfill(route, answer, re.sub(r"<link[^>]*pairchat[^>]*>", "", answer.text()))


def fulfill(route: Route, answer: APIResponse, text: str) -> None:
    """A page of a site with that library, under a policy as strict as the library bears: it parses texts as HTML."""
    text = text.replace("<head>", f'<head>{SETTINGS}<script src="/swaps.js" defer></script>', 1)
    text = text.replace("<body", '<body hx-boost="true" hx-boost:inherited="true"', 1)
    route.fulfill(
        response=answer, body=text, headers={**answer.headers, "content-security-policy": "default-src 'self'"}
    )


def test_the_number_in_the_title_survives_every_swap(visitor: Page, sign_in: SignIn, meet: Meet) -> None:
    sora, minji = sign_in("sora"), sign_in("minji")
    minji.goto(meet(sora, minji))
    live(minji)
    visitor.add_init_script("document.hasFocus = () => false")
    visitor.goto("/accounts/login/")
    sign_in_here(visitor, "sora")
    visitor.evaluate("() => { window.sameDocument = true; }")
    # Other tests may have left something unread for Sora.
    before = re.sub(r"^\(\d+\)\W*", "", visitor.title())
    number = visitor.locator("pair-chat-badge [data-pc-slot=unread]").first
    count = int(number.text_content() or 0) + 1
    sora.close()
    send(minji, something_new("hello"))
    expect(number).to_have_text(str(count))
    expect(visitor).to_have_title(re.compile(rf"^\({count}\)\u200b [^(]"))
    for link in ("/posts/new/", "/chat/", "/"):
        visitor.locator(f"a[href='{link}']").first.click()
        expect(visitor).to_have_url(re.compile(f"{link}$"))
        expect(visitor).to_have_title(re.compile(rf"^\({count}\)\u200b [^(]"))
    expect(visitor).to_have_title(f"({count}) {before}")
    visitor.go_back()
    expect(visitor).to_have_title(f"({count}) Chats · Lost & found")
    # Read on another device, after the page was swapped.
    device = sign_in("sora")
    device.goto(minji.url)
    live(device)
    expect(device.locator("pair-chat-inbox [data-current]")).to_have_attribute("data-unread", "0")
    left = count - 1
    expect(visitor).to_have_title(f"({left}) Chats · Lost & found" if left else "Chats · Lost & found")
    visitor.go_back()
    expect(visitor).to_have_title(re.compile("New post"))
    assert (left == 0) is not visitor.title().startswith("(")
    assert visitor.evaluate("window.sameDocument === true")


def test_what_was_sent_meanwhile_is_not_in_the_box_again(visitor: Page, sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    room = meet(juwon, minji)
    visitor.goto("/accounts/login/")
    sign_in_here(visitor, "minji")
    visitor.goto(room)
    live(visitor)
    text = something_new("half a")
    composer(visitor).fill(text)
    visitor.locator("a[href='/']").first.click()
    expect(visitor.locator("pair-chat")).to_have_count(0)
    # The same room on another page of the same person: sent from there.
    other = visitor.context.new_page()
    other.goto(room)
    live(other)
    expect(composer(other)).to_have_value(text)
    composer(other).press("Enter")
    expect(message(juwon, text)).to_be_visible()
    other.close()
    visitor.go_back()
    live(visitor)
    expect(message(visitor, text)).to_have_count(1)
    expect(composer(visitor)).to_have_value("")


def test_a_page_that_comes_back_begins_anew(visitor: Page, sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    room = meet(juwon, minji)
    live(juwon)
    visitor.goto("/accounts/login/")
    sign_in_here(visitor, "minji")
    visitor.goto(room)
    live(visitor)
    text = something_new("to be changed")
    send(visitor, text)
    expect(message(visitor, text)).to_have_attribute("data-status", re.compile("sent|delivered|read"))
    parts = {name: visitor.locator(f"pair-chat [data-pc-part={name}]") for name in ("editing", "replying", "typing")}
    open_menu(visitor, text).locator("[data-pc-action=edit]").click()
    expect(parts["editing"]).to_be_visible()
    composer(juwon).press_sequentially("a")
    expect(parts["typing"]).to_be_visible()
    visitor.locator("a[href='/']").first.click()
    expect(visitor.locator("pair-chat")).to_have_count(0)
    visitor.go_back()
    live(visitor)
    # The edit goes on, like a draft; who is writing is asked again.
    expect(parts["editing"]).to_be_visible()
    expect(composer(visitor)).to_have_value(text)
    for name in ("replying", "typing"):
        expect(parts[name]).to_be_hidden()
    composer(visitor).press("Escape")
    expect(parts["editing"]).to_be_hidden()
    expect(composer(visitor)).to_have_value("")

    # An answer that was begun goes on, until it is sent or given up, be it on another page.
    another = something_new("to be answered")
    send(juwon, another)
    open_menu(visitor, another).locator("[data-pc-action=reply]").click()
    expect(parts["replying"]).to_be_visible()
    visitor.locator("a[href='/']").first.click()
    expect(visitor.locator("pair-chat")).to_have_count(0)
    other = visitor.context.new_page()
    other.goto(room)
    live(other)
    other.locator("pair-chat [data-pc-action=cancel-reply]").click()
    other.close()
    visitor.go_back()
    live(visitor)
    expect(parts["replying"]).to_be_hidden()
