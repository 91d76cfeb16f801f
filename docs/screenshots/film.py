"""Takes the moving picture, two people in two windows: ``PYTHONPATH=. python docs/screenshots/film.py``.

It is made of stills, taken after each step: so it looks the same however fast the machine is.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from make import GAP, HERE, enter, opened_browser, picture_of, served_with_story
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from umbrella import umbrella

from tests.browser.helpers import live, message, open_menu

FILE = "two-people.gif"
WINDOW: dict[str, Any] = {"viewport": {"width": 440, "height": 560}, "color_scheme": "light"}
LIMIT_BYTES = 1_000_000
COLOURS = 128
LETTERS_AT_ONCE = 6
TYPING_MS = 130
LOOK_MS = 1100
LAST_MS = 2600


class Film:
    """The stills of two windows beside each other, and for how many milliseconds each is shown."""

    def __init__(self, *pages: Page) -> None:
        self._pages = pages
        self._stills: list[tuple[Image.Image, int]] = []

    def look(self, milliseconds: int = LOOK_MS) -> None:
        """Take a still of both windows as they are now."""
        pictures = [picture_of(page) for page in self._pages]
        whole = Image.new("RGB", (sum(each.width for each in pictures) + GAP, pictures[0].height), "#8d8d8d")
        left = 0
        for picture in pictures:
            whole.paste(picture, (left, 0))
            left += picture.width + GAP
        self._stills.append((whole, milliseconds))

    def type(self, page: Page, text: str) -> None:
        """Type a text a few letters at a time, and send it."""
        for start in range(0, len(text), LETTERS_AT_ONCE):
            composer(page).press_sequentially(text[start : start + LETTERS_AT_ONCE])
            self.look(TYPING_MS)
        self.look(LOOK_MS // 2)
        composer(page).press("Enter")

    def save(self, path: Path) -> None:
        """Write a GIF in which every still has the colours of the last one, which shows everything."""
        colours = self._stills[-1][0].quantize(COLOURS)
        stills = [each.quantize(palette=colours, dither=Image.Dither.NONE) for each, _shown in self._stills]
        times = [shown for _each, shown in self._stills]
        stills[0].save(path, save_all=True, append_images=stills[1:], duration=times, loop=0, optimize=True)
        if path.stat().st_size > LIMIT_BYTES:
            raise RuntimeError(f"{path.name} is too large: {path.stat().st_size} bytes")


def composer(page: Page) -> Locator:
    """On a page of the chat, or in a window of the dock."""
    return page.locator("pair-chat textarea[name=content]:visible")


def take(browser: Browser, path: Path) -> None:
    """One asks about a found umbrella, the other answers with a photo."""
    with served_with_story("import story; story.begin()") as (board, printed):
        begun = json.loads(printed.splitlines()[-1])
        reader, author = (enter(browser, board, begun[who], "en", **WINDOW) for who in ("reader", "author"))
        film = Film(reader, author)
        reader.goto(f"/posts/{begun['post']}/")
        author.goto("/chat/")
        reader.locator("form[action='/chat/open/'] button").scroll_into_view_if_needed()
        film.look()
        reader.locator("form[action='/chat/open/'] button").click()
        expect(composer(reader)).to_be_visible()
        live(reader)
        film.look()
        question = "Hello! Could the umbrella be mine?"
        film.type(reader, question)
        expect(message(reader, question)).to_have_attribute("data-status", re.compile("sent|delivered"))
        row = author.get_by_role("link").filter(has_text=question)
        expect(row).to_be_visible()
        expect(message(reader, question)).to_have_attribute("data-status", "delivered")
        film.look()
        row.click()
        expect(message(author, question)).to_be_visible()
        live(author)
        expect(message(reader, question)).to_have_attribute("data-status", "read")
        film.look()
        answer = "Maybe. Does it look like this?"
        film.type(author, answer)
        expect(message(reader, answer)).to_be_visible()
        film.look()
        with tempfile.TemporaryDirectory() as folder:
            photo = Path(folder) / "umbrella.png"
            photo.write_bytes(umbrella())
            author.locator("pair-chat input[type=file]").first.set_input_files(photo)
            film.look()
            composer(author).press("Enter")
            expect(reader.locator("pair-chat .pc-message [data-pc-slot=image]:visible")).to_be_visible()
        film.look()
        menu = open_menu(reader, answer)
        film.look()
        menu.locator("[data-emoji='👍']").click()
        expect(message(author, answer)).to_contain_text("👍")
        film.look()
        film.type(reader, "It does. Thank you!")
        expect(message(author, "It does.")).to_be_visible()
        expect(message(reader, "It does.")).to_have_attribute("data-status", "read")
        film.look(LAST_MS)
        film.save(path)


def main() -> None:
    with opened_browser() as browser:
        take(browser, HERE / FILE)


if __name__ == "__main__":
    main()
