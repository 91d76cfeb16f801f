"""Schedules of random faults under traffic: nothing acknowledged is lost, nothing is there twice, all see the same."""

from __future__ import annotations

import asyncio
from itertools import islice
from pathlib import Path

from . import schedule
from .ledger import Fate, Ledger
from .machines import Pair, Person, Site, Worker, Workers
from .traffic import Act, Crowd

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


def test_a_seed_plans_the_same_faults_and_the_same_acts_for_whoever_comes() -> None:
    assert schedule.plan(7, 40) == schedule.plan(7, 40) != schedule.plan(8, 40)
    assert acts_of(7, first_key=1) == acts_of(7, first_key=5000) != acts_of(8, first_key=1)


def test_a_schedule_as_long_as_in_ci_has_nearly_every_fault_of_its_kind() -> None:
    for seed in range(1, 50):
        assert len({fault.kind for fault in schedule.plan(seed, 40)}) >= len(schedule.KINDS) - 2


def acts_of(seed: int, first_key: int) -> list[tuple[list[Act], list[float]]]:
    """What each of some people would do, and how long their page would wait before it connects again."""
    keys = map(str, range(first_key, first_key + 4 * PAIRS))
    people = [Person(key, f"p-{key}", f"session of {key}") for key in keys]
    pairs = [Pair(pair[0].user, pair) for pair in zip(people[::2], people[1::2], strict=True)]
    crowd = Crowd(Ledger(), pairs, [Worker({}, Path()), Worker({}, Path())], seed)
    return [
        (list(islice(talk.acts, 300)), [page.dice.random() for _ in range(30)])
        for talk, page in zip(crowd.talks, crowd.pages, strict=True)
    ]
