"""An open page draws attention to new messages: in its title, on its icon, by a sound, by a desktop notification."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from .conftest import Meet, SignIn
from .helpers import faults, live, message, overflow, send, something_new

# Nobody looks at a page until a test says so, nothing is heard, and the browser's notifications are counted.
STAND_INS = """(() => {
  window.looked = false;
  document.hasFocus = () => window.looked;
  window.heard = [];
  HTMLMediaElement.prototype.play = async function () { window.heard.push(new URL(this.src).pathname); };
  window.badges = [];
  navigator.setAppBadge = async (count) => { window.badges.push(count); };
  navigator.clearAppBadge = async () => { window.badges.push(0); };
  window.notes = [];
  window.Notification = class {
    static get permission() { return localStorage.getItem('test:permission') ?? 'default'; }
    static async requestPermission() {
      localStorage.setItem('test:asked', Number(localStorage.getItem('test:asked')) + 1);
      if (this.permission === 'default') localStorage.setItem('test:permission', 'granted');
      return this.permission;
    }
    constructor(title, { body, tag } = {}) {
      if (Notification.permission !== 'granted') return;
      Object.assign(this, { title, body, tag, closed: false });
      window.notes.push(this);
    }
    close() { this.closed = true; }
  };
})()"""

INBOX = "/chat/"
TITLE = "Chats · Lost & found"
SOUND = re.compile(r"pairchat-message.*\.wav$")


def person(sign_in: SignIn, name: str = "juwon", **options: Any) -> BrowserContext:
    context = sign_in(name, **options).context
    context.add_init_script(STAND_INS)
    return context


def tab(context: BrowserContext, url: str = INBOX) -> Page:
    page = context.new_page()
    page.goto(url)
    return page


def look(page: Page, looks: bool = True) -> None:
    page.evaluate("it => { window.looked = it; dispatchEvent(new Event(it ? 'focus' : 'blur')); }", looks)


def switches(page: Page) -> Locator:
    menu = page.locator("pair-chat-alerts")
    if menu.locator("details").get_attribute("open") is None:
        menu.locator("summary").click()
    return menu


def ask_for(page: Page, *labels: str) -> None:
    menu = switches(page)
    for label in labels:
        menu.get_by_label(label).check()
    menu.locator("summary").click()
    page.evaluate("() => { window.heard = []; }")


def count(page: Page, what: str, number: int) -> None:
    page.wait_for_function("([what, number]) => window[what].length >= number", arg=[what, number])
    assert page.evaluate("what => window[what].length", what) == number


def row(page: Page, text: str) -> Locator:
    return page.locator("pair-chat-inbox .pc-row").filter(has_text=text)


@pytest.fixture
def rooms(sign_in: SignIn, meet: Meet) -> tuple[BrowserContext, Page, Page]:
    """Juwon's profile, and Minji in two rooms with Juwon, both empty."""
    plain, minji = sign_in("juwon"), sign_in("minji")
    first, second = meet(plain, minji), meet(plain, minji)
    minji.goto(first)
    live(minji)
    other = minji.context.new_page()
    other.goto(second)
    live(other)
    # What other tests have left unread.
    waiting = plain.locator("pair-chat-inbox .pc-row:not([data-unread='0'], [data-current]) a")
    plain.goto(INBOX)
    while waiting.count():
        waiting.first.click()
        live(plain)
        expect(plain.locator("pair-chat-inbox .pc-row[data-current]")).to_have_attribute("data-unread", "0")
        plain.goto(INBOX)
    plain.close()
    context = person(sign_in)
    context.pages[0].close()
    return context, minji, other


