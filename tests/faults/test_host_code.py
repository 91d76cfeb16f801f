"""Messages that the host's own code sends, in whatever process and way, reach a page that is open elsewhere."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

import pytest

from .client import CSRF_TOKEN, Page, Twin, eventually
from .machines import Pair, Site, Workers

PROMISED_SECONDS = 1.0
# Long enough for a process to start; without a notification the page would not learn of it at all.
PATIENCE_SECONDS = 30.0
NEVER = 3600.0
SHELL = """
from django.contrib.auth.models import User
from django_pairchat import services
sender = User.objects.get(pk="{sender}")
services.send(services.get_room(sender, "{room}"), sender, "{text}")
"""


def open_page(pair: Pair, workers: Workers) -> Page:
    """The second person's, on the second worker, which learns only what it is told."""
    return Page(pair.people[1], [pair.room], workers, first=1, heartbeat=NEVER)


async def comes_in_time(page: Page, pair: Pair, text: str) -> None:
    await eventually(lambda: text in page.seen_at, f"{text!r} arrives", PATIENCE_SECONDS)
    shown_at = time.time() - time.monotonic() + page.seen_at[text]
    [message] = [each for each in page.replicas[pair.room].messages.values() if each["content"] == text]
    took = shown_at - datetime.fromisoformat(message["created_at"]).timestamp()
    print(f"{text}: {took:.3f} s after it was written")
    assert took <= PROMISED_SECONDS


@pytest.mark.parametrize("how", ["say", "asay"])
async def test_a_management_command_reaches_an_open_page(site: Site, workers: Workers, pair: Pair, how: str) -> None:
    async with open_page(pair, workers) as page:
        await asyncio.to_thread(site.command, "host_act", how, pair.people[0].user, pair.room, "from a command")
        await comes_in_time(page, pair, "from a command")


async def test_a_shell_reaches_an_open_page(site: Site, workers: Workers, pair: Pair) -> None:
    code = SHELL.format(sender=pair.people[0].user, room=pair.room, text="from a shell")
    async with open_page(pair, workers) as page:
        await asyncio.to_thread(site.command, "shell", "-c", code)
        await comes_in_time(page, pair, "from a shell")


async def test_the_worker_of_a_task_queue_reaches_an_open_page(site: Site, workers: Workers, pair: Pair) -> None:
    """The process of the worker stays, unlike a command's, and so do its threads and its connections."""
    with site.running("run_huey", "--workers", "2", "--no-periodic"):
        async with open_page(pair, workers) as page:
            for number in range(2):
                text = f"from a task {number}"
                await asyncio.to_thread(site.command, "host_act", "say_later", pair.people[0].user, pair.room, text)
                await comes_in_time(page, pair, text)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/host/say/", {"room": "{room}", "text": "from a view"}),
        ("/host/asay/", {"room": "{room}", "text": "from a view"}),
        ("/chat/rooms/{room}/send/", {"client_id": "5f3b3f0e-8f2f-4d6b-9c58-9b3c6a1f7e21", "content": "from a view"}),
    ],
    ids=["sync", "async", "form"],
)
async def test_a_view_reaches_a_page_that_is_open_on_another_worker(
    site: Site, workers: Workers, pair: Pair, path: str, fields: dict[str, str]
) -> None:
    filled = {name: value.format(room=pair.room) for name, value in fields.items()}
    async with open_page(pair, workers) as page, Twin(pair.people[0]) as twin:
        answer = await twin.call(
            workers[0], "POST", path.format(room=pair.room), data={**filled, "csrfmiddlewaretoken": CSRF_TOKEN}
        )
        assert answer.status_code in (204, 302)
        await comes_in_time(page, pair, "from a view")
