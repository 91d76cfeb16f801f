"""What a chat is about, at the top of the room and in the list, while its author changes it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import SignIn
from .helpers import faults, live, overflow, send, something_new

WIDTHS = [(320, 640), (1200, 800)]


def posted(author: Page, title: str) -> str:
    """The address of a new post."""
    author.goto("/posts/new/")
    author.locator("[name=kind]").first.check()
    author.locator("[name=thing]").select_option("umbrella")
    author.locator("[name=title]").fill(title)
    author.locator("[name=place]").fill("At the station")
    author.locator("[name=body]").fill("Who misses it?")
    author.locator(".sheet form button").click()
    author.wait_for_url("**/posts/*/")
    return author.url


def opened(reader: Page, post: str) -> Locator:
    """The card of the room about this post, which the reader has opened and written in."""
    reader.goto(post)
    reader.locator("form[action='/chat/open/'] button").click()
    reader.locator(".pc-dock-window:not([data-dock-room='']) [data-pc-slot=dock-page]").click()
    reader.wait_for_url("**/chat/rooms/*/**")
    live(reader)
    send(reader, "Is it still there?")
    return reader.locator("pair-chat .pc-topic")


def row(page: Page, title: str) -> Locator:
    return page.locator(".pc-row", has_text=title)


def mark(author: Page, post: str, status: str) -> None:
    author.goto(post)
    author.locator(f"button[name=status][value={status}]").click()
    author.wait_for_load_state()


def test_a_post_that_is_reserved_says_so_in_the_open_room_and_the_lists(sign_in: SignIn) -> None:
    minji, juwon, watching = sign_in("minji"), sign_in("juwon"), sign_in("minji")
    title = something_new("Umbrella")
    post = posted(minji, title)
    card = opened(juwon, post)
    watching.goto("/chat/")
    expect(row(watching, title).locator(".pc-topic-state")).to_have_text("Lost")
    expect(card.locator(".pc-topic-state")).to_have_text("Lost")
    expect(card.locator(".pc-topic-subtitle")).to_have_text("At the station")

    juwon.evaluate("document.querySelector('pair-chat').stays = true")
    mark(minji, post, "reserved")
    expect(card.locator(".pc-topic-state")).to_have_text("Reserved")
    expect(row(juwon, title).locator(".pc-topic-state")).to_have_text("Reserved")
    expect(row(watching, title).locator(".pc-topic-state")).to_have_text("Reserved")
    assert juwon.evaluate("document.querySelector('pair-chat').stays")


def test_a_post_that_is_taken_down_keeps_its_title_without_a_link(sign_in: SignIn) -> None:
    minji, juwon = sign_in("minji"), sign_in("juwon")
    title = something_new("Umbrella")
    post = posted(minji, title)
    card = opened(juwon, post)
    expect(card).to_have_attribute("href", post[post.index("/posts/") :])
    minji.goto(f"{post}delete/")
    minji.locator(".sheet form button").click()
    expect(card).not_to_have_attribute("href", post[post.index("/posts/") :])
    expect(card.locator(".pc-topic-title")).to_have_text(title)
    juwon.reload()
    expect(card.locator(".pc-topic-title")).to_have_text(title)
    assert card.get_attribute("href") is None


def test_card_and_picture_are_there_without_scripts(sign_in: SignIn) -> None:
    minji, juwon = sign_in("minji"), sign_in("juwon")
    title = something_new("Umbrella")
    card = opened(juwon, posted(minji, title))
    plain = sign_in("juwon", scripts=False)
    plain.goto(juwon.url)
    picture = plain.locator("pair-chat .pc-topic img")
    expect(picture).to_be_visible()
    assert picture.get_attribute("src") == card.locator("img").get_attribute("src")
    plain.goto("/chat/")
    expect(row(plain, title).locator(".pc-row-thumb img")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_card_whose_picture_does_not_come_keeps_its_place_and_breaks_nothing(
    sign_in: SignIn, width: int, height: int, scheme: str
) -> None:
    minji, juwon = sign_in("minji"), sign_in("juwon", outage=True)
    title = something_new("Umbrella with a very long name that does not fit into one line of a phone")
    card = opened(juwon, posted(minji, title))
    juwon.set_viewport_size({"width": width, "height": height})
    juwon.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a parameter of the test is a str
    sizes = []
    for broken in (False, True):
        if broken:
            juwon.route("**/board/things/*", lambda route: route.abort())
        juwon.reload()
        live(juwon)
        box = card.bounding_box()
        assert box is not None
        sizes.append((box["width"], box["height"]))
        assert overflow(juwon) == 0
        assert faults(juwon, ".pc-room") == []
    assert sizes[0] == sizes[1]
    juwon.goto("/chat/")
    line, picture = row(juwon, title).bounding_box(), row(juwon, title).locator(".pc-row-thumb").bounding_box()
    assert line is not None
    assert picture is not None
    assert (picture["width"], picture["height"]) == (40, 40)
    assert line["x"] <= picture["x"]
    assert picture["y"] + picture["height"] <= line["y"] + line["height"]
    assert overflow(juwon) == 0
    assert faults(juwon, ".pc-inbox") == []
