"""Hands on each change of each message once, in the order of its room, whatever the socket lost meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from .store import Position, Store
from .wire import Message, Room, SyncedRoom

PATIENCE_SECONDS: Final = 0.3
ROOMS_AT_ONCE: Final = 50
PAGE: Final = 100
KNOWN: Final = ""
"""In the place of a room: the rooms of the first time are all kept."""

Ask = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


class Reading:
    """Where the client is in each room, and what came and was not yet taken."""

    def __init__(self, store: Store, ask: Ask) -> None:
        """Take where positions are kept, and what makes requests."""
        self._store = store
        self._ask = ask
        self._taken = store.positions()
        """As far as they were taken, and kept."""
        self._at = dict(self._taken)
        """As far as they are in the queue."""
        self._is_new = KNOWN not in self._taken
        self._missed = False
        """Something was said before it was known where the rooms are."""
        self._early: dict[str, dict[int, Message]] = {}
        self._queue: deque[tuple[str, Position, Message | None]] = deque()
        self._news = asyncio.Event()
        self._wanted: set[str] = set()
        self._lock = asyncio.Lock()
        self.inbox_state = ""

    @property
    def positions(self) -> dict[str, dict[str, Any]]:
        """The positions of some rooms, as a ``sync`` takes them."""
        return {room: {"epoch": at.epoch, "rev": at.rev} for room, at in self._at.items() if room != KNOWN}

    async def catch_up(self) -> None:
        """Read all that was missed in any room. Raises ``Refused`` and ``Unanswered``."""
        async with self._lock:
            rooms = await self._rooms()
            if self._is_new:
                # What was there before this client is not news.
                for room in rooms:
                    self._advance(room["room"], Position(room["epoch"], room["rev"], room["head"]), None)
                # Behind them: only once all of them are kept, it is known what was there before.
                self._advance(KNOWN, Position(), None)
                self._is_new = False
                if not self._missed:
                    return
                rooms = await self._rooms()
            behind = [room["room"] for room in rooms if self._is_behind(room)]
            await self._sync(behind)

    async def _rooms(self) -> list[Room]:
        found: dict[str, Room] = {}
        state: str | None = None
        for archived in (False, True):
            before = None
            while True:
                page = await self._ask("inbox", {"archived": archived, "limit": PAGE, "before": before})
                found.update((room["room"], room) for room in page["rooms"])
                # That of the first page: a change after it is news to the next ping.
                state = page["state"] if state is None else state
                before = page["next"]
                if before is None:
                    break
        self.inbox_state = state or ""
        return list(found.values())

    def _is_behind(self, room: Room) -> bool:
        at = self._at.get(room["room"], Position())
        return (at.epoch, at.rev) != (room["epoch"], room["rev"])

    def event(self, room: str, epoch: str, message: Message) -> bool:
        """Take a message event; return whether the room has to be read, because something is missing before it."""
        at = self._at.get(room)
        if self._is_new:
            self._missed = True
            return False
        if at is None:
            return True
        if epoch != at.epoch:
            # Kept until the room is read again, which it is if something waits.
            self._early.setdefault(room, {})[message["rev"]] = message
            return True
        if message["rev"] > at.rev:
            self._early.setdefault(room, {})[message["rev"]] = message
        self._release(room)
        return bool(self._early.get(room))

    def _release(self, room: str) -> None:
        """Put into the queue what has no gap before it any more."""
        early = self._early.get(room, {})
        at = self._at[room]
        for rev in [rev for rev in early if rev <= at.rev]:
            del early[rev]
        while (message := early.pop(self._at[room].rev + 1, None)) is not None:
            at = self._at[room]
            # Not beyond a number that is still to come.
            seq = at.seq + (message["seq"] == at.seq + 1)
            self._advance(room, Position(at.epoch, message["rev"], seq), message)

    def _advance(self, room: str, position: Position, message: Message | None) -> None:
        self._at[room] = position
        self._queue.append((room, position, message))
        self._news.set()

    async def read(self, rooms: set[str]) -> None:
        """Read what is missing in these rooms. Raises ``Refused`` and ``Unanswered``."""
        self._wanted |= rooms
        async with self._lock:
            wanted, self._wanted = list(self._wanted), set()
            await self._sync(wanted)

    async def read_soon(self, room: str) -> None:
        """Read a room, unless what is missing comes by itself within a moment."""
        await asyncio.sleep(PATIENCE_SECONDS)
        if self._early.get(room) or room not in self._at:
            await self.read({room})

    async def _sync(self, rooms: list[str]) -> None:
        for first in range(0, len(rooms), ROOMS_AT_ONCE):
            some = {room: self._at.get(room, Position()) for room in rooms[first : first + ROOMS_AT_ONCE]}
            positions = {room: {"epoch": at.epoch, "rev": at.rev} for room, at in some.items()}
            for synced in (await self._ask("sync", {"rooms": positions}))["rooms"]:
                await self._synced(synced)

    async def _synced(self, synced: SyncedRoom) -> None:
        room = synced["room"]
        found: list[Message] = synced["changes"]
        # Up to this number none will be missing.
        seq = synced["head"]
        if synced["limited"] or synced["reset"]:
            found = await self._since(room, self._at.get(room, Position()).seq)
            seq = max((each["seq"] for each in found), default=0)
        # The server reads the room first. What changed after that comes by itself, in its turn.
        later = [each["seq"] for each in found if each["rev"] > synced["rev"]]
        changes = [each for each in found if each["rev"] <= synced["rev"]]
        seq = min([seq, *(number - 1 for number in later)])
        # Not before: events may have moved it meanwhile.
        at = self._at.get(room, Position())
        # A rev of another epoch says nothing: then what is new is what has a new number.
        new = [each for each in changes if (each["seq"] > at.seq if synced["reset"] else each["rev"] > at.rev)]
        for message in sorted(new, key=lambda each: each["rev"]):
            self._advance(room, Position(synced["epoch"], message["rev"], at.seq), message)
        rev = max(synced["rev"], at.rev) if at.epoch == synced["epoch"] else synced["rev"]
        self._advance(room, Position(synced["epoch"], rev, max(at.seq, seq)), None)
        self._release(room)

    async def _since(self, room: str, seq: int) -> list[Message]:
        found: list[Message] = []
        while True:
            page = await self._ask("history", {"room": room, "after": seq, "limit": PAGE})
            found += page["messages"]
            if not page["has_after"] or not page["messages"]:
                return found
            seq = page["messages"][-1]["seq"]

    async def next(self) -> tuple[str, Position, Message]:
        """Return the next change, once there is one. It stays the next one until it was taken."""
        while True:
            while not self._queue:
                self._news.clear()
                await self._news.wait()
            room, position, message = self._queue[0]
            if message is not None:
                return room, position, message
            self.taken(room, position)

    def taken(self, room: str, position: Position) -> None:
        """Keep that the first of the queue was handled, and with it everything in its room up to here."""
        self._queue.popleft()
        self._taken[room] = position
        self._store.move(room, position)
