"""A seeded schedule of faults: which one, when, on which worker; and how each is done and undone."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .machines import Worker, Workers
from .traffic import Crowd, deliver

REST_SECONDS = (0.5, 1.5)
BURST = 300


@dataclass(frozen=True)
class Fault:
    """``kind`` names a function of this module; ``at`` is in seconds since the beginning."""

    at: float
    kind: str
    worker: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.at:6.1f} s  {self.kind} (worker {self.worker}, {self.seconds:.1f} s)"


Deed = Callable[[Workers, Crowd, Fault], Awaitable[None]]
KINDS: dict[str, Deed] = {}


def fault(function: Deed) -> Deed:
    KINDS[function.__name__] = function
    return function


def plan(seed: int, seconds: float) -> list[Fault]:
    """Every kind once, in an order of the seed's own, then all over again until the time is up."""
    dice = random.Random(seed)
    faults: list[Fault] = []
    kinds: list[str] = []
    at = 1.0
    while at < seconds - 4:
        if not kinds:
            kinds = dice.sample(sorted(KINDS), len(KINDS))
        faults.append(Fault(round(at, 1), kinds.pop(), dice.randrange(2), round(dice.uniform(1.0, 3.0), 1)))
        at += faults[-1].seconds + dice.uniform(*REST_SECONDS)
    return faults


async def play(faults: list[Fault], workers: Workers, crowd: Crowd) -> None:
    """Each fault at its time, or when the one before it is over."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for each in faults:
        await asyncio.sleep(max(0.0, began + each.at - loop.time()))
        await KINDS[each.kind](workers, crowd, each)


async def _again(worker: Worker) -> None:
    worker.launch()
    await asyncio.to_thread(worker.await_service)


@fault
async def a_worker_is_killed(workers: Workers, crowd: Crowd, fault: Fault) -> None:
    worker = workers[fault.worker]
    worker.kill()
    await asyncio.sleep(fault.seconds / 2)
    await _again(worker)


@fault
async def a_worker_is_terminated(workers: Workers, crowd: Crowd, fault: Fault) -> None:
    worker = workers[fault.worker]
    worker.terminate()
    await asyncio.to_thread(worker.await_end)
    await _again(worker)


@fault
async def a_worker_is_stopped_while_many_messages_arrive(workers: Workers, crowd: Crowd, fault: Fault) -> None:
    worker = workers[fault.worker]
    worker.pause()
    try:
        page = next((page for page in crowd.pages if page.worker is not worker), crowd.pages[0])
        [room] = page.replicas
        texts = [f"burst at {fault.at} s/{number}" for number in range(BURST)]
        burst = [asyncio.create_task(deliver(crowd.ledger, page, room, text)) for text in texts]
        await asyncio.sleep(3.0)
    finally:
        worker.resume()
    await asyncio.gather(*burst)


@fault
async def redis_is_killed(workers: Workers, crowd: Crowd, fault: Fault) -> None:
    workers.site.redis.kill()
    await asyncio.sleep(fault.seconds)
    await asyncio.to_thread(workers.site.redis.start)


@fault
async def redis_forgets_everything(workers: Workers, crowd: Crowd, fault: Fault) -> None:
    await asyncio.to_thread(workers.site.redis.forget_everything)


@fault
async def redis_is_frozen(workers: Workers, crowd: Crowd, fault: Fault) -> None:
    workers.site.redis.proxy.freeze()
    await asyncio.sleep(fault.seconds)
    workers.site.redis.proxy.heal()


@fault
async def redis_connections_are_cut(workers: Workers, crowd: Crowd, fault: Fault) -> None:
    workers.site.redis.proxy.cut()


@fault
async def backends_are_terminated_once_a_second(workers: Workers, crowd: Crowd, fault: Fault) -> None:
    for _ in range(round(fault.seconds) + 1):
        await asyncio.to_thread(workers.site.database.terminate_backends)
        await asyncio.sleep(1.0)


@fault
async def the_database_is_unreachable(workers: Workers, crowd: Crowd, fault: Fault) -> None:
    workers.site.database.proxy.refuse()
    await asyncio.sleep(2.0)
    workers.site.database.proxy.heal()


@fault
async def the_database_is_frozen(workers: Workers, crowd: Crowd, fault: Fault) -> None:
    workers.site.database.proxy.freeze()
    await asyncio.sleep(fault.seconds)
    workers.site.database.proxy.heal()


@fault
async def a_room_is_locked(workers: Workers, crowd: Crowd, fault: Fault) -> None:
    room = crowd.rooms[fault.worker % len(crowd.rooms)]
    with workers.site.database.locked_room(room):
        await asyncio.sleep(fault.seconds)
