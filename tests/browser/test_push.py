"""Push messages in Chromium: subscribed by a click, sent by the sweep, shown by the worker, gone when read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import CDPSession, Page, Playwright, expect

from tests.notifications.push_service import PRIVATE_KEY, SUBJECT, Browser, PushService, serving_push
from tests.tools.reach import CHROMIUM_NAMES

from .board import Board, served
from .conftest import LANGUAGES, Meet, SignIn, launched
from .helpers import faults, send

SETTINGS_PAGE = "/chat/notifications/"
ON, OFF = "Turn on for this device", "Turn off for this device"
# Chromium would subscribe at its own push service, which no test can reach. The rest is the browser's own.
FAKE_PUSH_MANAGER = """
  const kept = () => JSON.parse(localStorage.getItem('test-subscription'));
  const made = (fields, key) => ({
    endpoint: fields.endpoint,
    options: { userVisibleOnly: true, applicationServerKey: key },
    toJSON: () => ({ endpoint: fields.endpoint, keys: fields }),
    unsubscribe: async () => { localStorage.removeItem('test-subscription'); return true; },
  });
  let key = null;
  PushManager.prototype.subscribe = async function ({ userVisibleOnly, applicationServerKey }) {
    if (!userVisibleOnly || applicationServerKey.length !== 65) throw new TypeError('Nobody may subscribe so.');
    key = applicationServerKey.buffer;
    localStorage.setItem('test-subscription', JSON.stringify(%s));
    return made(kept(), key);
  };
  PushManager.prototype.getSubscription = async () => (kept() ? made(kept(), key) : null);
"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Chromium]:
    """The whole of Chromium: push messages need it."""
    with launched(playwright, *CHROMIUM_NAMES) as browser:
        yield browser


@pytest.fixture(scope="module")
def push() -> Iterator[PushService]:
    with serving_push() as service:
        yield service


@pytest.fixture(scope="module")
def push_board(tmp_path_factory: pytest.TempPathFactory, push: PushService) -> Iterator[Board]:
    changes = f"""{LANGUAGES}
PAIRCHAT_NOTIFICATIONS |= {{
    "VAPID_PRIVATE_KEY": {PRIVATE_KEY!r},
    "VAPID_SUBJECT": {SUBJECT!r},
    "PUSH_HOSTS": [{push.origin!r}],
    "PUSH_DELAY_SECONDS": 0,
}}
"""
    with served(tmp_path_factory.mktemp("push"), changes) as board:
        board.manage("pairchat_notify")
        yield board


@pytest.fixture
def device(push: PushService) -> Browser:
    return Browser(push, uuid4().hex)


@pytest.fixture
def juwon(sign_in: SignIn, push_board: Board, device: Browser) -> Page:
    page = sign_in("juwon", server=push_board.url)
    page.context.add_init_script(FAKE_PUSH_MANAGER % json.dumps(device.fields))
    page.context.grant_permissions(["notifications"], origin=push_board.url)
    return page


def turn_on(page: Page) -> None:
    page.goto(SETTINGS_PAGE)
    page.get_by_role("button", name=ON).click()
    expect(page.get_by_role("button", name=OFF)).to_be_visible()


