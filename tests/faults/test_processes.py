"""A worker is killed, terminated or stopped while people write."""

from __future__ import annotations

import asyncio

import pytest

from . import triggers
from .client import Twin, eventually
from .ledger import Fate, Ledger
from .machines import Pair, Site, Workers
from .schedule import BURST
from .traffic import Crowd, attempt_once, deliver


async def acknowledged(ledger: Ledger, more: int) -> None:
    wanted = ledger.count(Fate.ACKNOWLEDGED) + more
    await eventually(lambda: ledger.count(Fate.ACKNOWLEDGED) >= wanted, f"{more} more acknowledged messages")


async def test_a_worker_killed_under_traffic_costs_no_message(site: Site, workers: Workers) -> None:
    ledger = Ledger()
    async with Crowd(ledger, [site.new_pair() for _ in range(4)], workers) as crowd:
        crowd.talk()
        await acknowledged(ledger, 50)
        workers[0].kill()
        await acknowledged(ledger, 50)
        await asyncio.to_thread(workers[0].start)
        await acknowledged(ledger, 50)
        await crowd.ends_well(site.database)


async def test_a_worker_terminated_under_traffic_says_goodbye_and_costs_no_message(
    site: Site, workers: Workers
) -> None:
    ledger = Ledger()
    async with Crowd(ledger, [site.new_pair() for _ in range(4)], workers) as crowd:
        crowd.talk()
        await acknowledged(ledger, 50)
        there = [page for page in crowd.pages if page.worker is workers[0]]
        workers[0].terminate()
        await eventually(lambda: all(page.endings for page in there), "they are told")
        assert {page.endings[0].code for page in there} == {4503}
        await asyncio.to_thread(workers[0].await_end)
        await acknowledged(ledger, 50)
        await asyncio.to_thread(workers[0].start)
        await crowd.ends_well(site.database)


@pytest.mark.parametrize(
    ("last_words", "over"),
    [
        (triggers.DIE_BEFORE_THE_ANSWER, "socket"),
        (triggers.DIE_BEFORE_THE_PUBLISH, "socket"),
        # Over HTTP the answer comes last.
        (triggers.DIE_BEFORE_THE_PUBLISH, "http"),
    ],
)
async def test_a_worker_that_dies_right_after_a_commit_leaves_one_message_that_all_see(
    site: Site, workers: Workers, pair: Pair, last_words: str, over: str
) -> None:
    ledger = Ledger()
    async with Crowd(ledger, [pair], workers) as crowd, Twin(pair.people[0]) as twin:
        doomed, heir = workers
        doomed.running.disturbed = True
        entry = ledger.entry(pair.room, pair.people[0].user, last_words)
        await attempt_once(entry, crowd.pages[0], twin if over == "http" else None, doomed)
        await eventually(lambda: not doomed.is_alive, "the death of the worker")
        await attempt_once(entry, crowd.pages[0], twin, heir)
        assert entry.answers[-1]["duplicate"]
        await asyncio.to_thread(doomed.start)
        await crowd.ends_well(site.database)


async def test_a_worker_stopped_for_three_seconds_misses_none_of_the_messages_that_arrive(
    site: Site, workers: Workers, pair: Pair
) -> None:
    ledger = Ledger()
    async with Crowd(ledger, [pair], workers) as crowd:
        workers[1].pause()
        burst = [deliver(ledger, crowd.pages[0], pair.room, f"message {number}") for number in range(BURST)]
        await asyncio.gather(asyncio.sleep(3), *burst)
        workers[1].resume()
        await eventually(lambda: len(crowd.pages[1].seen_at) == BURST, "all of them arrive", 10)
        await crowd.ends_well(site.database)
