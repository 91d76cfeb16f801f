"""A preview comes below a message that is on the screen already, and goes when its sender removes it."""

from __future__ import annotations

import io

from PIL import Image
from playwright.sync_api import Page, expect

from .board import Board
from .helpers import live, message, open_menu, send, something_new

URL = "https://umbrellas.example/red"
# What a worker does once it has fetched the page.
PREVIEW = """
from django.utils import timezone
from django_pairchat import get_message_model
from django_pairchat.previews.models import LinkPreview
from django_pairchat.previews.services import digest, preview_object
from django_pairchat.services.messages import change_preview

fields = dict(title="Red umbrella", description="Holds in any wind", site="Umbrellas", width=640, height=320)
fields |= dict(url={url!r}, image=bytes.fromhex({image!r}), fetched_at=timezone.now())
page, _ = LinkPreview.objects.update_or_create(url_hash=digest({url!r}), defaults=fields)
message = get_message_model().objects.get(content={text!r})
sender = message.room.sides[message.side - 1].user
change_preview(sender, message.room, message.seq, preview_object(page))
"""


def test_a_preview_comes_and_goes_below_its_message(pair: tuple[Page, Page], board: Board) -> None:
    juwon, minji = pair
    live(juwon)
    live(minji)
    text = f"{URL} {something_new('this one')}"
    send(juwon, text)
    expect(message(minji, text)).to_be_visible()
    # One page has the message from the server, the other one has made its element by itself.
    minji.reload()
    live(minji)
    picture = io.BytesIO()
    Image.new("RGB", (640, 320), "#b3261e").save(picture, "WEBP")
    board.manage("shell", "-c", PREVIEW.format(url=URL, text=text, image=picture.getvalue().hex()))
    # That was another process: the next change of the room tells the pages what they missed.
    open_menu(minji, text).locator("[data-pc-action=react]").first.click()
    for page in (juwon, minji):
        shown = message(page, text).locator("[data-pc-part=preview]")
        expect(shown).to_contain_text("Red umbrella")
        link = shown.locator("[data-pc-slot=preview]")
        expect(link).to_have_attribute("href", URL)
        expect(link.locator("img")).to_have_js_property("naturalWidth", 640)
        expect(shown.locator("[data-pc-slot=preview-remove]")).to_be_visible(visible=page is juwon)
    # As the server renders it, and as the page still knows it afterwards.
    minji.reload()
    live(minji)
    open_menu(minji, text).locator("[data-pc-action=react]").nth(1).click()
    expect(message(juwon, text).locator("[data-pc-slot=reaction-peer]")).not_to_be_empty()
    expect(message(minji, text).locator("[data-pc-part=preview]")).to_contain_text("Holds in any wind")
    message(juwon, text).locator("[data-pc-slot=preview-remove]").click()
    juwon.get_by_role("button", name="Remove the preview").click()
    live(juwon)
    for page in (juwon, minji):
        expect(message(page, text)).to_be_visible()
        expect(message(page, text).locator("[data-pc-part=preview]")).to_be_hidden()