def test_the_title_the_icon_and_the_apps_badge_say_how_many_chats_wait(
    rooms: tuple[BrowserContext, Page, Page],
) -> None:
    juwon, first, second = rooms
    page = tab(juwon)
    icon = page.locator("link[rel=icon]")
    expect(page).to_have_title(TITLE)
    expect(icon).to_have_attribute("href", re.compile(r"tag\.\w*\.?svg$|tag\.svg$"))
    send(first, something_new("one"))
    expect(page).to_have_title(f"(1) {TITLE}")
    expect(icon).to_have_attribute("href", re.compile("tag-unread"))
    send(first, something_new("in the same chat"))
    send(second, something_new("two"))
    expect(page).to_have_title(f"(2) {TITLE}")
    # The server has counted for a page that is opened now.
    later = tab(juwon, "/posts/new/")
    expect(later).to_have_title(re.compile(r"^\(2\)"))
    # Read in another tab.
    for url in (first.url, second.url):
        reader = tab(juwon, url)
        look(reader)
        live(reader)
        expect(reader).not_to_have_title(re.compile(r"^\(2\)"))
        look(reader, False)
    expect(page).to_have_title(TITLE)
    expect(later).not_to_have_title(re.compile(r"^\("))
    expect(icon).not_to_have_attribute("href", re.compile("tag-unread"))
    assert page.evaluate("window.badges") == [0, 1, 2, 1, 0]


def test_a_host_may_rewrite_its_title_and_count_by_itself(rooms: tuple[BrowserContext, Page, Page]) -> None:
    juwon, minji, _other = rooms
    page = tab(juwon)
    send(minji, something_new("hello"))
    expect(page).to_have_title(f"(1) {TITLE}")
    page.evaluate("document.title = 'Another page'")
    expect(page).to_have_title("(1) Another page")
    page.evaluate("document.title = document.title.replace('page', 'name')")
    expect(page).to_have_title("(1) Another name")
    page.evaluate("document.querySelector('title').replaceWith(document.createElement('title'))")
    page.evaluate("document.querySelector('title').append('A new element')")
    expect(page).to_have_title("(1) A new element")
    page.evaluate(
        """() => {
          const head = document.createElement('head');
          head.append(Object.assign(document.createElement('title'), { textContent: 'A new head' }));
          document.head.replaceWith(head);
        }"""
    )
    expect(page).to_have_title("(1) A new head")
    page.evaluate("document.title = '(1) Counted by the host'")
    expect(page).to_have_title("(1) Counted by the host")
    reader = tab(juwon, minji.url)
    look(reader)
    expect(page.locator("pair-chat-badge [data-pc-part=unread]").first).to_be_hidden()
    expect(page).to_have_title("(1) Counted by the host")
    page.evaluate("document.title = 'Nothing to count'")
    expect(page).to_have_title("Nothing to count")


def test_a_host_that_insists_on_its_title_gets_it(rooms: tuple[BrowserContext, Page, Page]) -> None:
    juwon, minji, _other = rooms
    page = tab(juwon)
    page.evaluate(
        """() => {
          const insist = () => { if (document.title !== 'Mine') document.title = 'Mine'; };
          new MutationObserver(insist).observe(document.head, { subtree: true, childList: true, characterData: true });
          insist();
        }"""
    )
    send(minji, something_new("hello"))
    expect(page.locator("pair-chat-badge [data-pc-slot=unread]").first).to_have_text("1")
    page.wait_for_timeout(1_500)
    expect(page).to_have_title("Mine")
    assert page.evaluate("1 + 1") == 2


def test_nothing_is_heard_or_shown_that_nobody_asked_for(rooms: tuple[BrowserContext, Page, Page]) -> None:
    juwon, minji, other = rooms
    page = tab(juwon)
    page.evaluate(
        "() => { window.alerts = []; document.addEventListener('pairchat:alert', (it) => alerts.push(it.detail)); }"
    )
    send(minji, something_new("hello"))
    count(page, "alerts", 1)
    alert = page.evaluate("alerts[0]")
    assert (alert["sound"], alert["notification"]) == (False, False)
    assert page.evaluate("[heard, notes]") == [[], []]
    assert page.evaluate("localStorage.getItem('test:asked')") is None
    menu = switches(page)
    for label in ("Sound", "Desktop notifications"):
        expect(menu.get_by_label(label)).not_to_be_checked()
    # One switch is not the other.
    menu.get_by_label("Sound").check()
    count(page, "heard", 1)
    assert SOUND.search(page.evaluate("heard[0]"))
    assert page.evaluate("localStorage.getItem('test:asked')") is None
    page.wait_for_timeout(2_100)
    send(other, something_new("hello"))
    count(page, "heard", 2)
    assert page.evaluate("notes") == []


