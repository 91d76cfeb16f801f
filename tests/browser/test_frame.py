"""The chat within a page of the host: it ends where the window does, whatever stands above it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from .conftest import Meet, SignIn
from .helpers import composer, live

FORMS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "phone on its side": {"viewport": {"width": 740, "height": 390}, "has_touch": True, "is_mobile": True},
}
HEADERS = {
    "low": "height: 40px",
    "as Wagtail's": "height: 110px",
    "that sticks": "height: 110px; position: sticky; top: 0; z-index: 9",
}


def with_header(page: Page, style: str) -> None:
    """Pages whose only header is this one, and a footer that nobody need see."""

    def changed(route: Route) -> None:
        answer = route.fetch()
        header = f'<style>.site-header, .skip {{ display: none !important }}</style><div style="{style}">Host</div>'
        # Without the frame that the board makes for the chat.
        text = re.sub(r"<link[^>]*board\.css[^>]*>", "", answer.text())
        text = text.replace("<body>", f"<body>{header}", 1)
        text = text.replace("</body>", '<div style="height: 200px">Foot</div></body>', 1)
        route.fulfill(response=answer, body=text)

    page.route("**/chat/rooms/*/", changed)
    page.route("**/chat/", changed)


def lower_edge(page: Page) -> float:
    box = page.locator("#composer").bounding_box()
    assert box
    return box["y"] + box["height"]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("form", FORMS)
def test_the_form_to_write_is_never_below_the_fold(sign_in: SignIn, meet: Meet, form: str, header: str) -> None:
    juwon, minji = sign_in("juwon", bypass_csp=True, **FORMS[form]), sign_in("minji")
    room = meet(juwon, minji).split("?")[0]
    with_header(juwon, HEADERS[header])
    juwon.add_init_script(
        """
        window.shifted = 0;
        new PerformanceObserver((list) => {
          for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) window.shifted += value;
        }).observe({ type: 'layout-shift', buffered: true });
        """
    )
    juwon.goto(room)
    live(juwon)
    height = FORMS[form]["viewport"]["height"]
    juwon.wait_for_function(
        "height => document.querySelector('#composer').getBoundingClientRect().bottom <= height + 1", arg=height
    )
    # And no room is given away, nor does the page jump about while it begins.
    assert height - lower_edge(juwon) <= 2
    assert juwon.evaluate("window.shifted") < 0.1

    # A line that the host puts above everything moves it no further.
    juwon.evaluate(
        """() => document.body.prepend(Object.assign(document.createElement('p'), { textContent: 'Cookies?' }))"""
    )
    juwon.wait_for_function(
        "height => document.querySelector('#composer').getBoundingClientRect().bottom <= height + 1", arg=height
    )


def test_on_a_page_as_tall_as_its_window_it_follows_too(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", bypass_csp=True), sign_in("minji")
    room = meet(juwon, minji).split("?")[0]
    with_header(juwon, "height: 40px")
    juwon.goto(room)
    live(juwon)
    juwon.add_style_tag(content="html, body { height: 100% }")
    juwon.wait_for_timeout(200)
    before = lower_edge(juwon)
    juwon.evaluate(
        """() => document.body.prepend(Object.assign(document.createElement('p'), { textContent: 'Cookies?' }))"""
    )
    juwon.wait_for_function(
        "edge => document.querySelector('#composer').getBoundingClientRect().bottom <= edge + 1", arg=before
    )


def test_without_its_stylesheet_it_begins_all_the_same(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", outage=True), sign_in("minji")
    room = meet(juwon, minji)
    juwon.route("**/pairchat*.css", lambda route: route.abort())
    juwon.goto(room)
    live(juwon)
    # Nor does it wait for what failed before it was put there.
    juwon.evaluate(
        """() => {
          const chat = document.querySelector('pair-chat');
          const { parentElement } = chat;
          chat.remove();
          delete chat.dataset.connection;
          parentElement.append(chat);
        }"""
    )
    live(juwon)


def test_a_height_of_the_hosts_own_is_kept(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", bypass_csp=True), sign_in("minji")
    room = meet(juwon, minji).split("?")[0]
    with_header(juwon, HEADERS["low"])
    juwon.goto(room)
    live(juwon)
    juwon.add_style_tag(content=":root { --pc-height: 500px }")
    assert juwon.locator(".pc-app").evaluate("app => app.offsetHeight") == 500


def test_without_scripts_the_form_to_write_is_in_view_too(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon"), sign_in("minji")
    room = meet(juwon, minji)
    reader = sign_in("juwon", scripts=False)
    reader.goto(room)
    expect(composer(reader)).to_be_in_viewport()
