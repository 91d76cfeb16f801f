"""Chromium, and people who are signed in to the served board."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.tools.reach import CHROMIUM_NAMES

PASSWORD = "pairchat-demo"
# What Chromium would otherwise ask the network by itself.
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]

SignIn = Callable[..., Page]


@pytest.fixture(scope="session")
def url() -> str:
    return os.environ["PAIRCHAT_CONFORMANCE_URL"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    on_path = (found for name in CHROMIUM_NAMES if (found := shutil.which(name)))
    executable = os.environ.get("PAIRCHAT_CHROMIUM") or next(on_path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def sign_in(browser: Browser, url: str) -> Iterator[SignIn]:
    """Opens a browser profile of its own for one person; a complaint on its console fails the test."""
    complaints: list[str] = []
    with ExitStack() as stack:

        def sign_in(username: str, *, scripts: bool = True) -> Page:
            context = browser.new_context(java_script_enabled=scripts, locale="en-GB", base_url=url)
            stack.callback(context.close)
            page = context.new_page()
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto("/accounts/login/")
            page.locator("[name=username]").fill(username)
            page.locator("[name=password]").fill(PASSWORD)
            page.locator("[name=password]").press("Enter")
            page.wait_for_url(f"{url}/")
            return page

        yield sign_in
    assert complaints == []
