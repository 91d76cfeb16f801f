"""The large view of a chat's photos: from one to the next, closer, and gone when its photo is."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from django_pairchat.services.gallery import GALLERY_SIZE

from .board import Board
from .conftest import Meet, SignIn
from .helpers import faults, fill_room, keep_back, live, messages, send
from .test_files import PHONE, choose, photo, png, press_send

MORE_PHOTOS = """
import io
from uuid import uuid4
from django.core.files.base import ContentFile
from PIL import Image
from django_pairchat import get_room_model, services

room = get_room_model().objects.get(pk={key!r})
user = room.sides[0].user
picture = io.BytesIO()
Image.new("RGB", (40, 30), "#557755").save(picture, "PNG")
for _ in range({count}):
    file = ContentFile(picture.getvalue(), name="more.png")
    services.send_with_file(user, room, client_id=uuid4(), content="", file=file)
"""


def large(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Photo")


def large_module(page: Page) -> str | None:
    return page.locator("[data-pc-dialog=photo]").get_attribute("data-module")


def shows(page: Page, name: str) -> None:
    expect(large(page).locator("img")).to_have_attribute("alt", name)


def enlarge(page: Page, number: int) -> None:
    messages(page).nth(number).locator("[data-pc-part=image]").click()
    expect(large(page)).to_be_visible()


def on_a_phone(sign_in: SignIn, meet: Meet) -> Page:
    """Two photos that have come, the second of which a tap has enlarged."""
    juwon, minji = sign_in("juwon", **PHONE), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(juwon)
    choose(minji, photo("first.png", 400), photo("second.png", 400))
    press_send(minji)
    expect(messages(juwon)).to_have_count(2)
    messages(juwon).last.locator("[data-pc-part=image]").tap()
    shows(juwon, "second.png")
    return juwon


def delete(page: Page, seq: int) -> None:
    deleted = page.evaluate(
        """async seq => {
          const { room, api } = document.querySelector('pair-chat').dataset;
          const token = document.querySelector('[name=csrfmiddlewaretoken]').value;
          const headers = { 'X-CSRFToken': token };
          return (await fetch(`${api}rooms/${room}/messages/${seq}/`, { method: 'DELETE', headers })).ok;
        }""",
        seq,
    )
    assert deleted


def boxes(page: Page) -> list[dict[str, float]]:
    """How large each photo is shown and is by itself, and how far it stands out of its bubble."""
    found: list[dict[str, float]] = messages(page).evaluate_all(
        """all => all.flatMap((li) => {
          const image = li.querySelector('.pc-image:not([hidden]) img');
          if (!image) return [];
          const { width, height, left, right } = image.getBoundingClientRect();
          const bubble = li.querySelector('.pc-bubble').getBoundingClientRect();
          const out = Math.max(0, bubble.left - left, right - bubble.right);
          return [{ width, height, out, shown: width / height, own: image.naturalWidth / image.naturalHeight }];
        })"""
    )
    return found


@pytest.mark.parametrize("width", [1280, 390])
def test_a_photo_by_itself_is_shown_whole_and_moves_nothing_when_it_comes(
    sign_in: SignIn, meet: Meet, width: int
) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji", viewport={"width": width, "height": 3000})
    room = meet(juwon, minji)
    live(juwon)
    shapes = {"upright.png": (600, 800), "screen.png": (540, 960), "panorama.png": (2000, 300)}
    for number, (name, (wide, high)) in enumerate(shapes.items(), 1):
        choose(juwon, {"name": name, "mimeType": "image/png", "buffer": png(wide, high)})
        press_send(juwon)
        expect(messages(juwon)).to_have_count(2 * number - 1)
        send(juwon, f"after {name}")
        expect(messages(juwon)).to_have_count(2 * number)
    keep_back(minji, re.compile("/files/"))
    minji.goto(room, wait_until="domcontentloaded")
    expect(messages(minji)).to_have_count(6)
    empty = boxes(minji)
    # What was kept back goes on.
    minji.unroute_all()
    for page in (juwon, minji):
        images = page.locator("pair-chat .pc-image:not([hidden]) img")
        expect(images).to_have_count(3)
        for image in images.all():
            expect(image).to_have_js_property("complete", True)
        for box, name in zip(boxes(page), shapes, strict=True):
            assert box["shown"] == pytest.approx(shapes[name][0] / shapes[name][1], rel=0.02), (name, box)
            assert box["own"] == pytest.approx(box["shown"], rel=0.02), (name, box)
            assert box["out"] == 0, (name, box)
    for before, after in zip(empty, boxes(minji), strict=True):
        assert after["height"] == pytest.approx(before["height"], abs=1)


@pytest.fixture
def room(sign_in: SignIn, meet: Meet) -> tuple[Page, Page]:
    """Three photos, of the first of which the page knows nothing yet."""
    juwon, minji = sign_in("juwon"), sign_in("minji")
    address = meet(juwon, minji)
    live(juwon)
    for name, seq in (("first.png", 1), ("second.png", 62), ("third.png", 63)):
        choose(juwon, photo(name, 400))
        press_send(juwon)
        expect(messages(juwon).last.locator("img[data-pc-slot=image]")).to_have_attribute("alt", name)
        # It is shown before it has been sent: what comes next could overtake it, and a page begin without it.
        expect(messages(juwon).last).to_have_attribute("data-seq", str(seq))
        if seq == 1:
            fill_room(juwon, 60)
            expect(messages(juwon)).to_have_count(61)
    minji.goto(address + "?newest=1")
    live(minji)
    return juwon, minji


def test_it_goes_from_photo_to_photo_and_beyond_what_is_loaded_and_back_to_its_message(
    room: tuple[Page, Page],
) -> None:
    _juwon, minji = room
    last = messages(minji).count() - 1
    enlarge(minji, last)
    shows(minji, "third.png")
    expect(large(minji).locator("[data-pc-slot=photo-about]")).to_have_text(re.compile(r"^\S.*, .*\d{4}.*\d:\d\d"))
    assert faults(minji, "[data-pc-dialog=photo]") == []
    following, previous = (large(minji).get_by_role("button", name=f"{which} photo") for which in ("Next", "Previous"))
    expect(following).to_have_attribute("aria-disabled", "true")
    minji.keyboard.press("ArrowLeft")
    shows(minji, "second.png")
    previous.click()
    shows(minji, "first.png")
    expect(previous).to_have_attribute("aria-disabled", "true")
    with minji.expect_download() as download:
        large(minji).get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "first.png"
    for name in ("second.png", "third.png"):
        following.click()
        shows(minji, name)
    minji.keyboard.press("Escape")
    expect(large(minji)).to_be_hidden()
    expect(messages(minji).nth(last)).to_be_focused()


def test_it_comes_closer_by_a_button_a_key_and_the_wheel(room: tuple[Page, Page]) -> None:
    _juwon, minji = room
    enlarge(minji, messages(minji).count() - 1)
    image = large(minji).locator("img")
    expect(image).to_have_js_property("naturalWidth", 400)

    def width() -> float:
        result: float = image.evaluate("image => image.getBoundingClientRect().width")
        return result

    fitting = width()
    zoom = large(minji).get_by_role("button", name="Zoom")
    zoom.click()
    expect(zoom).to_have_attribute("aria-pressed", "true")
    assert width() == pytest.approx(fitting * 2.5, abs=2)
    zoom.click()
    expect(zoom).to_have_attribute("aria-pressed", "false")
    assert width() == pytest.approx(fitting, abs=2)
    minji.keyboard.press("+")
    assert width() == pytest.approx(fitting * 1.5, abs=2)
    minji.keyboard.press("-")
    image.hover()
    minji.keyboard.down("Control")
    minji.mouse.wheel(0, -100)
    minji.keyboard.up("Control")
    expect(zoom).to_have_attribute("aria-pressed", "true")
    assert width() > fitting * 1.2


@pytest.mark.parametrize("known", [True, False], ids=["on the page", "asked for"])
def test_it_closes_when_the_photo_is_deleted(room: tuple[Page, Page], known: bool) -> None:
    juwon, minji = room
    enlarge(minji, messages(minji).count() - 1)
    if not known:
        for name in ("second.png", "first.png"):
            large(minji).get_by_role("button", name="Previous photo").click()
            shows(minji, name)
    seq = 63 if known else 1
    delete(juwon, seq)
    expect(large(minji)).to_be_hidden()


def test_one_that_is_deleted_before_it_opens_opens_nothing(room: tuple[Page, Page]) -> None:
    juwon, minji = room
    module = re.compile(r"/pairchat-photo\.[^/]*js$")
    waiting = keep_back(minji, module)
    last = messages(minji).last
    address = large_module(minji)
    with minji.expect_request(module):
        last.locator("[data-pc-part=image]").click()
    delete(juwon, 63)
    expect(last.locator("[data-pc-part=deleted]")).to_be_visible()
    waiting[0].continue_()
    minji.evaluate("address => import(address).then(() => new Promise(setTimeout))", address)
    expect(large(minji)).to_be_hidden()


def test_on_a_phone_a_swipe_leads_on(sign_in: SignIn, meet: Meet) -> None:
    juwon = on_a_phone(sign_in, meet)

    def swipe(start: int, end: int) -> None:
        juwon.locator("[data-pc-part=photo-stage]").evaluate(
            """(stage, [start, end]) => {
              const finger = { bubbles: true, pointerId: 7, pointerType: 'touch', isPrimary: true, clientY: 400 };
              stage.dispatchEvent(new PointerEvent('pointerdown', { ...finger, clientX: start }));
              stage.dispatchEvent(new PointerEvent('pointerup', { ...finger, clientX: end }));
            }""",
            [start, end],
        )

    swipe(100, 250)
    shows(juwon, "first.png")
    swipe(250, 100)
    shows(juwon, "second.png")


class Fingers:
    """Two fingers on a photo; a browser's own events follow from them, as on a phone."""

    def __init__(self, page: Page, on: Locator) -> None:
        box = on.bounding_box()
        assert box
        self.still = {"x": box["x"] + box["width"] / 3, "y": box["y"] + box["height"] / 2, "id": 1}
        self.session = page.context.new_cdp_session(page)

    def pinch(self, start: float, end: float) -> None:
        """Moves one of them, from one distance to another, in pixels."""
        self._tell("touchStart", self._at(start))
        for step in range(1, 11):
            self._tell("touchMove", self._at(start + (end - start) * step / 10))
        self._tell("touchEnd", [])

    def _at(self, apart: float) -> list[dict[str, float]]:
        return [self.still, {**self.still, "x": self.still["x"] + apart, "id": 2}]

    def _tell(self, kind: str, points: list[dict[str, float]]) -> None:
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def width_of(image: Locator) -> float:
    width: float = image.evaluate("image => image.getBoundingClientRect().width")
    return width


