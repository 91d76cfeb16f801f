"""Takes the pictures of the documentation: ``PYTHONPATH=. python docs/screenshots/make.py`` with Chromium installed."""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.board import Board, served
from tests.tools.reach import CHROMIUM_NAMES

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
DESKTOP = {"viewport": {"width": 1120, "height": 700}}
PHONE = {"viewport": {"width": 390, "height": 760}, "has_touch": True, "is_mobile": True}
PASSWORD = "pairchat-demo"  # noqa: S105 - everybody on the example board has it
LIMIT_BYTES = 120_000
FILL = """
import io
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from PIL import Image, ImageDraw
from django_pairchat import services
from posts.models import Post

def umbrella():
    picture = Image.new("RGB", (640, 420), "#dfe7ea")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 300, 640, 420), fill="#b99b78")
    draw.line((320, 130, 320, 330), fill="#4b3a2d", width=9)
    draw.arc((276, 305, 324, 355), 0, 180, fill="#4b3a2d", width=9)
    draw.pieslice((150, 60, 490, 330), 180, 360, fill="#c8553d")
    draw.pieslice((235, 60, 405, 330), 180, 360, fill="#e2725b")
    for left in (150, 235, 320, 405):
        draw.pieslice((left, 172, left + 85, 218), 180, 360, fill="#dfe7ea")
    file = io.BytesIO()
    picture.resize((320, 210)).save(file, "PNG")
    return ContentFile(file.getvalue(), name="umbrella.png")

def person(username, name):
    return User.objects.create_user(username, first_name=name, password={password!r})

def chat(me, peer, title, lines, photo=""):
    topic = Post.objects.create(author=peer, kind="found", title=title, place="-", body="-")
    room = services.open_room(me, peer, topic=topic)
    for mark, text, reply_to, emoji in lines:
        writer, reader = (me, peer) if mark == "m" else (peer, me)
        message = services.send(room, writer, text, reply_to=reply_to)
        if emoji:
            services.react(reader, str(room.pk), message.seq, emoji)
    if photo:
        token = services.store_upload(peer, str(room.pk), umbrella()).token
        from uuid import uuid4
        services.send_once(peer, str(room.pk), client_id=str(uuid4()), content=photo, upload=token)

emma, liam, noah, ava = person("emma", "Emma"), person("liam", "Liam"), person("noah", "Noah"), person("ava", "Ava")
chat(emma, noah, "Lost: grey scarf", [("m", "Is this the one with the stripes?", None, None),
    ("p", "Yes! Where did you find it?", None, "🎉")])
chat(emma, ava, "Found: bicycle key", [("p", "Thank you, the key fits.", None, "❤️"),
    ("m", "Glad to hear it.", None, None)])
chat(emma, liam, "Found: red umbrella", [
    ("m", "Hello! Could the red umbrella be mine? I left one on the bus this morning.", None, None),
    ("p", "Maybe. Does it have a wooden handle?", None, None),
    ("m", "It does, with a small scratch near the button.", 2, "👍"),
    ("p", "Then it is yours.", None, "🎉"),
    ("m", "Could you send me a photo, so that I am sure?", None, None)], photo="Here it is")
layla, omar = person("layla", "ليلى"), person("omar", "عمر")
chat(layla, omar, "مظلة حمراء", [
    ("m", "مرحبا، هل ما زالت المظلة الحمراء عندك؟", None, None),
    ("p", "نعم، هل لها مقبض خشبي؟", None, None),
    ("m", "نعم، وعليه خدش صغير قرب الزر.", 2, "👍"),
    ("p", "إذن هي لك. متى يناسبك أن نلتقي؟", None, "🎉")])
"""


def keep(name: str, picture: bytes) -> None:
    """Few colours are enough for a page, and make small files."""
    path = HERE / f"{name}.png"
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(160).save(path, optimize=True)
    if path.stat().st_size > LIMIT_BYTES:
        raise RuntimeError(f"{path.name} is too large")


def enter(browser: Browser, board: Board, username: str, locale: str, **options: object) -> Page:
    """Somebody's list of chats."""
    context = browser.new_context(
        base_url=board.url, locale=locale, timezone_id="Asia/Seoul", bypass_csp=True, reduced_motion="reduce", **options
    )
    page = context.new_page()
    page.goto("/accounts/login/?next=/chat/")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    expect(page.locator("pair-chat-inbox .pc-row").first).to_be_visible()
    return page


def open_newest(page: Page) -> None:
    page.locator("pair-chat-inbox .pc-row-link").first.click()
    expect(page.locator("pair-chat")).to_have_attribute("data-connection", "open")
    page.wait_for_load_state("networkidle")
    page.mouse.move(0, 0)


def take(browser: Browser, board: Board) -> None:
    page = enter(browser, board, "minji", "ko", **PHONE)
    keep("inbox-ko-phone", page.screenshot())
    page = enter(browser, board, "minji", "ko", **DESKTOP)
    open_newest(page)
    keep("room-ko", page.screenshot())
    page = enter(browser, board, "layla", "ar", **PHONE)
    open_newest(page)
    keep("room-ar-phone", page.locator(".pc-app").screenshot())
    page = enter(browser, board, "emma", "en", **DESKTOP)
    keep("inbox-en", page.screenshot())
    open_newest(page)
    for number, theme in enumerate(THEMES, 1):
        page.add_style_tag(content=BOOTSTRAP + theme)
        keep(f"theme-{number}", page.locator(".pc-app").screenshot())
        page.reload()
        expect(page.locator("pair-chat")).to_have_attribute("data-connection", "open")
        page.wait_for_load_state("networkidle")
    page = enter(browser, board, "emma", "en", color_scheme="dark", **DESKTOP)
    open_newest(page)
    keep("room-en-dark", page.screenshot())
    page = enter(browser, board, "emma", "en", color_scheme="dark", **PHONE)
    open_newest(page)
    board.stop()
    page.context.set_offline(True)
    page.locator("#composer textarea").fill("That is the one. Thank you!")
    page.locator("#composer [data-pc-action=send]").click()
    expect(page.locator("pair-chat [data-pc-part=connection]")).to_contain_text("Offline", timeout=30_000)
    expect(page.locator("pair-chat .pc-message").last).to_have_attribute("data-status", "sending")
    keep("offline-en-phone-dark", page.screenshot())


def main() -> None:
    executable = os.environ.get("PAIRCHAT_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)))
    languages = 'LANGUAGES = [("ko", "한국어"), ("en", "English"), ("ar", "العربية")]'
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        served(Path(folder), languages) as board,
    ):
        board.manage("shell", "-c", FILL.format(password=PASSWORD))
        take(playwright.chromium.launch(executable_path=executable), board)


if __name__ == "__main__":
    main()
