"""Texts that are warned about, masked or held; what waits is seen by its sender only, until it is released."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from django_pairchat.review import MASK

from .board import Board, served
from .conftest import PASSWORD, Meet, SignIn
from .helpers import composer, faults, listen, live, message, messages, send, something_new, texts, told

POLICY = """
from django_pairchat import policy
from django_pairchat.review import Allow, Hold, Mask, Warn, find_contacts


class Policy(policy.Policy):
    def review(self, user, room, content):
        kinds = {contact.kind for contact in find_contacts(content)}
        if "account" in kinds:
            return Mask([contact.span for contact in find_contacts(content)], "Account numbers are removed.")
        if "email" in kinds:
            return Hold("an address")
        return Warn("Stay in this chat: we cannot help elsewhere.") if kinds else Allow()
"""
CHANGES = """
INSTALLED_APPS = [*INSTALLED_APPS, "django_pairchat.held"]
PAIRCHAT = {**PAIRCHAT, "POLICY": "reviewing.Policy"}
LANGUAGES = [("ko", "한국어"), ("en", "English")]
"""
STAFF = f"""
from django.contrib.auth import get_user_model
get_user_model().objects.create_superuser("desk", password={PASSWORD!r})
"""
ADMIN = "/admin/pairchat_held/heldmessage/"


@pytest.fixture(scope="module")
def reviewing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    folder = tmp_path_factory.mktemp("reviewing")
    (folder / "reviewing.py").write_text(POLICY, "utf-8")
    with served(folder, CHANGES) as board:
        board.manage("shell", "-c", STAFF)
        yield board


@pytest.fixture
def people(reviewing: Board, sign_in: SignIn, meet: Meet) -> tuple[Page, Page]:
    """Juwon and Minji in a room of their own, both connected."""
    juwon, minji = (sign_in(name, server=reviewing.url) for name in ("juwon", "minji"))
    minji.goto(meet(juwon, minji))
    for page in (juwon, minji):
        live(page)
    return juwon, minji


def waiting(page: Page) -> list[str]:
    return page.locator("pair-chat-held [data-waiting] [data-pc-slot=content]").all_text_contents()


def decide(staff: Page, action: str) -> None:
    """Choose all held messages in the admin, and what to do with them."""
    staff.goto(ADMIN)
    staff.locator("#action-toggle").check()
    staff.locator("select[name=action]").select_option(action)
    staff.locator("button[name=index]").click()
    expect(staff.locator(".messagelist")).to_be_visible()


def test_a_warning_stands_above_the_form_until_the_next_text(people: tuple[Page, Page]) -> None:
    juwon, minji = people
    text = something_new("010-1234-5678")
    send(juwon, text)
    notice = juwon.locator("[data-pc-part=notice]")
    expect(notice).to_have_text("Stay in this chat: we cannot help elsewhere.")
    expect(notice).to_have_attribute("role", "status")
    assert faults(juwon, "pair-chat") == []
    expect(message(minji, text)).to_be_visible()
    expect(minji.locator("[data-pc-part=notice]")).to_be_hidden()
    send(juwon, "fine")
    expect(notice).to_be_hidden()


def test_both_see_what_is_masked(people: tuple[Page, Page]) -> None:
    juwon, minji = people
    send(juwon, "국민은행 123456-04-123456")
    for page in people:
        expect(messages(page).first).to_contain_text(f"국민은행 {16 * MASK}")
    expect(juwon.locator("[data-pc-part=notice]")).to_have_text("Account numbers are removed.")
    assert "123456" not in minji.content()


def test_only_the_sender_sees_what_waits_until_it_is_released(people: tuple[Page, Page], sign_in: SignIn) -> None:
    juwon, minji = people
    text = something_new("minji@example.com")
    listen(juwon)
    send(juwon, text)
    expect(juwon.locator("pair-chat-held")).to_contain_text("Being checked. Only you can see this.")
    told(juwon, "Being checked. Only you can see this.")
    assert waiting(juwon) == [text]
    expect(composer(juwon)).to_have_value("")
    expect(juwon.locator("pair-chat [data-pc-list] > *")).to_have_count(0)
    assert faults(juwon, "pair-chat") == []
    send(minji, "hello")
    expect(message(juwon, "hello")).to_be_visible()
    assert (texts(minji), waiting(minji)) == (["hello"], [])
    juwon.reload()
    live(juwon)
    assert waiting(juwon) == [text]
    staff = sign_in("desk", server=juwon.url.partition("/chat")[0])
    decide(staff, "release")
    for page in people:
        expect(page.locator("pair-chat [data-pc-list] > [data-seq]")).to_have_count(2)
        expect(page.locator("pair-chat [data-pc-list]").get_by_text(text)).to_be_visible()
    expect(juwon.locator("pair-chat-held")).not_to_contain_text(text)


def test_what_is_refused_is_told_and_discarded(people: tuple[Page, Page], sign_in: SignIn) -> None:
    juwon, minji = people
    text = something_new("minji@example.com")
    send(juwon, text)
    expect(juwon.locator("pair-chat-held")).to_contain_text(text)
    listen(juwon)
    staff = sign_in("desk", server=juwon.url.partition("/chat")[0])
    decide(staff, "refuse")
    row = juwon.locator("pair-chat-held [data-waiting]")
    expect(row).to_contain_text("Not sent: this text is not allowed here.")
    told(juwon, "Not sent: this text is not allowed here.")
    row.get_by_role("button", name="Discard").click()
    expect(juwon.locator("pair-chat-held [data-waiting]")).to_have_count(0)
    assert texts(minji) == []


def test_what_waits_stays_until_a_room_object_says_so(people: tuple[Page, Page]) -> None:
    juwon, minji = people

    def without_rooms(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def heard(frame: str | bytes) -> None:
            if '"kind":"room"' not in str(frame).replace(" ", ""):
                route.send(frame)

        server.on_message(heard)

    send(minji, "hello")
    juwon.route_web_socket("**/ws/pairchat/", without_rooms)
    juwon.reload()
    live(juwon)
    juwon.evaluate(
        """() => {
          window.gone = 0;
          const count = (records) => records.forEach(({ removedNodes }) => (window.gone += removedNodes.length));
          new MutationObserver(count).observe(document.querySelector("[data-pc-held]"), { childList: true });
        }"""
    )
    text = something_new("minji@example.com")
    send(juwon, text)
    expect(juwon.locator("pair-chat-held [data-waiting]")).to_be_visible()
    send(minji, "goodbye")
    expect(message(juwon, "goodbye")).to_be_visible()
    assert (waiting(juwon), juwon.evaluate("window.gone")) == ([text], 0)


def test_it_is_the_same_without_scripts(reviewing: Board, sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = (sign_in(name, server=reviewing.url, scripts=False, outage=True) for name in ("juwon", "minji"))
    room = meet(juwon, minji)
    text = something_new("010-1234-5678")
    composer(juwon).fill(text)
    juwon.get_by_role("button", name="Send", exact=True).click()
    expect(juwon.locator("[data-pc-part=notice]")).to_have_text("Stay in this chat: we cannot help elsewhere.")
    held = something_new("minji@example.com")
    composer(juwon).fill(held)
    juwon.get_by_role("button", name="Send", exact=True).click()
    expect(juwon.locator("#held")).to_contain_text(held)
    minji.goto(room)
    assert texts(minji) == [text]
    juwon.locator("#held").get_by_role("button", name="Discard").click()
    expect(juwon.locator("#held")).to_be_hidden()


def test_what_waits_survives_a_narrow_dark_page_in_korean(reviewing: Board, sign_in: SignIn, meet: Meet) -> None:
    how = {"locale": "ko-KR", "viewport": {"width": 320, "height": 640}, "color_scheme": "dark"}
    juwon, minji = (sign_in(name, server=reviewing.url, **how) for name in ("juwon", "minji"))
    meet(juwon, minji)
    live(juwon)
    send(juwon, something_new("minji@example.com"))
    expect(juwon.locator("pair-chat-held")).to_contain_text("확인 중이에요. 나만 볼 수 있어요.")
    send(juwon, "010-1234-5678")
    expect(juwon.locator("[data-pc-part=notice]")).to_be_visible()
    assert juwon.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(juwon, "pair-chat") == []
