"""Takes the pictures of the documentation: ``PYTHONPATH=. python docs/screenshots/make.py``.

Chromium and a font with emoji (Noto Color Emoji) must be installed.
"""

from __future__ import annotations

import io
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.board import Board, served
from tests.browser.conftest import LANGUAGES, PASSWORD, launched
from tests.browser.helpers import live
from tests.browser.tour import Places, places_of, walk
from tests.tools.reach import CHROMIUM_NAMES, CHROMIUM_SHELL

HERE = Path(__file__).resolve().parent
THEMES = re.findall(
    r"^```css\n(.*?)^```$", (HERE.parent / "guides/themes.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
)
# What Bootstrap itself would define on the page.
BOOTSTRAP = """:root {
  --bs-link-color: #0d6efd; --bs-body-bg: #fff; --bs-primary-bg-subtle: #cfe2ff; --bs-primary-text-emphasis: #052c65;
  --bs-tertiary-bg: #f8f9fa; --bs-body-color: #212529; --bs-secondary-color: rgb(33 37 41 / 75%);
  --bs-border-color: #dee2e6; --bs-danger-text-emphasis: #58151c; --bs-border-radius-xl: 1rem;
  --bs-body-font-family: system-ui, sans-serif;
}"""
DESKTOP: dict[str, Any] = {"viewport": {"width": 1120, "height": 700}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 700}, "has_touch": True, "is_mobile": True}
# Each page is taken in each of these, light and dark. docs/conf.py shows them.
FORMS: list[tuple[str, str, dict[str, Any]]] = [
    ("desktop", "en", DESKTOP),
    ("phone-ko", "ko", PHONE),
    ("phone-ar", "ar", PHONE),
]
PAGES = {
    "the list": "list",
    "the archive": "archive",
    "the menu of a row": "row-menu",
    "starred messages": "starred",
    "the photos of a chat": "gallery",
    "an empty list": "empty",
    "a search": "search",
    "a search in a room": "search-room",
    "a report of a message": "report",
    "a message of one's own": "message",
    "a room that was blocked": "blocked",
    "the dock": "dock",
    "a room": "room",
    "the settings of a room": "settings",
    "the menu of a message": "menu",
    "another emoji": "emoji",
    "a photo": "photo",
    "a reply": "reply",
    "files that are to be sent, and one that cannot be": "files",
    "an unsent message without a connection": "unsent",
}
# The pictures that are in view; others may be loaded when they come there.
LOADED = """() => Promise.all([...document.images].filter((image) => {
  const { top, bottom, width } = image.getBoundingClientRect();
  return width > 0 && bottom > 0 && top < innerHeight;
}).map((image) => image.decode().catch(() => null)))"""
GAP = 20
LIMIT_BYTES = 120_000


def keep(name: str, picture: Image.Image) -> None:
    path = HERE / f"{name}.webp"
    picture.save(path, quality=82, method=6)
    if path.stat().st_size > LIMIT_BYTES:
        raise RuntimeError(f"{path.name} is too large: {path.stat().st_size} bytes")


def picture_of(page: Page) -> Image.Image:
    page.evaluate(LOADED)
    page.mouse.move(0, 0)
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def enter(browser: Browser, board: Board, username: str, language: str, **options: Any) -> Page:
    """Return a visitor who has just signed in."""
    context = browser.new_context(
        base_url=board.url, locale=language, timezone_id="Asia/Seoul", reduced_motion="reduce", **options
    )
    page = context.new_page()
    page.goto("/accounts/login/")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"{board.url}/")
    return page


@contextmanager
def served_with_story(command: str, settings: str = "") -> Iterator[tuple[Board, str]]:
    """Serve a board after this command in its shell. Yield what it has printed, too."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), f"{LANGUAGES}\n{settings}") as board:
        board.environment["PYTHONPATH"] += f"{os.pathsep}{HERE}"
        yield board, board.manage("shell", "-c", command)


@contextmanager
def told(language: str) -> Iterator[tuple[Board, Places]]:
    """Serve a board with the story in this language."""
    with served_with_story(f"import story; story.tell({language!r})") as (board, printed):
        yield board, places_of(printed)


def take_pages(browser: Browser) -> None:
    """Each page in each form, light and dark."""
    for form, language, options in FORMS:
        for scheme in ("light", "dark"):
            with told(language) as (board, places):
                people = (places.me, places.newcomer)
                me, newcomer = (enter(browser, board, who, language, color_scheme=scheme, **options) for who in people)
                for name, page in walk(me, newcomer, places):
                    if name in PAGES:
                        keep(f"{PAGES[name]}-{form}-{scheme}", picture_of(page))
                me.context.close()
                newcomer.context.close()


def take_bargains(browser: Browser) -> None:
    """Offers and a meeting, a report on the desk, and what somebody is told who may not write any more."""
    desk = 'INSTALLED_APPS = [*INSTALLED_APPS, "django_pairchat.moderation"]'
    for form, language, options in FORMS:
        for scheme in ("light", "dark"):
            story = f"import bargain; bargain.tell({language!r})"
            with served_with_story(story, desk) as (board, printed):
                told = json.loads(printed.splitlines()[-1])
                me, finder, staff = (
                    enter(browser, board, who, language, color_scheme=scheme, **options)
                    for who in (told["me"], told["finder"], "desk")
                )
                me.goto(f"/chat/rooms/{told['bargained']}/")
                live(me)
                keep(f"deal-{form}-{scheme}", picture_of(me))
                staff.goto("/admin/pairchat_moderation/case/")
                staff.locator("#result_list tbody th a").first.click()
                expect(staff.locator("[name=decision]")).to_be_visible()
                keep(f"case-{form}-{scheme}", picture_of(staff))
                finder.goto(f"/chat/rooms/{told['demanded']}/")
                live(finder)
                board.manage("shell", "-c", f"import bargain; bargain.suspend({language!r})")
                expect(finder.locator("[data-pc-part=closed]")).to_be_visible()
                keep(f"suspended-{form}-{scheme}", picture_of(finder))
                for page in (me, finder, staff):
                    page.context.close()


def take_themes(browser: Browser) -> None:
    """One room in each of the themes of the guide."""
    with told("en") as (board, places):
        page = enter(browser, board, places.me, "en", bypass_csp=True, **DESKTOP)
        for number, theme in enumerate(THEMES, 1):
            page.goto(f"/chat/rooms/{places.full}/")
            expect(page.locator("pair-chat")).to_have_attribute("data-connection", "open")
            page.add_style_tag(content=BOOTSTRAP + theme)
            page.evaluate(LOADED)
            picture = page.locator(".pc-app").screenshot()
            keep(f"theme-{number}", Image.open(io.BytesIO(picture)).convert("RGB"))


@contextmanager
def opened_browser() -> Iterator[Browser]:
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright, launched(playwright, CHROMIUM_SHELL, *CHROMIUM_NAMES) as browser:
        yield browser


def main() -> None:
    with opened_browser() as browser:
        take_pages(browser)
        take_bargains(browser)
        take_themes(browser)


if __name__ == "__main__":
    main()