def test_on_a_phone_two_fingers_bring_it_closer_and_back_and_the_page_stays(sign_in: SignIn, meet: Meet) -> None:
    juwon = on_a_phone(sign_in, meet)
    image = large(juwon).locator("img")
    expect(image).to_have_js_property("naturalWidth", 400)
    fitting = width_of(image)
    fingers = Fingers(juwon, juwon.locator("[data-pc-part=photo-stage]"))
    fingers.pinch(80, 240)
    assert width_of(image) == pytest.approx(fitting * 3, rel=0.1)
    zoom = large(juwon).get_by_role("button", name="Zoom")
    expect(zoom).to_have_attribute("aria-pressed", "true")
    fingers.pinch(240, 60)
    assert width_of(image) == pytest.approx(fitting, abs=2)
    expect(zoom).to_have_attribute("aria-pressed", "false")
    shows(juwon, "second.png")
    assert juwon.evaluate("visualViewport.scale") == 1


def gallery_of(page: Page) -> str:
    return f"{page.locator('pair-chat').get_attribute('data-room-url')}gallery/"


def gallery(page: Page) -> None:
    page.goto(gallery_of(page))
    expect(page.locator(".pc-photos-link")).not_to_have_count(0)


def enlarge_in_gallery(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).click()
    expect(large(page)).to_be_visible()
    shows(page, name)


