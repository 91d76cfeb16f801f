"""Two people chat in each host, about something of its own, as its templates say."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import composer, live, message, messages, send
from tests.browser.test_host_styles import NEUTRAL, differences, measure

from .conftest import Enter
from .served import Host

PICTURES = Path(__file__).parents[2] / "docs" / "images" / "hosts"
LIMIT_BYTES = 60_000
QUESTION = "안녕하세요, 아직 팔고 있나요?"
ANSWER = "네, 아직 있어요. 사진을 보내 드릴게요."


def photo() -> dict[str, Any]:
    """A picture of a bicycle, as a camera would write it."""
    image = Image.new("RGB", (480, 320), "#dfe9ec")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 250, 480, 320), fill="#b9c6ad")
    for middle in (140, 340):
        draw.ellipse((middle - 70, 140, middle + 70, 280), outline="#333333", width=8)
    frame = [(140, 210), (200, 120), (300, 120), (240, 210), (140, 210), (240, 210), (200, 120)]
    draw.line([*frame, (300, 120), (340, 210), (290, 90), (320, 80)], fill="#c0392b", width=10, joint="curve")
    draw.line([(180, 105), (215, 105)], fill="#333333", width=12)
    content = io.BytesIO()
    image.resize((240, 160)).save(content, "JPEG", quality=90)
    return {"name": "bicycle.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}


def send_photo(page: Page) -> None:
    page.locator("#composer [data-pc-slot=file]").set_input_files([photo()])
    page.locator("#composer [data-pc-action=send]").click()


def expect_photo(page: Page) -> None:
    """The last message is a photo that was loaded."""
    image = messages(page).last.locator("img[data-pc-slot=image]")
    expect(image).to_be_visible()
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("image => image.naturalWidth") > 0


def open_chat(page: Page) -> str:
    """Presses the button of the host's page; gives back the room's address."""
    page.locator("form.pc-open").first.get_by_role("button").click()
    page.wait_for_url(re.compile("/chat/rooms/"))
    return re.sub(r"^\w+://[^/]+|[?#].*$", "", page.url)


def badge(page: Page) -> Locator:
    return page.locator("pair-chat-badge [data-pc-part=unread]").first


def test_two_people_chat(host: Host, enter: Enter, request: pytest.FixtureRequest) -> None:
    reader = enter(host.kind.reader, host.topic)
    room = open_chat(reader)
    live(reader)
    before = messages(reader).count()
    author = enter(host.kind.author, "/chat/")
    author.goto(room)
    live(author)
    author.goto(host.topic)
    # Once what other tests have left there is read.
    expect(badge(author)).to_be_hidden()
    send(reader, QUESTION)
    # On any page of the host, without a reload.
    expect(badge(author)).to_be_visible()
    expect(badge(author)).to_contain_text("1")
    author.locator("a[href$='/chat/']").first.click()
    author.locator("pair-chat-inbox .pc-row a").click()
    live(author)
    expect(message(author, QUESTION)).to_be_visible()
    expect(badge(author)).to_be_hidden()
    send(author, ANSWER)
    expect(message(reader, ANSWER)).to_be_visible()
    send_photo(author)
    expect_photo(author)
    expect_photo(reader)
    for page in (author, reader):
        page.reload()
        live(page)
        expect(messages(page)).to_have_count(before + 3)
        expect(message(page, QUESTION)).to_be_visible()
        expect(message(page, ANSWER)).to_be_visible()
        expect_photo(page)
        assert_usable(page)
        title = page.locator(".pc-room .pc-title")
        expect(title).to_have_text("juwon" if page is author else "minji")
    if request.config.getoption("--pictures"):
        take_picture(author, host.kind.folder)


def test_two_people_chat_without_javascript(host: Host, enter: Enter) -> None:
    reader = enter(host.kind.reader, host.topic, scripts=False)
    room = open_chat(reader)
    text = "자바스크립트 없이"
    composer(reader).fill(text)
    reader.get_by_role("button", name="Send", exact=True).click()
    expect(message(reader, text)).to_be_visible()
    author = enter(host.kind.author, room, scripts=False)
    expect(message(author, text)).to_be_visible()
    composer(author).fill("그래요")
    author.locator("#composer [data-pc-slot=file]").set_input_files([photo()])
    author.get_by_role("button", name="Send", exact=True).click()
    reader.reload()
    expect(message(reader, "그래요")).to_be_visible()
    expect_photo(reader)
    for page in (reader, author):
        assert_usable(page)


def test_no_style_comes_in_or_goes_out(host: Host, enter: Enter) -> None:
    reader = enter(host.kind.reader, host.topic, bypass_csp=True)
    addresses = (host.topic, open_chat(reader))
    for address in addresses:
        reader.goto(address)
        reader.add_style_tag(content=".pc, .pc-open, pair-chat-badge { display: none !important }")
        assert differences(of_host(reader, chat=False), of_host(reader, chat=True)) == []
    reader.goto(addresses[1])
    live(reader)
    send(reader, "Hello")
    expect(messages(reader).last).to_have_attribute("data-status", re.compile("sent|delivered"))
    expect(reader.locator("pair-chat-inbox .pc-row").first).to_contain_text("Me: Hello")
    reader.add_style_tag(content=NEUTRAL)
    within = measure(reader)
    assert len(within) > 10
    reader.evaluate(
        "() => document.querySelectorAll('link[rel=stylesheet]:not([href*=pairchat])').forEach(e => e.disabled = true)"
    )
    assert differences(measure(reader), within) == []


def of_host(page: Page, *, chat: bool) -> list[dict[str, Any]]:
    """Boxes and looks of what is the host's own, with or without the chat's stylesheet."""
    found: list[dict[str, Any]] = page.evaluate(
        """async chat => {
          document.querySelectorAll('link[href*="pairchat."]').forEach((link) => {
            if (link.rel === 'stylesheet') link.disabled = !chat;
          });
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          const own = (element) => !element.closest('.pc, .pc-open, pair-chat-badge, script, style');
          return [...document.body.querySelectorAll('*')].filter(own).map((element) => {
            const { x, y, width, height } = element.getBoundingClientRect();
            const style = getComputedStyle(element);
            const names = [...style].filter((name) => !name.startsWith('--'));
            const look = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(name)]));
            return { name: `${element.tagName}.${element.className}`, box: { x, y, width, height }, look };
          });
        }""",
        chat,
    )
    assert len(found) > 1
    return found


def assert_usable(page: Page) -> None:
    """Everything to press or to write in is large enough to be met, and within the window."""
    found = page.evaluate(
        """() => {
          const kinds = '.pc button, .pc textarea, .pc input, .pc select, .pc summary, .pc .pc-icon-button';
          return [...document.querySelectorAll(kinds)].filter((element) =>
            element.checkVisibility({ visibilityProperty: true }) && !element.matches('.pc-sr, [type=hidden]')
          ).map((element) => {
            const { width, height, left, right } = element.getBoundingClientRect();
            const inside = left >= 0 && right <= innerWidth;
            return { name: element.outerHTML.slice(0, 90), width, height, inside };
          });
        }"""
    )
    assert len(found) > 3
    assert [each for each in found if min(each["width"], each["height"]) < 24 or not each["inside"]] == []
    expect(composer(page)).to_be_in_viewport()
    expect(page.locator("#composer [data-pc-action=send]")).to_be_in_viewport()


def take_picture(page: Page, name: str) -> None:
    page.mouse.move(0, 0)
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(64).save(path, optimize=True)
    assert path.stat().st_size <= LIMIT_BYTES