def test_one_tab_of_several_tells(rooms: tuple[BrowserContext, Page, Page]) -> None:
    juwon, minji, other = rooms
    pages = [tab(juwon), tab(juwon, "/posts/new/"), tab(juwon)]
    ask_for(pages[0], "Sound", "Desktop notifications")
    assert pages[0].evaluate("localStorage.getItem('test:asked')") == "1"

    def told() -> list[Any]:
        return [each for page in pages for each in page.evaluate("notes")]

    def heard() -> int:
        return sum(page.evaluate("heard.length") for page in pages)

    send(minji, something_new("hello"))
    wait_for(pages, lambda: len(told()) >= 1)
    send(other, something_new("hello"))
    wait_for(pages, lambda: len(told()) >= 2)
    # Time enough for a second tab to tell as well.
    pages[0].wait_for_timeout(1_500)
    assert [(note["title"], note["body"]) for note in told()] == [("민지", "1 new message")] * 2
    assert len({note["tag"] for note in told()}) == 2
    assert 1 <= heard() <= 2


def wait_for(pages: list[Page], condition: Any) -> None:
    for _ in range(150):
        if condition():
            return
        pages[0].wait_for_timeout(100)
    raise AssertionError("Nothing was told.")


def test_the_tab_that_is_looked_at_sounds_and_shows_no_notification(rooms: tuple[BrowserContext, Page, Page]) -> None:
    juwon, minji, _other = rooms
    looked, hidden = tab(juwon), tab(juwon)
    ask_for(hidden, "Sound", "Desktop notifications")
    look(looked)
    send(minji, something_new("hello"))
    count(looked, "heard", 1)
    looked.wait_for_timeout(1_500)
    assert hidden.evaluate("[heard, notes]") == [[], []]
    assert looked.evaluate("notes") == []


def test_nothing_for_a_muted_chat_one_on_the_screen_and_ones_own(rooms: tuple[BrowserContext, Page, Page]) -> None:
    juwon, minji, other = rooms
    hidden = tab(juwon)
    ask_for(hidden, "Desktop notifications")
    # Muted.
    room = tab(juwon, minji.url)
    live(room)
    room.locator("pair-chat .pc-head summary").first.click()
    room.locator("summary").filter(has_text="Mute").click()
    room.get_by_role("button", name="Until I unmute it").click()
    room.wait_for_url(re.compile("rooms"))
    text = something_new("muted")
    send(minji, text)
    expect(row(hidden, text)).to_have_attribute("data-muted", "")
    # My own, from this device or another.
    live(room)
    mine = something_new("mine")
    send(room, mine)
    expect(row(hidden, mine)).to_be_visible()
    # On the screen of another tab.
    room.goto(other.url)
    live(room)
    look(room)
    shown = something_new("on the screen")
    send(other, shown)
    expect(message(room, shown)).to_be_visible()
    expect(row(hidden, shown)).to_have_attribute("data-unread", "0")
    # The same chat, once nobody looks.
    look(room, False)
    room.goto("/posts/new/")
    send(other, something_new("missed"))
    count(hidden, "notes", 1) if hidden.evaluate("notes.length") else wait_for(
        [hidden, room], lambda: hidden.evaluate("notes.length") + room.evaluate("notes.length") >= 1
    )
    notes = [*hidden.evaluate("notes"), *room.evaluate("notes")]
    assert [note["body"] for note in notes] == ["1 new message"]
    assert notes[0]["tag"].endswith(other.url.split("/rooms/")[1].split("/")[0])


