"""Messages that the host's own code sends, in whatever process and way, reach a page that is open elsewhere."""

from __future__ import annotations

import asyncio
import time

import pytest

from .client import CSRF_TOKEN, Page, Twin, eventually
from .machines import Pair, Site, Workers

PROMISED_SECONDS = 1.0
# The machine may be busy with other things; without a notification the page would not learn of it at all.
SLACK_SECONDS = 4.0
NEVER = 3600.0


@pytest.mark.parametrize("how", ["say", "asay"])
async def test_a_management_command_reaches_an_open_page(site: Site, workers: Workers, pair: Pair, how: str) -> None:
    sender, receiver = pair.people
    async with Page(receiver, [pair.room], workers, first=1, heartbeat=NEVER) as page:
        await asyncio.to_thread(site.command, "deed", how, sender.user, pair.room, "from a command")
        await eventually(lambda: "from a command" in page.seen_at, "it arrives", PROMISED_SECONDS + SLACK_SECONDS)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/host/say/", {"room": "{room}", "text": "from a view"}),
        ("/host/asay/", {"room": "{room}", "text": "from a view"}),
        ("/chat/rooms/{room}/send/", {"client_id": "5f3b3f0e-8f2f-4d6b-9c58-9b3c6a1f7e21", "content": "from a view"}),
    ],
)
async def test_a_view_reaches_a_page_that_is_open_on_another_worker(
    site: Site, workers: Workers, pair: Pair, path: str, fields: dict[str, str]
) -> None:
    sender, receiver = pair.people
    filled = {name: value.format(room=pair.room) for name, value in fields.items()}
    async with Page(receiver, [pair.room], workers, first=1, heartbeat=NEVER) as page, Twin(sender) as twin:
        answer = await twin.call(
            workers[0], "POST", path.format(room=pair.room), data={**filled, "csrfmiddlewaretoken": CSRF_TOKEN}
        )
        answered_at = time.monotonic()
        assert answer.status_code in (204, 302)
        await eventually(lambda: "from a view" in page.seen_at, "it arrives", PROMISED_SECONDS + SLACK_SECONDS)
        print(f"{page.seen_at['from a view'] - answered_at:.3f} s after the answer")
