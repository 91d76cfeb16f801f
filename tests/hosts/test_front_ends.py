"""The examples of front ends with an origin of their own, or none: they sign in, chat, renew a token, send a photo."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from shlex import quote

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.browser.conftest import PASSWORD
from tests.docs.page import Reader, outside_of_any_environment
from tests.support.node import PATIENCE_SECONDS, ROOT, required

from .front_end import EXAMPLES, REACT_PACKAGES, App, allauth_page, build_react_page, on_the_other_origin
from .served import Host, free_port
from .test_chatting import photo

PATIENCE_MS = PATIENCE_SECONDS * 1000
ORIGIN_OF_THE_PAGE = "http://localhost:5173"
SHORT = """
from datetime import timedelta
from django.contrib.auth import get_user_model
from rest_framework_simplejwt.tokens import AccessToken
token = AccessToken.for_user(get_user_model().objects.get(username={name!r}))
token.set_exp(lifetime=timedelta(seconds={seconds}))
print(token)
"""
Visit = Callable[[str], Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens an address for somebody with a browser of their own; a complaint on the console fails the test."""
    complaints: list[str] = []

    def heard(said: ConsoleMessage) -> None:
        # What a browser says by itself of an answer that is none of 200.
        if said.type == "error" and "status of 401" not in said.text:
            complaints.append(said.text)

    with ExitStack() as stack:

        def visit(address: str) -> Page:
            context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
            context.set_default_timeout(PATIENCE_MS)
            stack.callback(context.close)
            context.on("console", heard)
            context.on("weberror", lambda error: complaints.append(str(error.error)))
            page = context.new_page()
            page.goto(address)
            return page

        yield visit
    assert complaints == []


def write(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_role("button", name="Send").click()


def heard(page: Page, text: str) -> None:
    item = page.get_by_role("list", name="Messages").get_by_role("listitem").filter(has_text=text)
    expect(item).to_have_count(1, timeout=PATIENCE_MS)
    expect(item).not_to_contain_text("Sending", timeout=PATIENCE_MS)


class FrontEndReader(Reader):
    """Somebody with the packages of the page at hand, who builds it instead of starting a server that reloads it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        super().__init__(folder, environment)
        self.url = f"http://127.0.0.1:{self.port}"
        self.front_end = f"http://localhost:{free_port()}"

    def follow(self, page: str, folder: Path | None = None) -> None:
        """The ports are free ones."""
        super().follow(page.replace(ORIGIN_OF_THE_PAGE, self.front_end), folder)

    def run(self, command: str) -> str:
        if command == "npm install":
            # What is at hand is what this file asks for.
            assert (self.folder / "package.json").read_text() == (EXAMPLES / "react/package.json").read_text()
        elif command == "npm run dev":
            self.dist = build_react_page(self.folder, self.url)
            self.folder = self.folder.parent
        else:
            return super().run(command)
        return ""


@pytest.fixture(scope="module")
def react(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontEndReader]:
    """Somebody who has done all that the page says, in a project of Django's own making."""
    required(REACT_PACKAGES.exists() and bool(shutil.which("node")), "Node and the packages of examples/react")
    wheels = tmp_path_factory.mktemp("wheels")
    subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", wheels, ROOT], check=True)
    environment = outside_of_any_environment()
    environment["PIP_FIND_LINKS"] = f"{wheels} {os.environ.get('PIP_FIND_LINKS', '')}".strip()
    with FrontEndReader(tmp_path_factory.mktemp("react"), environment) as somebody:
        page = ROOT / "docs/guides/react.md"
        somebody.follow(page.read_text("utf-8"), page.parent)
        yield somebody


def test_the_project_of_the_docs_has_nothing_to_complain_of(react: FrontEndReader) -> None:
    assert "WARNINGS" not in react.run("python manage.py check --fail-level WARNING")
    assert "All is well." in react.run(f"python manage.py pairchat_doctor --url {react.url}/")


def test_two_people_chat_from_two_origins_in_a_project_from_the_docs(react: FrontEndReader, visit: Visit) -> None:
    with on_the_other_origin(react.front_end, react.dist) as address:
        reader, author = (sign_in_to_react(visit(address), name) for name in ("juwon", "minji"))
        reader.get_by_role("button", name="Ask about the bicycle").click()
        write(reader, "아직 있나요?")
        heard(reader, "아직 있나요?")
        author.get_by_role("navigation", name="Chats").get_by_role("button").filter(has_text="juwon").click()
        heard(author, "아직 있나요?")
        write(author, "네, 있어요")
        heard(reader, "네, 있어요")

        author.get_by_label("Photo").set_input_files([photo()])
        picture = reader.get_by_role("img", name="bicycle.jpg")
        expect(picture).to_be_visible(timeout=PATIENCE_MS)
        reader.wait_for_function("(image) => image.naturalWidth > 0", arg=picture.element_handle())

        # A token that ends while the socket is open: it is renewed, and what was written goes out once.
        let_expire(react, reader)
        write(reader, "after the token ended")
        heard(author, "after the token ended")
        heard(reader, "after the token ended")
        write(author, "and back")
        heard(reader, "and back")


def sign_in_to_react(page: Page, name: str) -> Page:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill("lost-and-found")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("status")).to_have_text("Online", timeout=PATIENCE_MS)
    return page


