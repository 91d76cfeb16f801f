"""Several photos that are sent together: a grid for both, whatever happens to one of them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .conftest import Meet, SignIn
from .helpers import at_end, composer, faults, live, messages, overflow
from .test_files import choose, photo, press_send, tray


def tiles(page: Page) -> list[str]:
    return messages(page).evaluate_all("all => all.map(li => li.dataset.tile ?? '')")


def boxes(page: Page) -> list[dict[str, float]]:
    """Where each tile is, from the first tile on, in whole pixels."""
    result: list[dict[str, float]] = page.locator("pair-chat [data-tile]").evaluate_all(
        """all => {
          const { x: left, y: top } = all[0].getBoundingClientRect();
          return all.map(li => {
            const { x, y, width } = li.getBoundingClientRect();
            return { x: Math.round(x - left), y: Math.round(y - top), width: Math.round(width) };
          });
        }"""
    )
    return result


@pytest.fixture
def pair(sign_in: SignIn, meet: Meet) -> tuple[Page, Page]:
    juwon, minji = sign_in("juwon"), sign_in("minji", viewport={"width": 320, "height": 640})
    minji.goto(meet(juwon, minji))
    live(juwon)
    live(minji)
    return juwon, minji


def test_photos_that_are_sent_together_are_a_grid_for_both_and_stay_one_when_one_is_deleted(
    pair: tuple[Page, Page],
) -> None:
    juwon, _minji = pair
    choose(juwon, *(photo(f"{name}.png", 40 + 10 * at) for at, name in enumerate("abcd")))
    press_send(juwon)
    four = ["half start top", "half end top", "half start bottom", "half end bottom"]
    for page in pair:
        expect(messages(page)).to_have_count(4)
        expect(messages(page).last).to_have_attribute("data-tile", "half end bottom")
        assert tiles(page) == four
        first, second, third, fourth = boxes(page)
        assert first["y"] == second["y"] < third["y"] == fourth["y"]
        assert first["x"] == third["x"] < second["x"] == fourth["x"]
        assert first["width"] == second["width"]
        assert overflow(page) == 0
        assert faults(page, "pair-chat") == []
    deleted = messages(juwon).nth(1)
    deleted.hover()
    deleted.locator("[data-pc-action=menu]").click()
    juwon.locator("pair-chat [data-pc-part=menu] [data-pc-action=delete]").click()
    juwon.locator("[data-pc-dialog=delete] [value=delete]").click()
    for page in pair:
        expect(messages(page).nth(1)).to_contain_text("Deleted message")
        assert tiles(page) == four
        shown = boxes(page)
        page.reload()
        live(page)
        # As the server renders it, nothing moves.
        assert tiles(page) == four
        assert boxes(page) == shown


def test_a_photo_that_does_not_arrive_is_no_hole(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", outage=True), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(juwon)
    live(minji)
    choose(juwon, photo("a.png"), {"name": "b.png", "mimeType": "image/png", "buffer": b"no picture"}, photo("c.png"))
    composer(juwon).fill("look")
    press_send(juwon)
    for page in (juwon, minji):
        expect(messages(page)).to_have_count(2)
        expect(messages(page).last).to_have_attribute("data-tile", "full start end bottom")
        assert tiles(page) == ["full start end top", "full start end bottom"]
    expect(tray(juwon)).to_contain_text("b.png")
    at_end(juwon)
