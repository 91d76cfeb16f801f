"""Photos and files: chosen, pasted or dropped; under way, stopped and tried again; with and without JavaScript."""

from __future__ import annotations

import re
from base64 import b64encode
from struct import pack
from typing import Any
from unicodedata import normalize
from zlib import compress, crc32

import pytest
from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect

from .conftest import Meet, SignIn
from .helpers import composer, faults, live, message, messages, open_menu, overflow, send, something_new

PHONE = {"has_touch": True, "is_mobile": True, "viewport": {"width": 390, "height": 844}}
NARROW_PHONE = {**PHONE, "viewport": {"width": 320, "height": 640}}
SOCKET = "**/ws/pairchat/"
UPLOADS = "**/chat/api/uploads/"
NOTES = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"what was agreed"}


def png(width: int, height: int, colour: bytes = b"\xcc\x55\x11") -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", crc32(kind + data))

    rows = (b"\0" + colour * width) * height
    header = pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", compress(rows)) + chunk(b"IEND", b"")


def photo(name: str = "umbrella.png", width: int = 40) -> dict[str, Any]:
    return {"name": name, "mimeType": "image/png", "buffer": png(width, 30)}


def choose(page: Page, *files: dict[str, Any]) -> None:
    page.locator("#composer [data-pc-slot=file]").set_input_files(list(files))


def press_send(page: Page) -> None:
    page.locator("#composer [data-pc-action=send]").click()


def tray(page: Page) -> Locator:
    return page.locator("pair-chat-files .pc-upload")


def files_of(page: Page) -> list[str]:
    """The names of the files and pictures among the messages, from the first to the last."""
    return messages(page).evaluate_all(
        """all => all.map(li => {
          const image = li.querySelector('[data-pc-part=image]');
          return image.hidden ? li.querySelector('[data-pc-slot=file-name]').textContent
                              : image.firstElementChild.alt;
        })"""
    )


@pytest.fixture
def people(sign_in: SignIn, meet: Meet) -> tuple[Page, Page]:
    """Two people in a room of their own, where uploads may fail."""
    juwon, minji = sign_in("juwon", outage=True), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(juwon)
    live(minji)
    return juwon, minji