def test_what_is_read_elsewhere_is_taken_back(rooms: tuple[BrowserContext, Page, Page], sign_in: SignIn) -> None:
    juwon, minji, _other = rooms
    page = tab(juwon)
    ask_for(page, "Desktop notifications")
    send(minji, something_new("hello"))
    count(page, "notes", 1)
    assert page.evaluate("notes[0].closed") is False
    device = sign_in("juwon")
    device.goto(minji.url)
    live(device)
    page.wait_for_function("() => notes[0].closed")
    expect(page).to_have_title(TITLE)


def test_a_pushed_notification_takes_the_place_of_the_pages_own(rooms: tuple[BrowserContext, Page, Page]) -> None:
    juwon, minji, _other = rooms
    page = tab(juwon)
    ask_for(page, "Desktop notifications")
    send(minji, something_new("hello"))
    count(page, "notes", 1)
    assert page.evaluate("notes[0].closed") is False
    said = "new MessageEvent('message', { data: { type: 'pairchat-push' } })"
    page.evaluate(f"() => navigator.serviceWorker.dispatchEvent({said})")
    page.wait_for_function("() => notes[0].closed")


def test_a_click_on_a_notification_opens_the_chat(rooms: tuple[BrowserContext, Page, Page]) -> None:
    juwon, minji, _other = rooms
    page = tab(juwon)
    ask_for(page, "Desktop notifications")
    text = something_new("hello")
    send(minji, text)
    count(page, "notes", 1)
    page.evaluate("() => { notes[0].onclick(new Event('click')); }")
    page.wait_for_url(re.compile(minji.url.split("?")[0]))
    expect(message(page, text)).to_be_visible()


def test_a_host_may_change_or_stop_each_alert(rooms: tuple[BrowserContext, Page, Page]) -> None:
    juwon, minji, other = rooms
    page = tab(juwon)
    ask_for(page, "Sound", "Desktop notifications")
    page.evaluate(
        """() => {
          window.seen = 0;
          document.addEventListener('pairchat:alert', (event) => {
            seen += 1;
            if (seen === 1) return event.preventDefault();
            Object.assign(event.detail, { title: 'A shop', body: event.detail.message.content, sound: false });
          });
        }"""
    )
    send(minji, something_new("stopped"))
    page.wait_for_function("() => seen === 1")
    text = something_new("changed")
    send(other, text)
    count(page, "notes", 1)
    note = page.evaluate("notes[0]")
    assert (note["title"], note["body"]) == ("A shop", text)
    assert page.evaluate("heard") == []


def test_the_switches_are_kept_on_the_device_for_one_person(sign_in: SignIn) -> None:
    juwon = person(sign_in)
    page = tab(juwon)
    ask_for(page, "Sound", "Desktop notifications")
    page.reload()
    menu = switches(page)
    for label in ("Sound", "Desktop notifications"):
        expect(menu.get_by_label(label)).to_be_checked()
    menu.get_by_label("Sound").uncheck()
    expect(switches(tab(juwon)).get_by_label("Sound")).not_to_be_checked()
    # Another person in the same browser has asked for nothing.
    page.evaluate("() => { document.querySelector('pair-chat-alerts').dataset.me = 'somebody else'; }")
    page.evaluate(
        "() => { const it = document.querySelector('pair-chat-alerts'); it.replaceWith(it.cloneNode(true)); }"
    )
    for label in ("Sound", "Desktop notifications"):
        expect(switches(page).get_by_label(label)).not_to_be_checked()