def test_in_the_gallery_it_goes_from_photo_to_photo_and_back_to_the_one_it_showed_last(room: tuple[Page, Page]) -> None:
    _juwon, minji = room
    gallery(minji)
    enlarge_in_gallery(minji, "third.png")
    about = large(minji).locator("[data-pc-slot=photo-about]")
    expect(about).to_have_text(re.compile(r"^\S.*, .*\d{4}.*\d:\d\d"))
    assert faults(minji, "[data-pc-dialog=photo]") == []
    following, previous = (large(minji).get_by_role("button", name=f"{which} photo") for which in ("Next", "Previous"))
    expect(following).to_have_attribute("aria-disabled", "true")
    previous.click()
    shows(minji, "second.png")
    minji.keyboard.press("ArrowLeft")
    shows(minji, "first.png")
    expect(previous).to_have_attribute("aria-disabled", "true")
    with minji.expect_download() as download:
        large(minji).get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "first.png"
    minji.keyboard.press("Escape")
    expect(large(minji)).to_be_hidden()
    expect(minji.get_by_role("link", name="first.png")).to_be_focused()


def test_in_the_gallery_it_goes_on_to_photos_of_its_next_page(room: tuple[Page, Page], board: Board) -> None:
    _juwon, minji = room
    key = minji.locator("pair-chat").get_attribute("data-room")
    board.manage("shell", "-c", MORE_PHOTOS.format(key=key, count=GALLERY_SIZE))
    gallery(minji)
    expect(minji.locator(".pc-photos-link")).to_have_count(GALLERY_SIZE)
    expect(minji.get_by_role("link", name="Show older")).to_be_visible()
    minji.locator(".pc-photos-link").last.click()
    shows(minji, "more.png")
    for name in ("third.png", "second.png", "first.png"):
        large(minji).get_by_role("button", name="Previous photo").click()
        shows(minji, name)
    large(minji).get_by_role("button", name="Next photo").click()
    shows(minji, "second.png")
    expect(large(minji).locator("img")).to_have_js_property("naturalWidth", 400)


@pytest.mark.parametrize("seq", [63, 1])
def test_in_the_gallery_it_closes_when_the_photo_is_deleted(room: tuple[Page, Page], seq: int) -> None:
    juwon, minji = room
    gallery(minji)
    enlarge_in_gallery(minji, {63: "third.png", 1: "first.png"}[seq])
    delete(juwon, seq)
    expect(large(minji)).to_be_hidden()
    expect(minji.locator(".pc-photos-link")).to_have_count(2)


def test_in_the_gallery_without_scripts_the_link_leads_to_the_photo(room: tuple[Page, Page], sign_in: SignIn) -> None:
    juwon, _minji = room
    plain = sign_in("juwon", scripts=False)
    plain.goto(gallery_of(juwon))
    address = plain.get_by_role("link", name="third.png").get_attribute("href")
    assert address
    assert plain.request.get(address).headers["content-type"] == "image/png"
