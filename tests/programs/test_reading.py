"""Whatever a socket loses, doubles or turns round: each change is handed on once, and none is missing."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from django_pairchat.client import Unanswered
from django_pairchat.client.line import LONGEST_PAUSE_SECONDS, Line
from django_pairchat.client.reading import Reading
from django_pairchat.client.store import Position, Store, Waiting
from django_pairchat.client.transport import Credentials

CHANGES_AT_ONCE = 2
PAGE = 3


class Rooms:
    """A server's rooms: it answers with what it holds, late and sometimes not at all."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.epoch = "e1"
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.revs: Counter[str] = Counter()
        self.fails = True

    def send(self, room: str) -> dict[str, Any]:
        self.revs[room] += 1
        messages = self.messages.setdefault(room, [])
        message = {"room": room, "seq": len(messages) + 1, "rev": self.revs[room], "sender": "9"}
        messages.append(message)
        return dict(message)

    def edit(self, room: str) -> dict[str, Any]:
        self.revs[room] += 1
        message = self.chance.choice(self.messages[room])
        message["rev"] = self.revs[room]
        return dict(message)

    def room(self, room: str) -> dict[str, Any]:
        return {"room": room, "epoch": self.epoch, "rev": self.revs[room], "head": len(self.messages[room])}

    async def ask(self, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0)
        if self.fails and self.chance.random() < 0.1:
            raise Unanswered
        # As the server does: the rooms first.
        before = {room: self.room(room) for room in self.messages}
        for _ in range(self.chance.randrange(3)):
            await asyncio.sleep(0)
        answer: dict[str, Any] = getattr(self, kind)(fields)
        for room in answer.get("rooms", ()):
            room.update(before.get(room["room"], {}))
        for _ in range(self.chance.randrange(4)):
            await asyncio.sleep(0)
        return answer

    def inbox(self, fields: dict[str, Any]) -> dict[str, Any]:
        rooms = [] if fields["archived"] else [self.room(room) for room in self.messages]
        return {"rooms": rooms, "next": None, "state": "s"}

    def sync(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {"rooms": [self._synced(room, at) for room, at in fields["rooms"].items() if room in self.messages]}

    def _synced(self, room: str, at: dict[str, Any]) -> dict[str, Any]:
        reset = at["epoch"] != self.epoch or at["rev"] > self.revs[room]
        changes = sorted(
            (each for each in self.messages[room] if each["rev"] > at["rev"]), key=lambda each: each["rev"]
        )
        limited = not reset and len(changes) > CHANGES_AT_ONCE
        if limited or reset:
            changes = self.messages[room][-PAGE:]
        return {**self.room(room), "changes": [dict(each) for each in changes], "limited": limited, "reset": reset}

    def history(self, fields: dict[str, Any]) -> dict[str, Any]:
        found = [dict(each) for each in self.messages[fields["room"]] if each["seq"] > fields["after"]]
        return {"messages": found[:PAGE], "has_after": len(found) > PAGE}


class Reader:
    """What a client takes out of its reading, as a loop over its messages does."""

    def __init__(self, rooms: Rooms, store: Store) -> None:
        self.reading = Reading(store, rooms.ask)
        self.taken: list[dict[str, Any]] = []

    async def drain(self) -> None:
        while True:
            with suppress(TimeoutError):
                room, position, message = await asyncio.wait_for(self.reading.next(), 0.001)
                self.taken.append(dict(message))
                self.reading.taken(room, position)
                continue
            return


async def settle(work: Any) -> None:
    """Again until it was answered."""
    while True:
        with suppress(Unanswered):
            await work()
            return


async def walk(seed: int) -> None:
    chance = random.Random(seed)
    rooms = Rooms(chance)
    for _ in range(4):
        rooms.send("a")
    reader = Reader(rooms, Store())
    await settle(reader.reading.catch_up)
    rooms_before = {("a", each["seq"]) for each in rooms.messages["a"]}
    late: list[tuple[str, dict[str, Any]]] = []
    edits = 0
    tasks: set[asyncio.Task[None]] = set()
    for _ in range(chance.randrange(20, 60)):
        room = chance.choice("abc")
        is_edit = chance.random() < 0.3 and bool(rooms.messages.get(room))
        edits += is_edit
        late.append((room, rooms.edit(room) if is_edit else rooms.send(room)))
        chance.shuffle(late)
        while late and chance.random() < 0.7:
            said, message = late.pop()
            for _ in range(chance.choice((0, 0, 1, 1, 2))):
                if reader.reading.event(said, rooms.epoch, message):
                    tasks.add(asyncio.create_task(settle(lambda said=said: reader.reading.read({said}))))
        if chance.random() < 0.1:
            tasks.add(asyncio.create_task(settle(reader.reading.catch_up)))
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    await settle(reader.reading.catch_up)
    await reader.drain()
    told = [(each["room"], each["rev"]) for each in reader.taken]
    assert len(told) == len(set(told)), "a change came twice"
    for room in rooms.messages:
        revs = [rev for where, rev in told if where == room]
        assert revs == sorted(revs), "changes came out of their order"
    seqs = {(each["room"], each["seq"]) for each in reader.taken} | rooms_before
    assert seqs == {(room, each["seq"]) for room, all_ in rooms.messages.items() for each in all_}, "one is missing"
    newest = {(each["room"], each["seq"]): each["rev"] for each in reader.taken}
    if edits == 0:
        assert all(newest.get((each["room"], each["seq"]), each["rev"]) == each["rev"] for each in rooms.messages["a"])


@pytest.mark.parametrize("seed", range(150))
async def test_each_change_is_handed_on_once_and_in_order(seed: int) -> None:
    await asyncio.wait_for(walk(seed), 30)


async def test_after_a_restore_only_new_numbers_are_news() -> None:
    async def restored() -> list[int]:
        rooms = Rooms(random.Random(1))
        rooms.fails = False
        rooms.send("a")
        reader = Reader(rooms, Store())
        await reader.reading.catch_up()
        for _ in range(5):
            rooms.send("a")
        rooms.epoch = "e2"
        await reader.reading.catch_up()
        assert reader.reading.event("a", "e2", rooms.send("a")) is False
        await reader.drain()
        return [each["seq"] for each in reader.taken]

    assert await restored() == [2, 3, 4, 5, 6, 7]


def test_a_file_keeps_order_positions_and_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    first = Store(path)
    for text in ("one", "two"):
        first.add(Waiting(f"id {text}", "5", text, reply_to=3))
    first.add(Waiting("id one", "5", "another text under the same id"))
    first.move("5", Position("e1", 7, 4))
    assert first.belongs_to("17")
    first.close()
    again = Store(path)
    assert [(each.client_id, each.content, each.reply_to) for each in again.waiting()] == [
        ("id one", "one", 3),
        ("id two", "two", 3),
    ]
    assert again.positions() == {"5": Position("e1", 7, 4)}
    assert (again.belongs_to("17"), again.belongs_to("9")) == (True, False)
    again.remove("id one")
    found = again.next()
    assert found is not None
    assert found.content == "two"
    again.close()


async def test_a_client_that_could_not_connect_for_hours_goes_on_trying() -> None:
    async def authenticate(refused: bool) -> dict[str, str]:
        return {}

    async def hello(frame: dict[str, Any]) -> None:
        """Nobody greets."""

    line = Line("ws://127.0.0.1:1/", Credentials(authenticate), on_hello=hello, on_frame=print, pinged=dict)
    line._failures = 5000
    assert 0 <= line._pause() <= LONGEST_PAUSE_SECONDS


async def test_a_change_that_was_not_handled_comes_again(tmp_path: Path) -> None:
    rooms = Rooms(random.Random(1))
    rooms.fails = False
    rooms.send("1")
    reading = Reading(Store(), rooms.ask)
    await reading.catch_up()
    rooms.send("1")
    await reading.catch_up()
    first = await reading.next()
    assert await reading.next() == first
    reading.taken(*first[:2])
    assert not [message for _room, _position, message in reading._queue if message]


async def test_a_store_that_knows_no_rooms_yet_misses_none_that_come_while_it_rests(tmp_path: Path) -> None:
    rooms = Rooms(random.Random(1))
    rooms.fails = False
    file = tmp_path / "bot.sqlite3"
    store = Store(file)
    reading = Reading(store, rooms.ask)
    await reading.catch_up()
    with suppress(TimeoutError):
        await asyncio.wait_for(reading.next(), 0.05)
    store.close()
    rooms.send("1")
    again = Reading(Store(file), rooms.ask)
    await again.catch_up()
    assert (await again.next())[2]["seq"] == 1


def test_the_last_reference_to_a_store_may_go_in_any_thread(tmp_path: Path) -> None:
    made: list[Store] = []
    thread = threading.Thread(target=lambda: made.append(Store(tmp_path / "store")))
    thread.start()
    thread.join()
    # An error there would be ignored, with a warning that fails the test.
    made.clear()
