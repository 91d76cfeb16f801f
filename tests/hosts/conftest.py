"""People who sign in to a host by its own pages, each in a browser of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page
from xdist.scheduler import LoadScopeScheduling

from tests.browser.conftest import PASSWORD
from tests.browser.conftest import browser as browser  # noqa: PLC0414 - a fixture
from tests.browser.conftest import playwright as playwright  # noqa: PLC0414 - the fixture that it needs

from .served import KINDS, Host, served

Enter = Callable[..., Page]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("hosts").addoption(
        "--pictures", action="store_true", help="take the pictures of docs/images/hosts again"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "hosts(*names): the hosts that a test is for, in place of all")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test in all hosts, unless it is marked with those that it is for."""
    if "host" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("hosts")
        metafunc.parametrize("host", marker.args if marker else list(KINDS), indirect=True, scope="session")


class OneProcessPerHost(LoadScopeScheduling):
    """Processes of pytest share the hosts among them, so that each is served once.

    What needs none stays with its file.
    """

    def _split_scope(self, nodeid: str) -> str:
        _test, bracket, host = nodeid.rpartition("[")
        return host if bracket else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return OneProcessPerHost(config, log)


@pytest.fixture(scope="session")
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with served(request.param, tmp_path_factory.mktemp(request.param)) as host:
        yield host


@pytest.fixture
def enter(browser: Browser, host: Host) -> Iterator[Enter]:
    """Opens a page of the host for one person, who signs in on the way; a complaint on the console fails the test."""
    complaints: list[str] = []
    with ExitStack() as stack:

        def enter(name: str, address: str, *, scripts: bool = True, **options: Any) -> Page:
            options = {"viewport": {"width": 1200, "height": 800}, "locale": "en-GB", **options}
            context = browser.new_context(
                base_url=host.url, java_script_enabled=scripts, timezone_id="Asia/Seoul", **options
            )
            stack.callback(context.close)

            def heard(said: ConsoleMessage) -> None:
                if said.type == "error":
                    complaints.append(f"{said.page and said.page.url}: {said.text}")

            context.on("console", heard)
            context.on("weberror", lambda error: complaints.append(str(error.error)))
            page = context.new_page()
            page.goto(address)
            sign_in(page, host, name)
            if "/chat/open/" in page.url:
                page.goto(address)
            # In the shop each address begins with a language.
            page.wait_for_url(re.compile(f"{re.escape(host.url)}(/[a-z-]+)?{re.escape(address)}$"))
            return page

        yield enter
    assert complaints == []


def sign_in(page: Page, host: Host, name: str) -> None:
    """By the login page to which the host has sent its visitor, or to which the button leads."""
    who, password = (page.locator(f"[name={field}]") for field in host.kind.fields)
    if not who.count():
        page.locator("a.pc-open").first.click()
    who.fill(name)
    password.fill(PASSWORD)
    password.press("Enter")
    page.wait_for_url(lambda url: "login" not in urlsplit(url).path)