def shown(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(
        """async (scope) => {
          const registration = await navigator.serviceWorker.getRegistration(scope);
          const shown = await registration.getNotifications();
          return shown.map(({ title, body, tag, data }) => ({ title, body, tag, data }));
        }""",
        SETTINGS_PAGE,
    )
    return found


def wait_for_shown(page: Page, count: int) -> list[dict[str, Any]]:
    page.wait_for_function(
        """async ([scope, count]) => {
          const registration = await navigator.serviceWorker.getRegistration(scope);
          return (await registration.getNotifications()).length === count;
        }""",
        arg=[SETTINGS_PAGE, count],
        timeout=20_000,
    )
    return shown(page)


class Delivery:
    """What the browser's connection to its push service would do."""

    def __init__(self, page: Page, origin: str) -> None:
        self._page = page
        self._origin = origin
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._registrations: list[dict[str, Any]] = []
        self._session.on("ServiceWorker.workerRegistrationUpdated", self._updated)
        self._session.send("ServiceWorker.enable")

    def _updated(self, event: dict[str, Any]) -> None:
        self._registrations += [each for each in event["registrations"] if not each["isDeleted"]]

    def deliver(self, data: str) -> None:
        deadline = time.monotonic() + 20
        while not self._registrations:
            assert time.monotonic() < deadline, "The browser knows no worker."
            # Events are heard while something is asked.
            self._page.wait_for_timeout(50)
        message = {"origin": self._origin, "registrationId": self._registrations[-1]["registrationId"], "data": data}
        self._session.send("ServiceWorker.deliverPushMessage", message)


def test_a_message_comes_is_shown_and_goes_when_it_is_read(
    juwon: Page, sign_in: SignIn, meet: Meet, push_board: Board, device: Browser
) -> None:
    minji = sign_in("minji", server=push_board.url)
    room = meet(juwon, minji)
    minji.goto(room)
    turn_on(juwon)
    juwon.goto("/chat/")
    send(minji, "Is it still there?")
    expect(minji.locator("pair-chat .pc-message").last).to_be_visible()
    # The command knows nothing of the server's cache, so nobody is present to it.
    expect(juwon.locator(".pc-row[data-unread='1']").first).to_be_visible()
    push_board.manage("pairchat_notify")
    (payload,) = device.payloads
    Delivery(juwon, push_board.url).deliver(payload.decode())
    (notification,) = wait_for_shown(juwon, 1)
    path = room.removeprefix(push_board.url).partition("?")[0].partition("#")[0]
    assert notification["title"] == "New message from 민지"
    assert notification["data"]["url"].endswith(path)
    assert "still there" not in str(notification)
    juwon.goto(room)
    wait_for_shown(juwon, 0)


@pytest.mark.parametrize("data", ["", "{", "null", '{"web_push": 8030}'])
def test_whatever_comes_is_shown(juwon: Page, push_board: Board, data: str) -> None:
    turn_on(juwon)
    # It stays there: a page of the chat would close what has been read.
    juwon.goto("/accounts/login/")
    Delivery(juwon, push_board.url).deliver(data)
    (notification,) = wait_for_shown(juwon, 1)
    assert notification["title"] == push_board.url.removeprefix("http://")


def test_the_device_is_in_the_list_and_can_be_removed(juwon: Page, push_board: Board) -> None:
    turn_on(juwon)
    expect(juwon.get_by_role("status")).to_be_visible()
    expect(juwon.get_by_label("Notifications on your devices", exact=True).first).to_be_checked()
    juwon.reload()
    row = juwon.get_by_role("listitem").filter(has_text="this device")
    expect(row).to_have_count(1)
    assert faults_of(juwon) == []
    row.get_by_role("button", name="Remove").click()
    expect(juwon.get_by_role("button", name=ON)).to_be_visible()
    expect(juwon.get_by_role("listitem").filter(has_text="this device")).to_have_count(0)
    # A visit does not bring it back.
    juwon.reload()
    expect(juwon.get_by_role("button", name=ON)).to_be_visible()
    expect(juwon.get_by_role("listitem").filter(has_text="this device")).to_have_count(0)


def faults_of(page: Page) -> list[str]:
    return faults(page, "main")


def test_turning_off_ends_it(juwon: Page) -> None:
    turn_on(juwon)
    juwon.get_by_role("button", name=OFF).click()
    expect(juwon.get_by_role("button", name=ON)).to_be_visible()
    juwon.reload()
    expect(juwon.get_by_role("button", name=ON)).to_be_visible()
    expect(juwon.get_by_role("listitem").filter(has_text="this device")).to_have_count(0)


def test_nothing_is_asked_without_a_click(sign_in: SignIn, push_board: Board) -> None:
    sora = sign_in("sora", server=push_board.url)
    sora.context.add_init_script("Notification.requestPermission = () => { window.wasAsked = true; };")
    for page in (SETTINGS_PAGE, "/chat/"):
        sora.goto(page)
        sora.wait_for_function("() => customElements.get('pair-chat-push') !== undefined")
        assert sora.evaluate("window.wasAsked") is None
    assert sora.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0


def test_blocked_notifications_are_explained(sign_in: SignIn, push_board: Board) -> None:
    sora = sign_in("sora", server=push_board.url)
    sora.context.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' });")
    sora.goto(SETTINGS_PAGE)
    expect(sora.get_by_text("Notifications of this site are blocked.")).to_be_visible()
    expect(sora.get_by_role("button", name=ON)).to_be_hidden()


def test_without_scripts_the_page_says_what_is_needed(sign_in: SignIn, push_board: Board) -> None:
    sora = sign_in("sora", server=push_board.url, scripts=False)
    sora.goto(SETTINGS_PAGE)
    expect(sora.get_by_text("allow JavaScript")).to_be_visible()
    expect(sora.get_by_role("button", name=ON)).to_be_hidden()
    expect(sora.get_by_label("E-mail")).to_be_visible()
