"""Answers that are lost, and sends that are repeated over another worker or another transport."""

from __future__ import annotations

import asyncio

from .client import Page, Twin
from .ledger import Fate, Ledger
from .machines import Pair, Site, Workers
from .traffic import Crowd, attempt_once

TIMES = 16


async def test_the_same_message_sent_everywhere_at_once_is_stored_once_and_answered_alike(
    site: Site, workers: Workers, pair: Pair
) -> None:
    ledger = Ledger()
    [person, _] = pair.people
    async with (
        Crowd(ledger, [pair], workers) as crowd,
        Page(person, [pair.room], workers, first=1) as second_page,
        Twin(person) as twin,
    ):
        entry = ledger.entry(pair.room, person.user, "once")
        await asyncio.gather(
            *(attempt_once(entry, crowd.pages[0]) for _ in range(TIMES)),
            *(attempt_once(entry, second_page) for _ in range(TIMES)),
            *(attempt_once(entry, second_page, twin, workers[number % 2]) for number in range(TIMES)),
        )
        assert len(entry.answers) == 3 * TIMES
        assert entry.seqs == {1}
        assert [answer["duplicate"] for answer in entry.answers].count(False) == 1
        fields = {"room": pair.room, "client_id": entry.client_id, "content": "twice"}
        assert (await second_page.request("send", **fields))["code"] == "conflict"
        assert (await twin.send(workers[0], **fields))["code"] == "conflict"
        await crowd.ends_well(site.database)


async def test_a_message_whose_answer_was_lost_is_found_again_over_any_way(
    site: Site, workers: Workers, pair: Pair
) -> None:
    ledger = Ledger()
    async with Crowd(ledger, [pair], workers) as crowd, Twin(pair.people[0]) as twin:
        page = crowd.pages[0]
        entries = [ledger.entry(pair.room, pair.people[0].user, f"message {number}") for number in range(20)]
        sending = [asyncio.create_task(attempt_once(entry, page)) for entry in entries]
        await asyncio.sleep(0)
        page.drop()
        await asyncio.gather(*sending)
        for number, entry in enumerate(entries):
            await attempt_once(entry, page, twin, workers[number % 2])
        assert {entry.fate for entry in entries} == {Fate.ACKNOWLEDGED}
        await crowd.ends_well(site.database)