def test_a_picture_is_shown_before_it_is_sent_and_after(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    choose(juwon, photo())
    preview = tray(juwon).locator("canvas")
    expect(preview).to_be_visible()
    drawn = preview.evaluate("canvas => [...canvas.getContext('2d').getImageData(9, 9, 1, 1).data]")
    assert drawn == [0xCC, 0x55, 0x11, 0xFF]
    expect(messages(juwon)).to_have_count(0)
    press_send(juwon)
    for page in pair:
        image = messages(page).last.locator("img[data-pc-slot=image]")
        expect(image).to_be_visible()
        expect(image).to_have_js_property("complete", True)
        expect(image).to_have_attribute("width", "40")
        assert image.evaluate("image => image.naturalWidth") > 0
    expect(tray(juwon)).to_have_count(0)
    minji.reload()
    expect(messages(minji).last.locator("img[data-pc-slot=image]")).to_be_visible()


def test_several_go_in_order_with_the_text_and_the_answer_on_the_first(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    question = something_new("Which one?")
    send(minji, question)
    open_menu(juwon, question)
    juwon.locator("pair-chat [data-pc-part=menu] [data-pc-action=reply]").click()
    choose(juwon, photo("first.png"), NOTES)
    choose(juwon, photo("second.png"))
    expect(tray(juwon)).to_have_count(3)
    composer(juwon).fill("one of these")
    composer(juwon).press("Enter")
    expect(composer(juwon)).to_have_value("")
    for page in pair:
        expect(messages(page)).to_have_count(4)
        assert files_of(page)[1:] == ["first.png", "notes.txt", "second.png"]
        first = messages(page).nth(1)
        expect(first.locator("[data-pc-slot=content]")).to_have_text("one of these")
        expect(first.locator("[data-pc-part=reply]")).to_contain_text(question)
        expect(messages(page).nth(3).locator("[data-pc-part=text]")).to_be_hidden()


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_a_picture_can_be_pasted_or_dropped(pair: tuple[Page, Page], way: str) -> None:
    juwon, minji = pair
    live(juwon)
    juwon.evaluate(
        """async ([way, content]) => {
          const bytes = Uint8Array.from(atob(content), sign => sign.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], 'image.png', { type: 'image/png' }));
          const how = { bubbles: true, cancelable: true };
          const field = document.querySelector('#composer textarea');
          const list = document.querySelector('pair-chat [data-pc-list]');
          if (way === 'paste') field.dispatchEvent(new ClipboardEvent('paste', { ...how, clipboardData: data }));
          else for (const name of ['dragenter', 'dragover', 'drop'])
            list.dispatchEvent(new DragEvent(name, { ...how, dataTransfer: data }));
        }""",
        [way, b64encode(png(20, 20)).decode()],
    )
    expect(tray(juwon)).to_contain_text("image.png")
    expect(juwon.locator("[data-pc-part=drop]")).to_be_hidden()
    press_send(juwon)
    expect(messages(minji).last.locator("img[data-pc-slot=image]")).to_be_visible()


def test_progress_is_shown_and_an_upload_can_be_stopped(people: tuple[Page, Page]) -> None:
    juwon, minji = people
    network = juwon.context.new_cdp_session(juwon)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000}
    network.send("Network.emulateNetworkConditions", slow)
    choose(juwon, {"name": "long.txt", "mimeType": "text/plain", "buffer": b"x" * 3_000_000}, NOTES)
    composer(juwon).fill("what we said")
    press_send(juwon)
    long, notes = tray(juwon).nth(0), tray(juwon).nth(1)
    expect(long).to_have_attribute("data-state", "uploading")
    expect(long.locator("progress")).to_be_visible()
    juwon.wait_for_function(
        "() => { const { value } = document.querySelector('progress'); return value > 0 && value < 1; }"
    )
    expect(notes).to_contain_text("Waiting")
    long.get_by_role("button", name="Remove long.txt").click()
    network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    expect(message(minji, "notes.txt")).to_contain_text("what we said")
    expect(messages(juwon)).to_have_count(1)
    expect(tray(juwon)).to_have_count(0)


def test_what_a_broken_connection_stopped_stays_and_is_sent_once(people: tuple[Page, Page]) -> None:
    juwon, minji = people
    tried: list[str] = []

    def lose_the_answer(route: Route) -> None:
        tried.append(route.fetch().text())
        route.abort()

    juwon.route(UPLOADS, lose_the_answer)
    choose(juwon, photo("first.png"), photo("second.png"))
    composer(juwon).fill("look")
    press_send(juwon)
    first = tray(juwon).first
    expect(first).to_have_attribute("data-state", "broken")
    expect(first).to_contain_text("Connection lost.")
    expect(tray(juwon).last).to_have_attribute("data-state", "waiting")
    assert len(tried) == 1
    expect(messages(juwon)).to_have_count(0)
    juwon.unroute(UPLOADS)
    first.get_by_role("button", name="Try again").click()
    for page in people:
        expect(messages(page)).to_have_count(2)
        assert files_of(page) == ["first.png", "second.png"]
    expect(messages(minji).first).to_contain_text("look")


def test_files_go_on_by_themselves_when_the_connection_is_back(people: tuple[Page, Page]) -> None:
    juwon, minji = people
    sockets: list[WebSocketRoute] = []
    closed = [False]

    def gate(route: WebSocketRoute) -> None:
        if closed[0]:
            route.close(code=1013)
        else:
            route.connect_to_server()
            sockets.append(route)

    juwon.route_web_socket(SOCKET, gate)
    juwon.reload()
    live(juwon)
    closed[0] = True
    sockets[-1].close(code=1012)
    juwon.route(UPLOADS, lambda route: route.abort())
    choose(juwon, photo())
    press_send(juwon)
    expect(tray(juwon)).to_have_attribute("data-state", "broken")
    juwon.unroute(UPLOADS)
    closed[0] = False
    expect(messages(minji).last.locator("img[data-pc-slot=image]")).to_be_visible()


def test_a_refused_file_stays_with_its_reason_and_holds_up_nobody(people: tuple[Page, Page]) -> None:
    juwon, minji = people
    fake = {"name": "page.png", "mimeType": "image/png", "buffer": b"<script>alert(1)</script>"}
    choose(juwon, {**NOTES, "name": "virus.exe"}, fake, NOTES)
    refused = tray(juwon).filter(has_text="virus.exe")
    expect(refused).to_contain_text("This kind of file cannot be sent here.")
    expect(juwon.locator("[data-pc-slot=tray-news]")).to_contain_text("virus.exe")
    composer(juwon).fill("see both")
    press_send(juwon)
    expect(message(minji, "notes.txt")).to_be_visible()
    expect(tray(juwon)).to_have_count(2)
    fake_one = tray(juwon).filter(has_text="page.png")
    expect(fake_one).to_have_attribute("data-state", "refused")
    expect(fake_one.get_by_role("button", name="Try again")).to_be_hidden()
    fake_one.get_by_role("button", name="Remove").click()
    expect(composer(juwon)).to_have_value("see both")
    refused.get_by_role("button", name="Remove").click()
    expect(tray(juwon)).to_have_count(0)
    expect(messages(juwon)).to_have_count(1)


def test_a_file_with_a_long_korean_name_from_a_mac_is_sent(people: tuple[Page, Page]) -> None:
    juwon, minji = people
    name = "분실물 습득 신고서와 본인 확인 서류 최종본.pdf"
    pdf = {"name": normalize("NFD", name), "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
    choose(juwon, pdf)
    press_send(juwon)
    expect(message(juwon, name)).to_be_visible()
    expect(message(minji, name)).to_be_visible()
    expect(tray(juwon)).to_have_count(0)


def test_a_host_may_keep_a_file_back_and_it_stays(people: tuple[Page, Page]) -> None:
    juwon, minji = people
    juwon.evaluate(
        """() => document.addEventListener('pairchat:before-send', event => {
          if (event.detail.attachment) event.preventDefault();
        }, { once: true })"""
    )
    uploads: list[str] = []
    juwon.on("request", lambda request: uploads.append(request.url) if "uploads" in request.url else None)
    choose(juwon, NOTES)
    press_send(juwon)
    expect(tray(juwon)).to_contain_text("This file was not sent.")
    tray(juwon).get_by_role("button", name="Try again").click()
    expect(message(minji, "notes.txt")).to_be_visible()
    assert len(uploads) == 1


def test_without_a_socket_files_can_be_sent_too(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", outage=True), sign_in("minji")
    room = meet(juwon, minji)

    def refuse(route: WebSocketRoute) -> None:
        route.close(code=1013)

    juwon.route_web_socket(SOCKET, refuse)
    juwon.reload()
    minji.goto(room)
    expect(juwon.locator("#composer [data-pc-part=attach]")).to_be_visible()
    expect(juwon.locator("pair-chat")).to_have_attribute("data-connection", "polling", timeout=20_000)
    choose(juwon, photo())
    press_send(juwon)
    for page in (juwon, minji):
        expect(messages(page).last.locator("img[data-pc-slot=image]")).to_be_visible()


def test_without_scripts_the_form_takes_a_file(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", scripts=False, outage=True), sign_in("minji")
    minji.goto(meet(juwon, minji))
    field = juwon.locator("#composer [data-pc-slot=file]")
    expect(field).to_be_visible()
    width, height = field.evaluate("field => [field.offsetWidth, field.offsetHeight]")
    assert width > 150
    assert height > 15
    composer(juwon).fill("here it is")
    choose(juwon, photo())
    press_send(juwon)
    expect(juwon).to_have_url(re.compile(r"#m-1$"))
    for page in (juwon, minji):
        expect(message(page, "here it is").locator("img[data-pc-slot=image]")).to_be_visible()
    choose(juwon, {**NOTES, "name": "virus.exe"})
    composer(juwon).fill("and this")
    press_send(juwon)
    error = juwon.locator("#composer [data-pc-slot=error]")
    expect(error).to_contain_text("This kind of file cannot be sent here.")
    expect(composer(juwon)).to_have_value("and this")


def test_on_a_phone_a_photo_has_a_menu_and_a_tap_enlarges_it(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", **PHONE), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(juwon)
    choose(minji, photo(), NOTES)
    press_send(minji)
    expect(messages(juwon)).to_have_count(2)
    menu = juwon.locator("pair-chat [data-pc-part=menu]")
    for li in (messages(juwon).first, messages(juwon).last):
        li.locator("[data-pc-action=menu]").tap()
        expect(menu.locator("[data-pc-action=reply]")).to_be_visible()
        juwon.keyboard.press("Escape")
        expect(menu).to_be_hidden()
    messages(juwon).first.locator("[data-pc-part=image]").tap()
    large = juwon.get_by_role("dialog", name="Photo")
    expect(large).to_be_visible()
    large.locator("img").tap()
    expect(large).to_be_visible()
    juwon.touchscreen.tap(195, 800)
    expect(large).to_be_hidden()


def test_a_picture_opens_large_and_escape_a_button_or_a_click_beside_it_closes_it(pair: tuple[Page, Page]) -> None:
    juwon, _ = pair
    choose(juwon, photo())
    press_send(juwon)
    link = messages(juwon).last.locator("[data-pc-part=image]")
    link.click()
    large = juwon.get_by_role("dialog", name="Photo")
    expect(large.locator("img")).to_have_attribute("alt", "umbrella.png")
    expect(large.locator("img")).to_have_js_property("naturalWidth", 40)
    juwon.keyboard.press("Escape")
    expect(large).to_be_hidden()
    link.click()
    large.get_by_role("button", name="Close").click()
    expect(large).to_be_hidden()
    link.click()
    expect(large).to_be_visible()
    juwon.mouse.click(30, 300)
    expect(large).to_be_hidden()


def test_on_a_phone_a_photo_is_taken_and_sent_as_any_other(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", **NARROW_PHONE), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(juwon)
    camera = juwon.get_by_label("Take a photo")
    assert (camera.get_attribute("accept"), camera.get_attribute("capture")) == ("image/*", "environment")
    for name in ("Record a voice message", "Send"):
        expect(juwon.get_by_role("button", name=name, exact=True)).to_be_visible()
    assert overflow(juwon) == 0
    assert faults(juwon, "#composer") == []
    assert width_to_write(juwon) > 100
    with juwon.expect_file_chooser() as asked:
        juwon.locator("[data-pc-part=camera]").tap()
    asked.value.set_files([photo("image.png")])
    expect(tray(juwon)).to_have_count(1)
    assert width_to_write(juwon) > 100
    press_send(juwon)
    for page in (juwon, minji):
        expect(messages(page).last.locator("img[data-pc-slot=image]")).to_be_visible()
    # While something is being written the place belongs to the text.
    composer(juwon).fill("words")
    expect(juwon.locator("[data-pc-part=camera]")).to_be_hidden()
    expect(juwon.get_by_role("button", name="Emoji", exact=True)).to_be_visible()
    assert width_to_write(juwon) > 100


def width_to_write(page: Page) -> int:
    width: int = composer(page).evaluate("field => field.offsetWidth")
    return width


def test_with_a_mouse_nobody_is_asked_to_take_a_photo(pair: tuple[Page, Page]) -> None:
    juwon, _ = pair
    expect(juwon.locator("[data-pc-part=attach]").first).to_be_visible()
    expect(juwon.locator("[data-pc-part=camera]")).to_be_hidden()


def test_on_a_phone_without_scripts_the_form_takes_a_photo_of_the_camera(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", scripts=False, **NARROW_PHONE), sign_in("minji")
    minji.goto(meet(juwon, minji))
    camera = juwon.get_by_label("Take a photo")
    expect(camera).to_be_visible()
    assert camera.evaluate("field => field.offsetWidth") > 150
    assert overflow(juwon) == 0
    composer(juwon).fill("this one")
    expect(camera).to_be_visible()
    camera.set_input_files([photo()])
    press_send(juwon)
    expect(message(minji, "this one").locator("img[data-pc-slot=image]")).to_be_visible()
    expect(messages(minji)).to_have_count(1)
