"""What was sent and what was said about it, and how that compares with the database in the end."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from .client import Page
from .machines import Database

LOOK_AGAIN_SECONDS: Final = 0.1


class Fate(Enum):
    UNKNOWN = "unknown"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


@dataclass
class Entry:
    """One message that somebody tried to send, once or often, always with the same id.

    ``content`` is its text after the last edit that was acknowledged; any of ``unsure_edits`` may have come later.
    """

    room: str
    sender: str
    content: str
    client_id: str
    fate: Fate = Fate.UNKNOWN
    seqs: set[int] = field(default_factory=set)
    answers: list[dict[str, Any]] = field(default_factory=list)
    unsure_edits: set[str] = field(default_factory=set)

    @property
    def seq(self) -> int:
        return next(iter(self.seqs))

    def note(self, answer: dict[str, Any]) -> None:
        """An answer to one of its sends. ``busy``, ``rate_limited`` and ``error`` leave its fate open."""
        self.answers.append(answer)
        if answer["type"] == "ok":
            self.fate = Fate.ACKNOWLEDGED
            self.seqs.add(answer["message"]["seq"])
        elif answer["code"] not in ("busy", "rate_limited", "error"):
            self.fate = Fate.REFUSED


class Ledger:
    """Every message that the clients of one test have tried to send."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._sent: Counter[str] = Counter()

    def entry(self, room: str, sender: str, content: str) -> Entry:
        self._sent[sender] += 1
        entry = Entry(room, sender, content, str(uuid.UUID(int=self._sent[sender])))
        self.entries.append(entry)
        return entry

    def count(self, fate: Fate) -> int:
        return sum(entry.fate is fate for entry in self.entries)

    def errors(self) -> list[dict[str, Any]]:
        """Answers that say that something unforeseen has happened."""
        return [answer for entry in self.entries for answer in entry.answers if answer.get("code") == "error"]


@dataclass(frozen=True)
class Stored:
    """A message in the database."""

    room: str
    seq: int
    rev: int
    sender: str
    client_id: str
    content: str
    deleted: bool


class Truth:
    """What the database has of some rooms: each room's ``head`` and ``rev``, and its messages in their order."""

    def __init__(self, database: Database, rooms: Iterable[str]) -> None:
        keys = [int(room) for room in rooms]
        found = database.rows("SELECT id, head, rev FROM pairchat_room WHERE id = ANY(%s)", keys)
        self.positions = {str(room): (head, rev) for room, head, rev in found}
        self.messages: dict[str, list[Stored]] = {room: [] for room in self.positions}
        for row in database.rows(
            """
            SELECT m.room_id, m.seq, m.rev, CASE m.side WHEN 1 THEN r.user1_id WHEN 2 THEN r.user2_id END,
                   m.client_id, m.content, m.deleted_at IS NOT NULL
            FROM pairchat_message m JOIN pairchat_room r ON r.id = m.room_id
            WHERE m.room_id = ANY(%s) ORDER BY m.room_id, m.seq
            """,
            keys,
        ):
            message = Stored(str(row[0]), row[1], row[2], str(row[3]), str(row[4]), row[5], row[6])
            self.messages[message.room].append(message)


def verdict(ledger: Ledger, truth: Truth) -> list[str]:
    """Everything that is wrong with what is stored, in words; nothing if all is well."""
    wrong = []
    by_id: dict[tuple[str, str], list[Stored]] = {}
    for room, messages in truth.messages.items():
        wrong += _wrong_with_numbers(room, truth.positions[room], messages)
        for message in messages:
            by_id.setdefault((message.sender, message.client_id), []).append(message)
    sent = {(entry.sender, entry.client_id): entry for entry in ledger.entries}
    wrong += [f"phantom: {found} was never sent" for address, found in by_id.items() if address not in sent]
    wrong += [f"duplicated: {found}" for found in by_id.values() if len(found) > 1]
    for address, entry in sent.items():
        wrong += _wrong_with(entry, by_id.get(address, []))
    return wrong


def _wrong_with(entry: Entry, found: list[Stored]) -> list[str]:
    if entry.fate is Fate.REFUSED:
        return [f"stored although refused: {entry}"] if found else []
    if len(entry.seqs) > 1:
        return [f"answered with different places: {entry}"]
    if not found:
        return [f"lost: {entry}"] if entry.fate is Fate.ACKNOWLEDGED else []
    wrong = []
    if entry.seqs and {found[0].seq} != entry.seqs:
        wrong.append(f"not where it was said to be: {entry}, {found[0]}")
    if found[0].room != entry.room:
        wrong.append(f"in a foreign room: {entry}, {found[0]}")
    if not found[0].deleted and found[0].content not in {entry.content, *entry.unsure_edits}:
        wrong.append(f"another text: {entry}, {found[0]}")
    return wrong


def _wrong_with_numbers(room: str, position: tuple[int, int], messages: list[Stored]) -> list[str]:
    head, rev = position
    wrong = []
    if [message.seq for message in messages] != list(range(1, head + 1)):
        wrong.append(f"room {room}: {head} messages should be numbered without gaps")
    revs = Counter(message.rev for message in messages)
    if revs and (max(revs.values()) > 1 or max(revs) > rev):
        wrong.append(f"room {room}: two messages share a rev, or one is beyond the room's {rev}")
    return wrong


def differences(truth: Truth, page: Page) -> list[str]:
    """Where the page's replicas differ from the database, within the window that they hold."""
    wrong = []
    for room, replica in page.replicas.items():
        head, rev = truth.positions[room]
        if replica.rev != rev or replica.head != head or replica.knows_of_a_gap:
            wrong.append(f"room {room}: at {replica.rev} of {rev}, {replica.head} of {head}")
            continue
        shown = {seq: (message["rev"], message["content"]) for seq, message in replica.messages.items()}
        oldest = min(shown, default=head + 1)
        right = {message.seq: (message.rev, message.content) for message in truth.messages[room]}
        right = {seq: message for seq, message in right.items() if seq >= oldest}
        if shown != right:
            wrong.append(f"room {room}: {sorted(set(shown.items()) ^ set(right.items()))[:6]}")
    return wrong


async def views_become_right(
    database: Database, rooms: Sequence[str], pages: Iterable[Page], seconds: float = 30.0
) -> None:
    """Every page comes to show what the database has, with nothing but its own means; then it pages back to the
    beginning and is right there too.

    The database is read again each time: an edit whose page has given it up is perhaps stored only now.
    """
    for page in pages:
        wrong = await _becomes_right(database, rooms, page, seconds)
        assert wrong == [], f"{page.person.name} does not come to see it all within {seconds:g} s"
        await _page_back(page)
        wrong = differences(Truth(database, rooms), page)
        assert wrong == [], f"{page.person.name} does not see it all back to the beginning"


async def _becomes_right(database: Database, rooms: Sequence[str], page: Page, seconds: float) -> list[str]:
    """What is still wrong with the page after this time, nothing as soon as nothing is."""
    deadline = time.monotonic() + seconds
    while (wrong := differences(Truth(database, rooms), page)) and time.monotonic() < deadline:  # noqa: ASYNC110 - nothing tells when
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
    return wrong


async def _page_back(page: Page) -> None:
    for room, replica in page.replicas.items():
        while (oldest := min(replica.messages, default=1)) > 1:
            answer = await page.do("history", room=room, before=oldest, limit=100)
            assert answer["messages"], f"nothing before {oldest} in room {room}"
            replica.take_page(answer)