def let_expire(site: FrontEndReader, page: Page) -> None:
    """Give the page an access token of 4 s, and wait until it has ended; the socket was opened with it."""
    token = site.run(f"python manage.py shell -v 0 -c {quote(SHORT.format(name='juwon', seconds=4))}").strip()
    room = page.get_by_role("navigation", name="Chats").get_by_role("button")
    page.evaluate(
        """(access) => {
          const tokens = JSON.parse(sessionStorage.getItem("tokens"));
          sessionStorage.setItem("tokens", JSON.stringify({ ...tokens, access }));
        }""",
        token,
    )
    page.reload()
    expect(page.get_by_role("status")).to_have_text("Online", timeout=PATIENCE_MS)
    room.click()
    page.wait_for_timeout(5_000)


@pytest.mark.hosts("allauth")
def test_two_people_chat_with_the_session_tokens_of_allauth(host: Host, visit: Visit, tmp_path: Path) -> None:
    host.run(
        "from django.contrib.auth import get_user_model as users; from django_pairchat.services import open_room, send;"
        "a, b = (users().objects.get(email=f'{name}@example.com') for name in ('minji', 'juwon'));"
        "send(open_room(a, b), a, 'Hello')"
    )
    with on_the_other_origin(host.front_end, allauth_page(host, tmp_path)) as address:
        first, second = (visit(address) for _ in range(2))
        for page, name in ((first, host.kind.author), (second, host.kind.reader)):
            page.get_by_label("E-mail").fill(name)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("status")).to_have_text("Online", timeout=PATIENCE_MS)
            page.get_by_role("navigation", name="Chats").get_by_role("button").first.click()
        write(first, "from another origin")
        heard(second, "from another origin")
        write(second, "and back")
        heard(first, "and back")


@pytest.mark.hosts("rest")
def test_an_app_without_a_page_chats_and_keeps_what_it_could_not_send(host: Host, tmp_path: Path) -> None:
    with ExitStack() as stack:

        def app(name: str, folder: str) -> App:
            made = App(host, name, PASSWORD, tmp_path / folder)
            stack.callback(made.kill)
            return made

        reader, author = app(host.kind.reader, "reader"), app(host.kind.author, "author")
        key = author.hear()["user"]
        for each in (reader, author):
            each.do("start")
            each.hear(state="open")
        reader.do("open", {"user": key})
        room = reader.hear(status="ready")["room"]
        author.do("room", room)
        author.hear(status="ready")
        before = reader.said[-1]["messages"]

        reader.do("send", "first")
        author.hear(messages=[*before, "first"])
        path = tmp_path / "photo.jpg"
        path.write_bytes(photo()["buffer"])
        author.do("photo", str(path))
        reader.hear(messages=[*before, "first", ""])
        reader.do("file", len(before) + 2)
        assert reader.hear(file=200)["type"] == "image/jpeg"

        # A token that ends while the socket is open, which takes a busy machine some seconds.
        short = host.run(SHORT.format(name=host.kind.reader, seconds=15))
        reader.do("stop")
        reader.hear(state="idle")
        again = app(host.kind.reader, "reader")
        again.do("token", short)
        again.do("start")
        again.hear(state="open")
        again.do("room", room)
        again.hear(status="ready")
        time.sleep(15)
        again.do("send", "second")
        again.hear(renewed=True)
        again.hear(state="open")
        again.hear(pending=0, messages=[*before, "first", "", "second"])

        # Written without a network, killed, and sent by the next start.
        host.stop()
        try:
            again.do("send", "third")
            again.hear(pending=1)
            again.do("saved")
            again.hear(saved=True)
            again.kill()
        finally:
            host.start()
        last = app(host.kind.reader, "reader")
        last.do("room", room)
        last.do("start")
        last.hear(status="ready", pending=0, messages=[*before, "first", "", "second", "third"])
        author.hear(messages=[*before, "first", "", "second", "third"])
