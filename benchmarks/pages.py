"""Compare the room page of several checkouts in Chromium: when it is painted, and how soon it answers a hand.

``python -m benchmarks.pages ../before .`` takes the first checkout as 1. Each serves its own example board on SQLite,
with a room of 300 messages. They take turns. The processor of the page is slowed down four times, as on a cheap phone.

- LCP is the Largest Contentful Paint, in milliseconds after the navigation.
- INP is the slowest interaction of a visit that types, sends and opens a message's menu: from the input to the next
  paint, in steps of 8 ms, as the browser's Event Timing measures it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from tests.browser.conftest import launched
from tests.tools.reach import CHROMIUM_SHELL

SLOWER = 4
MESSAGES = 300
START_SECONDS = 30
UVICORN = ["--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--log-level", "error"]
FILL = f"""
from django.contrib.auth.models import User
from django_pairchat import services
minji, juwon = (User.objects.get(username=name) for name in ("minji", "juwon"))
room = services.open_room(minji, juwon)
for number in range({MESSAGES}):
    services.send(room, (minji, juwon)[number % 2], f"Message {{number}} about the umbrella on the bus")
print(room.pk)
"""
WATCH = """
window.measured = { lcp: 0, inp: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) measured.lcp = entry.startTime;
}).observe({ type: 'largest-contentful-paint', buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.interactionId) measured.inp = Math.max(measured.inp, entry.duration);
}).observe({ type: 'event', durationThreshold: 16, buffered: true });
"""


@dataclass
class Checkout:
    root: Path
    url: str
    room: str
    signed_in: StorageState | None = None
    samples: list[dict[str, float]] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.pages", description=__doc__)
    parser.add_argument("checkouts", nargs="+", type=Path, help="folders with src and example_project; the first is 1")
    parser.add_argument("--slower", type=float, default=SLOWER, help="how many times the page's processor is slowed")
    parser.add_argument("--rounds", type=int, default=8, help="visits to each checkout")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        browser = stack.enter_context(_chromium())
        checkouts = [stack.enter_context(_served(root.resolve())) for root in options.checkouts]
        for number in range(options.rounds + 1):
            for checkout in checkouts if number % 2 == 0 else reversed(checkouts):
                sample = _visit(browser, checkout, options.slower)
                # The first visit fills the caches of the server.
                if number:
                    checkout.samples.append(sample)
    print(_table(checkouts))


@contextlib.contextmanager
def _chromium() -> Iterator[Browser]:
    # The whole of Chromium, without a window, shows no frame while keys come: every interaction would take a second.
    with sync_playwright() as playwright, launched(playwright, CHROMIUM_SHELL) as browser:
        yield browser


@contextlib.contextmanager
def _served(root: Path) -> Iterator[Checkout]:
    board = root / "example_project"
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(root / "src"), str(board)]),
            "DATABASE_URL": f"sqlite:///{folder}/board.sqlite3",
        }

        def manage(*arguments: str) -> str:
            command = [sys.executable, "manage.py", *arguments]
            done = subprocess.run(command, cwd=board, env=environment, check=True, capture_output=True, text=True)
            return done.stdout.strip().rpartition("\n")[2]

        manage("migrate", "--no-input", "--verbosity", "0")
        manage("fill_demo")
        room = manage("shell", "-c", FILL)
        server = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "board_site.asgi:application", "--port", str(port), *UVICORN],
            cwd=board,
            env=environment,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/")
            yield Checkout(root, f"http://127.0.0.1:{port}", room)
        finally:
            server.terminate()
            server.wait(START_SECONDS)


def _wait_for(url: str) -> None:
    ends = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(url).close()
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.2)
        else:
            return


def _visit(browser: Browser, checkout: Checkout, slower: float) -> dict[str, float]:
    context = browser.new_context(base_url=checkout.url, storage_state=checkout.signed_in)
    try:
        page = context.new_page()
        if checkout.signed_in is None:
            _sign_in(page)
            checkout.signed_in = context.storage_state()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
        page.add_init_script(WATCH)
        page.goto(f"/chat/rooms/{checkout.room}/")
        page.locator("pair-chat[data-connection=open]").wait_for()
        # The browser goes on looking for larger paints until somebody touches the page.
        page.wait_for_timeout(500)
        _use(page)
        measured: dict[str, float] = page.evaluate("measured")
        return measured
    finally:
        context.close()


def _sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=username]").fill("minji")
    page.locator("[name=password]").fill("pairchat-demo")
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/")


def _use(page: Page) -> None:
    box = page.locator("#composer textarea")
    box.click()
    box.press_sequentially("Is it still there?", delay=60)
    box.press("Enter")
    last = page.locator("pair-chat .pc-message").last
    last.filter(has_text="Is it still there?").wait_for()
    last.hover()
    last.locator("[data-pc-action=menu]").click()
    page.locator("pair-chat [data-pc-part=menu]").wait_for()
    # Until its entry has been handed over.
    page.wait_for_timeout(300)


def _table(checkouts: list[Checkout]) -> str:
    lines = ["| checkout | LCP ms | ratio | INP ms | ratio |", "|---|---|---|---|---|"]
    for checkout in checkouts:
        cells: list[Any] = [checkout.root.name]
        for name in ("lcp", "inp"):
            values = sorted(sample[name] for sample in checkout.samples)
            first = median(sample[name] for sample in checkouts[0].samples)
            cells += [f"{values[0]:.0f} … {median(values):.0f} … {values[-1]:.0f}", f"{median(values) / first:.2f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
