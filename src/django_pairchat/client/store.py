"""The memory of a client: messages that the server has not acknowledged, and how far it has read each room."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Position(NamedTuple):
    """How far a room was handed on: ``epoch`` and ``rev`` of its changes, ``seq`` up to which none is missing."""

    epoch: str = ""
    rev: int = 0
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message on its way. ``attachment`` is the token of an upload."""

    client_id: str
    room: str
    content: str
    reply_to: int | None = None
    attachment: str | None = None


class Store:
    """A SQLite file, or memory. Each change is on the disk when its method returns; a file is for one client."""

    def __init__(self, path: str | Path | None = None) -> None:
        """Open the file, which is made if it is missing; without a path all is forgotten in the end.

        Raises ``sqlite3.Error`` for a file that is none of this kind, or cannot be written.
        """
        # One task uses it at a time. Its last reference may go in any thread: the collector runs where it happens to.
        self._database = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        for statement in (
            "CREATE TABLE IF NOT EXISTS waiting (turn INTEGER PRIMARY KEY, client_id TEXT UNIQUE, message TEXT)",
            "CREATE TABLE IF NOT EXISTS positions (room TEXT PRIMARY KEY, epoch TEXT, rev INTEGER, seq INTEGER)",
            "CREATE TABLE IF NOT EXISTS owner (user TEXT)",
        ):
            self._database.execute(statement)

    def close(self) -> None:
        """Close the file. It is closed with the last reference to this, too."""
        self._database.close()

    def __del__(self) -> None:
        if hasattr(self, "_database"):
            self._database.close()

    def belongs_to(self, user: str) -> bool:
        """Return whether what is kept is this user's, by the key; the first one who asks owns it."""
        found = self._database.execute("SELECT user FROM owner").fetchone()
        if found is None:
            self._database.execute("INSERT INTO owner VALUES (?)", (user,))
        return found is None or found[0] == user

    def add(self, message: Waiting) -> None:
        """Keep a message behind those that wait. One with the same ``client_id`` keeps its turn."""
        fields = {name: getattr(message, name) for name in ("room", "content", "reply_to", "attachment")}
        self._database.execute(
            "INSERT OR IGNORE INTO waiting (client_id, message) VALUES (?, ?)", (message.client_id, json.dumps(fields))
        )

    def waiting(self) -> Iterator[Waiting]:
        """Yield the messages that wait, in their turn."""
        for client_id, fields in self._database.execute("SELECT client_id, message FROM waiting ORDER BY turn"):
            yield Waiting(client_id, **json.loads(fields))

    def next(self) -> Waiting | None:
        """Return the message whose turn it is."""
        return next(self.waiting(), None)

    def remove(self, client_id: str) -> None:
        """Forget a message: it is stored, or given up."""
        self._database.execute("DELETE FROM waiting WHERE client_id = ?", (client_id,))

    def positions(self) -> dict[str, Position]:
        """Return how far each room was read, by its key."""
        rows = self._database.execute("SELECT room, epoch, rev, seq FROM positions")
        return {room: Position(*rest) for room, *rest in rows}

    def move(self, room: str, position: Position) -> None:
        """Keep how far a room was read."""
        self._database.execute("REPLACE INTO positions VALUES (?, ?, ?, ?)", (room, *position))
