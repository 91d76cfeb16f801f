"""What a person does and sees on a page of the chat."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect

NOT_READ = re.compile("^(sent|delivered)$")
"""What the sender sees of a message that the other person has not read. It arrives a second after it came."""


def something_new(text: str) -> str:
    """A text that no other run has sent."""
    return f"{text} {uuid4().hex[:8]}"


def composer(page: Page) -> Locator:
    return page.locator("#composer textarea")


def messages(page: Page) -> Locator:
    return page.locator("pair-chat .pc-message")


def message(page: Page, text: str) -> Locator:
    return messages(page).filter(has_text=text)


def send(page: Page, text: str) -> None:
    composer(page).fill(text)
    composer(page).press("Enter")


def texts(page: Page) -> list[str]:
    return page.locator("pair-chat .pc-message [data-pc-slot=content]").all_text_contents()


def live(page: Page) -> None:
    """Waits until the room is connected."""
    expect(page.locator("pair-chat")).to_have_attribute("data-connection", "open")


def keep_back(page: Page, url: re.Pattern[str]) -> list[Route]:
    """The requests to such addresses, which go on when the test says so."""
    waiting: list[Route] = []

    def keep(route: Route) -> None:
        waiting.append(route)

    page.route(url, keep)
    return waiting


def hold(page: Page, item: Locator) -> None:
    """Holds a finger on a message until the page has noticed."""
    finger = Finger(page, item.locator("[data-pc-slot=content]"))
    expect(item).to_have_attribute("data-held", "")
    finger.lift()


class Finger:
    """A finger that comes down on an element; a browser's own events follow from it, as on a phone."""

    def __init__(self, page: Page, on: Locator) -> None:
        on.scroll_into_view_if_needed()
        box = on.bounding_box()
        assert box
        self.at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        self.session = page.context.new_cdp_session(page)
        self._tell("touchStart", [self.at])

    def draw(self, x: float) -> None:
        """Draws it to the side, in steps."""
        for step in range(1, 11):
            self._tell("touchMove", [{**self.at, "x": self.at["x"] + x * step / 10}])

    def lift(self) -> None:
        self._tell("touchEnd", [])

    def _tell(self, kind: str, points: list[dict[str, float]]) -> None:
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def open_menu(page: Page, text: str) -> Locator:
    """With a mouse by its button, on a phone by a finger that is held on the text."""
    item = message(page, text).first
    if page.evaluate("matchMedia('(hover: none)').matches"):
        hold(page, item)
    else:
        item.hover()
        item.locator("[data-pc-action=menu]").click()
    menu = page.locator("pair-chat [data-pc-part=menu]")
    expect(menu).to_be_visible()
    return menu


def fill_room(page: Page, count: int, start: int = 1) -> None:
    """Sends numbered texts over a socket of their own, as fast as the server takes them."""
    page.evaluate(
        """([count, start]) => new Promise((resolve, reject) => {
          const { ws, room } = document.querySelector('pair-chat').dataset;
          const socket = new WebSocket(ws, 'pairchat.v1');
          let missing = count;
          const sendAll = () => {
            for (let id = start; id < start + count; id += 1) {
              const text = { client_id: crypto.randomUUID(), content: `number ${id}.` };
              socket.send(JSON.stringify({ type: 'send', id, room, ...text }));
            }
          };
          socket.onmessage = ({ data }) => {
            const frame = JSON.parse(data);
            if (frame.type === 'hello') sendAll();
            if (frame.type === 'error') reject(new Error(data));
            if (frame.type === 'ok') missing -= 1;
            if (missing === 0) socket.close();
          };
          socket.onclose = () => (missing ? reject(new Error('closed')) : resolve());
        })""",
        [count, start],
    )


def faults(page: Page, context: str | None = None) -> list[str]:
    """What axe finds on the whole page, or in a part of it."""
    found = Axe().run(page, context=context).response["violations"]
    return [f"{fault['id']}: {node['html']} {node['failureSummary']}" for fault in found for node in fault["nodes"]]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def scroll(page: Page) -> dict[str, Any]:
    """How far the list of messages is from its end and its start, in pixels."""
    result: dict[str, Any] = page.evaluate(
        """() => {
          const view = document.querySelector('[data-pc-scroll]');
          const edge = view.getBoundingClientRect();
          const content = view.firstElementChild.getBoundingClientRect();
          return { toEnd: content.bottom - edge.bottom, toStart: edge.top - content.top, height: edge.height };
        }"""
    )
    return result


def at_end(page: Page) -> None:
    """Waits until the list of messages shows its end."""
    expect(messages(page).last).to_be_in_viewport()
    page.wait_for_function(
        """() => {
          const view = document.querySelector('[data-pc-scroll]');
          const content = view.firstElementChild.getBoundingClientRect();
          return Math.abs(content.bottom - view.getBoundingClientRect().bottom) <= 2;
        }"""
    )


def listen(page: Page) -> None:
    """From now on keeps what the page tells screen readers politely: it is there for some seconds only."""
    page.evaluate(
        """() => {
          window.told = [];
          const area = document.querySelector("pair-chat [data-pc-slot=announcer]");
          const tell = () => area.textContent && window.told.push(area.textContent);
          new MutationObserver(tell).observe(area, { childList: true });
        }"""
    )


def told(page: Page, text: str) -> list[str]:
    """Waits until this was told, and gives back all that was."""
    page.wait_for_function("text => window.told.includes(text)", arg=text)
    heard: list[str] = page.evaluate("window.told")
    return heard


def scroll_by(page: Page, pixels: int) -> None:
    page.evaluate("pixels => document.querySelector('[data-pc-scroll]').scrollBy(0, pixels)", pixels)
