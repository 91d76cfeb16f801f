"""People who write to each other: sends that are repeated until their fate is known, and everything else people do."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any, Final, Self

from .client import Page, Twin, Unanswered
from .ledger import Entry, Fate, Ledger, Truth, verdict, views_become_right
from .machines import Database, Pair, Worker

RETRY_SECONDS = 0.3
GIVE_UP_SECONDS = 90.0
IN_FLIGHT = 6
# How often each is done, in a hundred acts.
ACTS: Final = {"send": 75, "repeat": 5, "edit": 5, "delete": 3, "react": 4, "read": 5, "send_too_much": 3}


async def deliver(ledger: Ledger, page: Page, room: str, text: str, twin: Twin | None = None) -> Entry:
    """Send it until it is acknowledged or refused: over the socket, and over HTTP every third time."""
    entry = ledger.entry(room, page.person.user, text)
    attempt = 0
    give_up = time.monotonic() + GIVE_UP_SECONDS
    while entry.fate is Fate.UNKNOWN and time.monotonic() < give_up:
        attempt += 1
        over_http = twin if attempt % 3 == 0 else None
        await attempt_once(entry, page, over_http)
        if entry.fate is Fate.UNKNOWN:
            retry_after = entry.answers[-1].get("retry_after", 0) if entry.answers else 0
            await asyncio.sleep(max(RETRY_SECONDS, min(retry_after, 2)))
    return entry


async def attempt_once(entry: Entry, page: Page, twin: Twin | None = None, worker: Worker | None = None) -> None:
    fields: dict[str, Any] = {"room": entry.room, "client_id": entry.client_id, "content": entry.content}
    with suppress(Unanswered):
        if twin is None:
            entry.note(await page.request("send", **fields))
        else:
            entry.note(await twin.send(worker or page.other_worker, **fields))


@dataclass(frozen=True)
class Act:
    """What somebody does next. ``pause`` and ``which`` are shares between 0 and 1: of the longest pause before it, and
    of the messages there are by then."""

    pause: float
    kind: str
    which: float


def acts(seed: object, name: str) -> Iterator[Act]:
    """One act after the other, without end: for the same seed and name the same in every run."""
    dice = random.Random(f"{seed} {name}")
    while True:
        [kind] = dice.choices(list(ACTS), ACTS.values())
        yield Act(dice.random(), kind, dice.random())


class Talk:
    """One person in a room: writes, repeats, edits, deletes, reacts and reads, as the acts say."""

    def __init__(self, ledger: Ledger, page: Page, twin: Twin, room: str, *, seed: object, name: str) -> None:
        self.acts = acts(seed, name)
        self._ledger = ledger
        self._page = page
        self._twin = twin
        self._room = room
        self._name = name
        self._number = 0
        self._mine: list[Entry] = []
        self._sending: set[asyncio.Task[Entry]] = set()

    async def go_on(self, stop: asyncio.Event, pause_seconds: tuple[float, float]) -> None:
        """Until told to stop; returns when the fate of all that was sent is known."""
        shortest, longest = pause_seconds
        while not stop.is_set():
            act = next(self.acts)
            await asyncio.sleep(shortest + act.pause * (longest - shortest))
            with suppress(Unanswered):
                await self._do(act)
        if self._sending:
            await asyncio.wait(self._sending, timeout=GIVE_UP_SECONDS)

    def text(self, what: str = "") -> str:
        self._number += 1
        return f"{self._name}/{self._number}{what}"

    async def _do(self, act: Act) -> None:
        settled = [entry for entry in self._mine if entry.fate is Fate.ACKNOWLEDGED]
        if act.kind == "send" or not settled:
            await self._send()
        else:
            await getattr(self, f"_{act.kind}")(settled[int(act.which * len(settled))])

    async def _repeat(self, entry: Entry) -> None:
        await attempt_once(entry, self._page, self._twin)

    async def _delete(self, entry: Entry) -> None:
        self._mine.remove(entry)
        await self._page.request("delete", room=self._room, seq=entry.seq)

    async def _react(self, entry: Entry) -> None:
        await self._page.request("react", room=self._room, seq=entry.seq, emoji="👍")

    async def _read(self, entry: Entry) -> None:
        await self._page.request("read", room=self._room, seq=self._page.replicas[self._room].head)

    async def _send_too_much(self, entry: Entry) -> None:
        await deliver(self._ledger, self._page, self._room, self.text("!" * 4000), self._twin)

    async def _send(self) -> None:
        if len(self._sending) >= IN_FLIGHT:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED, timeout=1)
            return
        task = asyncio.create_task(deliver(self._ledger, self._page, self._room, self.text(), self._twin))
        self._sending.add(task)
        task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[Entry]) -> None:
        self._sending.discard(task)
        if not task.cancelled():
            self._mine.append(task.result())

    async def _edit(self, entry: Entry) -> None:
        content = self.text(" edited")
        entry.unsure_edits.add(content)
        answer = await self._page.request("edit", room=self._room, seq=entry.seq, content=content)
        if answer.get("code") not in ("busy", "error"):
            entry.unsure_edits.discard(content)
        if answer["type"] == "ok":
            entry.content = content


class Crowd:
    """Several pairs, each person with a page; the first of a pair prefers one worker, the second the other.

    Nothing that the dice say depends on more than the seed and a person's place among the pairs.
    """

    def __init__(self, ledger: Ledger, pairs: Sequence[Pair], workers: Sequence[Worker], seed: object = 0) -> None:
        self.ledger = ledger
        self.pairs = pairs
        self.pages: list[Page] = []
        self.talks: list[Talk] = []
        self._twins: list[Twin] = []
        self._stop = asyncio.Event()
        self._stack = AsyncExitStack()
        self._talking: list[asyncio.Task[None]] = []
        for place, pair in enumerate(pairs):
            for number, person in enumerate(pair.people):
                name = f"{seed}-{place}-{number}"
                page = Page(person, [pair.room], workers, first=number % len(workers), name=name)
                twin = Twin(person)
                self.pages.append(page)
                self._twins.append(twin)
                self.talks.append(Talk(ledger, page, twin, pair.room, seed=seed, name=name))

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            for each in (*self._twins, *self.pages):
                await stack.enter_async_context(each)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *exception: object) -> None:
        for task in self._talking:
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)
        await self._stack.aclose()

    @property
    def rooms(self) -> list[str]:
        return [pair.room for pair in self.pairs]

    def talk(self, pause_seconds: tuple[float, float] = (0.05, 0.3)) -> None:
        """Everybody begins."""
        self._talking = [asyncio.create_task(talk.go_on(self._stop, pause_seconds)) for talk in self.talks]

    async def fall_silent(self) -> None:
        """Everybody stops, and waits for what is still on its way."""
        self._stop.set()
        await asyncio.gather(*self._talking)

    async def ends_well(self, database: Database, seconds: float = 30.0) -> None:
        """The outcome that every fault must have: everybody falls silent; what was acknowledged is stored, once, in
        order; every page comes to show it without a reload; nobody has seen what is not theirs, and no connection broke
        without a reason."""
        await self.fall_silent()
        await views_become_right(database, self.rooms, self.pages, seconds)
        wrong = verdict(self.ledger, Truth(database, self.rooms))
        assert not wrong, "\n".join(wrong)
        assert self.ledger.errors() == []
        assert [entry for entry in self.ledger.entries if entry.fate is Fate.UNKNOWN] == []
        assert [page.foreign for page in self.pages if page.foreign] == []
        assert [page.defects for page in self.pages if page.defects] == []
