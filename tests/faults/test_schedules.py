"""Schedules of random faults under traffic: nothing acknowledged is lost, nothing is there twice, all see the same."""

from __future__ import annotations

import asyncio

from . import schedule
from .ledger import Fate, Ledger
from .machines import Site, Workers
from .traffic import Crowd

PAIRS = 5


async def test_whatever_fails_nothing_is_lost_or_doubled_and_all_pages_end_equal(
    site: Site, workers: Workers, seed: int, seconds: float
) -> None:
    faults = schedule.plan(seed, seconds)
    print(f"again with: pytest tests/faults --seed {seed} --seconds {seconds:g} -k whatever_fails")
    print("\n".join(map(str, faults)))
    ledger = Ledger()
    async with Crowd(ledger, [site.new_pair() for _ in range(PAIRS)], workers, seed) as crowd:
        crowd.talk()
        await schedule.play(faults, workers, crowd)
        await asyncio.to_thread(workers.make_ready)
        await crowd.ends_well(site.database)
    print(f"{ledger.count(Fate.ACKNOWLEDGED)} acknowledged, {ledger.count(Fate.REFUSED)} refused")
    assert ledger.count(Fate.ACKNOWLEDGED) > seconds