def test_who_has_blocked_notifications_is_told_so(sign_in: SignIn) -> None:
    page = tab(person(sign_in))
    page.evaluate("localStorage.setItem('test:permission', 'denied')")
    menu = switches(page)
    said = menu.get_by_role("status")
    expect(said).to_be_hidden()
    menu.get_by_label("Desktop notifications").click()
    expect(said).to_contain_text("Your browser does not let this site show notifications.")
    expect(menu.get_by_label("Desktop notifications")).not_to_be_checked()


def test_without_scripts_there_are_no_switches(sign_in: SignIn) -> None:
    page = sign_in("juwon", scripts=False)
    page.goto(INBOX)
    expect(page.locator("pair-chat-alerts")).to_be_attached()
    expect(page.locator("pair-chat-alerts")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_switches_fit_and_axe_finds_nothing(sign_in: SignIn, width: int, scheme: str) -> None:
    page = sign_in("juwon", bypass_csp=True, viewport={"width": width, "height": 700}, color_scheme=scheme)
    page.goto(INBOX)
    menu = switches(page)
    expect(menu.get_by_label("Sound")).to_be_in_viewport(ratio=1)
    assert overflow(page) <= 0
    box = menu.locator(".pc-menu-panel").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(menu.get_by_label("Sound")).to_be_hidden()


def test_the_real_sound_plays_under_the_strict_policy(sign_in: SignIn) -> None:
    """Nothing is stood in for: a complaint on the console would fail the test."""
    page = sign_in("juwon")
    page.goto(INBOX)
    switches(page).get_by_label("Sound").check()
    seconds = page.evaluate(
        """async () => {
          const sound = new Audio(document.querySelector('pair-chat-alerts').dataset.sound);
          await sound.play();
          return sound.duration;
        }"""
    )
    assert 0.2 < seconds < 1


ICONS = {
    "of one's own": '<link rel="icon" href="/static/board/tag.svg" type="image/svg+xml">',
    "none": "",
    "as an address": '<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns=\'http://www.w3.org/2000/svg\'/%3E">',
    "that is missing": '<link rel="icon" href="/static/board/tag.svg?" type="image/png">',
}


@pytest.mark.parametrize("icon", ICONS.values(), ids=ICONS)
def test_where_a_host_lets_it_the_dot_is_drawn_upon_any_icon(
    rooms: tuple[BrowserContext, Page, Page], icon: str
) -> None:
    juwon, minji, _other = rooms

    def changed(route: Route) -> None:
        answer = route.fetch()
        text = re.sub(r'<link rel="icon"[^>]*>', lambda _: icon, answer.text())
        text = re.sub(r'data-on="[^"]*"', 'data-on="drawn_icon"', text)
        policy = "default-src 'self'; img-src 'self' data:"
        route.fulfill(response=answer, body=text, headers={**answer.headers, "content-security-policy": policy})

    page = juwon.new_page()
    page.route(re.compile(r"/chat/$"), changed)
    page.goto(INBOX)
    before = page.evaluate("document.querySelector('link[rel=icon]')?.outerHTML ?? ''")
    send(minji, something_new("hello"))
    link = page.locator("link[rel=icon]")
    expect(link).to_have_attribute("href", re.compile("^data:image/png"))
    dot = page.evaluate(
        """async () => {
          const image = new Image();
          image.src = document.querySelector('link[rel=icon]').href;
          await image.decode();
          const canvas = Object.assign(document.createElement('canvas'), { width: 32, height: 32 });
          const context = canvas.getContext('2d');
          context.drawImage(image, 0, 0);
          return [...context.getImageData(23, 9, 1, 1).data];
        }"""
    )
    assert dot == [0xD9, 0x2D, 0x20, 255]
    expect(page).to_have_title(TITLE)
    reader = tab(juwon, minji.url)
    look(reader)
    if before:
        expect(link).not_to_have_attribute("href", re.compile("^data:image/png"))
        assert page.evaluate("document.querySelector('link[rel=icon]').outerHTML") == before
    else:
        expect(link).to_have_count(0)
    page.unroute_all(behavior="ignoreErrors")
