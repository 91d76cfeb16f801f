"""A person loses the right to be connected while a page is open: the page says so, and gets and sends nothing more."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

import pytest

from .client import CSRF_TOKEN, Page, Twin, Unanswered, eventually
from .ledger import Ledger
from .machines import Pair, Person, Site, Workers
from .traffic import Crowd, deliver

PROMISED_SECONDS = 2.0
# The machine may be busy with other things.
SLACK_SECONDS = 3.0
SWEEP_SECONDS = 3.0
NEVER = 3600.0

Act = Callable[[Site, Workers, Person], None]


async def log_out(site: Site, workers: Workers, person: Person) -> None:
    async with Twin(person) as twin:
        answer = await twin.call(workers[1], "POST", "/accounts/logout/", data={"csrfmiddlewaretoken": CSRF_TOKEN})
        assert answer.status_code == 302


async def change_the_password(site: Site, workers: Workers, person: Person) -> None:
    await asyncio.to_thread(site.command, "host_act", "new_password", person.user, "quite another")


async def deactivate(site: Site, workers: Workers, person: Person) -> None:
    await asyncio.to_thread(site.command, "host_act", "deactivate", person.user)


async def delete(site: Site, workers: Workers, person: Person) -> None:
    await asyncio.to_thread(site.command, "host_act", "delete", person.user)


@pytest.mark.parametrize("act", [log_out, change_the_password, deactivate, delete])
async def test_a_loss_of_rights_in_another_process_ends_the_socket_in_two_seconds(
    site: Site, workers: Workers, pair: Pair, act: Act
) -> None:
    ledger = Ledger()
    # A page that asks nothing: each frame would be reason enough to look at its rights again.
    silent = Page(pair.people[0], [pair.room], workers, heartbeat=NEVER)
    async with silent as mine, Page(pair.people[1], [pair.room], workers, first=1) as theirs:
        await deliver(ledger, theirs, pair.room, "before")
        await eventually(lambda: "before" in mine.seen_at, "the page is live")
        await act(site, workers, pair.people[0])
        await eventually(lambda: mine.endings, "the socket ends", PROMISED_SECONDS + SLACK_SECONDS)
        [ending] = mine.endings
        assert (ending.code, ending.bye and ending.bye["reconnect"]) == (4401, False)
        async with Twin(pair.people[0]) as twin:
            answer = await twin.send(workers[0], pair.room, **a_message("after"))
            assert answer["code"] == "unauthenticated"
        await theirs.request("send", room=pair.room, **a_message("secret"))
        await asyncio.sleep(0.5)
        assert "secret" not in mine.seen_at


def a_message(text: str) -> dict[str, str]:
    return {"client_id": "1d8f1a52-6b3e-4c53-8a51-52a2a1f3c0de", "content": text}


async def test_a_blocked_person_sends_and_receives_nothing_more(site: Site, workers: Workers, pair: Pair) -> None:
    ledger = Ledger()
    async with Crowd(ledger, [pair], workers) as crowd:
        mine, theirs = crowd.pages
        entry = await deliver(ledger, mine, pair.room, "before")
        await deliver(ledger, theirs, pair.room, "before, too")
        await eventually(lambda: "before, too" in mine.seen_at, "the page is live")
        await theirs.do("settings", room=pair.room, blocked=True)
        for kind, fields in (
            ("send", a_message("after")),
            ("edit", {"seq": entry.seq, "content": "after"}),
            ("react", {"seq": 2, "emoji": "👎"}),
            ("typing", {"on": True}),
        ):
            for page in (mine, theirs):
                assert (await page.request(kind, room=pair.room, **fields))["code"] == "cannot_send", kind
        for page in (mine, theirs):
            await eventually(lambda page=page: not page.replicas[pair.room].object["can_send"], "the page shows it", 5)
        seen = len(theirs.events)
        await mine.do("read", room=pair.room, seq=2)
        await asyncio.sleep(1)
        about_me = theirs.events[seen:]
        assert about_me == []
        await crowd.ends_well(site.database)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE auth_user SET is_active = false WHERE id = %s",
        "UPDATE auth_user SET password = 'changed' WHERE id = %s",
        "DELETE FROM django_session WHERE session_key = %s",
    ],
)
async def test_raw_sql_stops_the_next_frame_after_two_seconds(
    site: Site, workers: Workers, pair: Pair, statement: str
) -> None:
    [person, _] = pair.people
    async with Page(person, [pair.room], workers) as page:
        site.database.change(statement, person.session if "session" in statement else int(person.user))
        done_at = time.monotonic()
        refused = None
        stored_at = done_at
        while refused is None and time.monotonic() < done_at + 30:
            asked_at = time.monotonic()
            try:
                answer = await page.request("send", room=pair.room, **a_message("hello"))
            except Unanswered:
                refused = asked_at
            else:
                if answer["type"] == "ok":
                    stored_at = asked_at
            await asyncio.sleep(0.1)
        assert stored_at - done_at <= PROMISED_SECONDS + 0.5
        await eventually(lambda: page.endings, "the socket ends")
        assert page.endings[0].code == 4401


async def test_raw_sql_ends_a_silent_socket_at_the_next_patrol(site: Site, pair: Pair) -> None:
    """Every 30 s; the worker of this test looks more often."""
    with site.workers(1, FAULTS_NODE_OPTIONS=json.dumps({"sweep_seconds": SWEEP_SECONDS})) as workers:
        [person, _] = pair.people
        async with Page(person, [pair.room], workers, heartbeat=NEVER) as page:
            site.database.change("UPDATE auth_user SET is_active = false WHERE id = %s", int(person.user))
            await eventually(lambda: page.endings, "the socket ends", SWEEP_SECONDS + SLACK_SECONDS)
            assert page.endings[0].code == 4401
