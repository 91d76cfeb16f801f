"""Chromium, people who are signed in to a served board, and the rooms they meet in."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, StorageState, expect, sync_playwright

from tests.tools.reach import CHROMIUM_NAMES, CHROMIUM_SHELL

from .board import Board, served, without_postgres
from .helpers import something_new

PASSWORD = "pairchat-demo"
# Arabic is offered too, as a language that is read from right to left.
LANGUAGES = 'LANGUAGES = [("ko", "한국어"), ("en", "English"), ("ar", "العربية")]'
# Generous: a run of everything keeps every core busy.
expect.set_options(timeout=15_000)
# What Chromium would otherwise ask the network by itself.
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]
# A page that a test has changed on its way is of no known address, and may open sockets to this machine all the same.
CHANGED_PAGES = ["--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets"]
# A microphone that beeps, and that nobody has to allow.
MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
# What the browser itself says about a server that a test has taken away.
OUTAGE = ("WebSocket connection to", "Failed to load resource")

# Variants of what is tried in another one, too: other numbers, other libraries, other ways to hear of it. They run with
# "extended".
VARIANTS = {
    "test_attention.py": r"1280-dark|320-light|upon_any_icon\[(none|as an address)",
    "test_composing.py": r"steps1-.*(windows|safari)",
    "test_frame.py": r"phone on its side|as Wagtail's",
    "test_gone.py": r"\[polling(?!-delete|-False-delete)|\[socket-True|report/",
    "test_page_swaps.py": r"htmx 2",
    "test_safety.py": r"hostile_texts.*(7\*7|javascript:|&lt;b)",
    "test_unread.py": r"\[(30|120)\]|(one_press_away|scripts_it_opens).*\[400\]",
}

LONG = ("test_host_styles.py", "test_long_room.py", "test_over_http2.py", "test_tour.py")

SignIn = Callable[..., Page]
Meet = Callable[[Page, Page], str]


def pytest_report_header() -> str:
    reason = without_postgres()
    return f"boards: on SQLite, because {reason}" if reason else "boards: on PostgreSQL"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs with "extended" only."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            pattern = VARIANTS.get(item.path.name)
            if item.path.name in LONG or (pattern and re.search(pattern, item.name)):
                item.add_marker(pytest.mark.extended)


@pytest.fixture(scope="session")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    with served(tmp_path_factory.mktemp("board"), LANGUAGES) as board:
        yield board


@pytest.fixture(scope="session")
def url(board: Board) -> str:
    return board.url


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with launched(playwright, CHROMIUM_SHELL, *CHROMIUM_NAMES) as browser:
        yield browser


@contextmanager
def launched(playwright: Playwright, *names: str) -> Iterator[Browser]:
    """The browser that was asked for, or the first of these that is on PATH."""
    on_path = (found for name in names if (found := shutil.which(name)))
    executable = os.environ.get("PAIRCHAT_CHROMIUM") or next(on_path)
    browser = playwright.chromium.launch(executable_path=executable, args=[*QUIET, *CHANGED_PAGES, *MICROPHONE])
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def sessions() -> dict[str, StorageState]:
    """Who has signed in before, by server and name: a password takes its time."""
    return {}


@pytest.fixture
def sign_in(browser: Browser, url: str, sessions: dict[str, StorageState]) -> Iterator[SignIn]:
    """Opens a browser profile of its own for one person; a complaint on its console fails the test."""
    complaints: list[str] = []
    with ExitStack() as stack:

        def sign_in(
            username: str,
            *,
            scripts: bool = True,
            server: str = url,
            outage: bool = False,
            fresh: bool = False,
            **options: Any,
        ) -> Page:
            known = None if fresh else sessions.get(server + username)
            options = {"locale": "en-GB", "timezone_id": "Asia/Seoul", **options}
            context = browser.new_context(java_script_enabled=scripts, base_url=server, storage_state=known, **options)
            stack.callback(context.close)

            def heard(said: ConsoleMessage) -> None:
                if said.type == "error" and not (outage and said.text.startswith(OUTAGE)):
                    complaints.append(said.text)

            context.on("console", heard)
            context.on("weberror", lambda error: complaints.append(str(error.error)))
            page = context.new_page()
            if known is None:
                page.goto("/accounts/login/")
                page.locator("[name=username]").fill(username)
                page.locator("[name=password]").fill(PASSWORD)
                page.locator("[name=password]").press("Enter")
                page.wait_for_url(f"{server}/")
                if not fresh:
                    sessions[server + username] = context.storage_state()
            return page

        yield sign_in
    assert complaints == []


@pytest.fixture
def meet() -> Meet:
    """One person posts something, the other opens a chat about it and sees it; gives back the room's address."""

    def meet(reader: Page, author: Page) -> str:
        new_post = "/posts/new/"
        post = {"kind": "found", "title": something_new("Found"), "place": "At the station", "body": "Who misses it?"}
        form = author.request.get(new_post)
        token = hidden(form.text(), "csrfmiddlewaretoken")
        origin = {"Origin": form.url.removesuffix(new_post)}
        posted = author.request.post(new_post, form={**post, "csrfmiddlewaretoken": token}, headers=origin)
        seen = reader.request.get(posted.url).text()
        wanted = {name: hidden(seen, name) for name in ("csrfmiddlewaretoken", "user", "topic")}
        opened = reader.request.post("/chat/open/", form=wanted, headers=origin)
        assert opened.ok, opened.text()
        reader.goto(opened.url)
        return opened.url

    return meet


def hidden(page: str, name: str) -> str:
    """The last hidden field of that name on a page."""
    found = re.findall(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
    return unescape(str(found[-1]))


@pytest.fixture
def pair(sign_in: SignIn, meet: Meet) -> tuple[Page, Page]:
    """Juwon and Minji, both in a room of their own that is empty."""
    juwon, minji = sign_in("juwon"), sign_in("minji")
    minji.goto(meet(juwon, minji))
    return juwon, minji
