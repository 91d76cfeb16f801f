"""The rules of a conversation in plain Python: two people, 0 and 1, and their rooms. What is refused is raised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django_pairchat.exceptions import BadRequest, CannotSend, Conflict, Held, NotFound, Rejected
from django_pairchat.review import MASK

SYSTEM = None


@dataclass(eq=False)
class Upload:
    """A file that somebody has uploaded for a room; ``message`` is the one that has it."""

    owner: int
    room: Room
    name: str
    message: Message | None = None
    is_gone: bool = False


@dataclass(frozen=True)
class Draft:
    writer: int | None
    content: str
    client_id: UUID
    kind: str = "text"
    data: Any = None
    reply_to: int | None = None
    upload: Upload | None = None
    album: UUID | None = None
    read: bool = True

    @property
    def payload(self) -> tuple[Any, ...]:
        return (self.content, self.kind, self.data, self.reply_to, self.upload)


def reviewed(content: str) -> str:
    """What is stored of a text: of one that begins with "mask" the rest is masked."""
    return content[:5] + MASK * len(content[5:]) if content.startswith("mask") else content


@dataclass(eq=False)
class Waiting:
    """A message that is held, or was refused."""

    draft: Draft
    refused: bool = False


@dataclass(eq=False)
class Message:
    draft: Draft
    sent_at: int
    content: str
    rev: int = 0
    edited: bool = False
    deleted: bool = False
    reactions: dict[int, str] = field(default_factory=dict)
    preview: dict[str, str] | None = None
    card: dict[str, Any] | None = None

    @property
    def data(self) -> Any:
        if self.card is not None:
            return self.card
        return self.draft.data if self.preview is None else {**(self.draft.data or {}), "preview": self.preview}

    def shown_to_all(self) -> tuple[Any, ...]:
        draft, kept = self.draft, not self.deleted
        return (
            draft.writer,
            draft.kind,
            self.content,
            self.data if kept else None,
            draft.reply_to if kept else None,
            draft.upload.name if draft.upload and kept else None,
            None if draft.album is None else str(draft.album),
            self.rev,
            self.edited,
            self.deleted,
            self.reactions,
        )


@dataclass
class Side:
    read: int = 0
    shown: int = 0
    delivered: int = 0
    cleared: int = 0
    muted: bool = False
    archived: bool = False
    pinned: bool = False
    marked: bool = False
    blocked: bool = False


@dataclass(eq=False)
class Room:
    world: World
    opener: int
    topic: int
    touched_at: int
    sides: tuple[Side, Side]
    messages: list[Message] = field(default_factory=list)
    sent: dict[tuple[int | None, UUID], Message] = field(default_factory=dict)
    waiting: dict[tuple[int | None, UUID], Waiting] = field(default_factory=dict)
    rev: int = 0
    held: bool = False
    title: str | None = None

    @property
    def head(self) -> int:
        return len(self.messages)

    @property
    def blocked(self) -> bool:
        return any(side.blocked for side in self.sides)

    def is_listed_for(self, who: int) -> bool:
        return bool(self.head) or self.opener == who

    def unread(self, who: int) -> int:
        return self.head - max(self.sides[who].read, self.sides[who].cleared)

    def visible(self, who: int) -> dict[int, Message]:
        return {seq: each for seq, each in enumerate(self.messages, start=1) if seq > self.sides[who].cleared}

    def seen(self, who: int, seq: int) -> Message:
        if seq not in self.visible(who):
            raise NotFound
        return self.messages[seq - 1]

    def require_open(self) -> None:
        if self.blocked:
            raise CannotSend

    def step(self, message: Message) -> None:
        self.rev += 1
        message.rev = self.rev

    # What people do

    def send(self, draft: Draft) -> None:
        held = self.waiting.get((draft.writer, draft.client_id))
        if held is not None:
            *same, file = held.draft.payload
            *again, other = draft.payload
            if same != again or (file is not other and not held.refused):
                raise Conflict
            raise Rejected if held.refused else Held
        stored = self.sent.get((draft.writer, draft.client_id))
        if stored is not None:
            if not (stored.edited or stored.deleted) and stored.draft.payload != draft.payload:
                raise Conflict
            return
        self._refuse(draft)
        if draft.writer is not SYSTEM and draft.content.startswith("hold"):
            waiting = [each.draft.upload for each in self.waiting.values() if not each.refused]
            if draft.upload is not None and draft.upload in waiting:
                raise BadRequest
            self.waiting[draft.writer, draft.client_id] = Waiting(draft)
            raise Held
        self._append(draft, draft.content if draft.writer is SYSTEM else reviewed(draft.content), read=draft.read)

    def _append(self, draft: Draft, content: str, *, read: bool) -> None:
        message = Message(draft, self.world.tick(), content)
        self.sent[draft.writer, draft.client_id] = message
        self.messages.append(message)
        self.touched_at = message.sent_at
        self.step(message)
        if draft.upload is not None:
            draft.upload.message = message
        for number, side in enumerate(self.sides):
            if number != draft.writer:
                side.archived = False
        if draft.writer is not None and read:
            self.read(draft.writer, self.head)

    def release(self, held: Waiting) -> None:
        draft = held.draft
        writer = draft.writer
        assert writer is not None
        self.require_open()
        if held.refused:
            raise NotFound
        if draft.upload is not None and draft.upload.message is not None:
            raise BadRequest
        del self.waiting[writer, draft.client_id]
        self._append(draft, draft.content, read=not self.unread(writer))

    def withdraw(self, who: int, client_id: UUID) -> None:
        held = self.waiting.pop((who, client_id), None)
        if held is None:
            raise NotFound
        if held.draft.upload is not None and held.draft.upload.message is None and not held.refused:
            held.draft.upload.is_gone = True

    def withdraw_all(self, who: int) -> None:
        for writer, client_id in list(self.waiting):
            if writer == who:
                self.withdraw(who, client_id)

    def held_of(self, who: int) -> list[tuple[str, str, bool]]:
        """What this person sees of the own messages that wait, or were refused."""
        mine = [each for (writer, _), each in self.waiting.items() if writer == who]
        return [(each.draft.kind, each.draft.content, each.refused) for each in mine]

    def _refuse(self, draft: Draft) -> None:
        upload = draft.upload
        # The policy reviews texts, and is asked first.
        if draft.writer is not SYSTEM:
            self.require_open()
        if upload is not None and (upload.owner, upload.room) != (draft.writer, self):
            raise BadRequest
        if upload is not None and upload.message is not None:
            raise BadRequest
        if draft.reply_to is not None and not 1 <= draft.reply_to <= self.head:
            raise BadRequest

    def edit(self, who: int, seq: int, text: str) -> None:
        message = self.seen(who, seq)
        if message.draft.writer != who or message.draft.kind != "text" or message.deleted or self.blocked:
            raise CannotSend
        if text.startswith("hold"):
            raise Rejected
        text = reviewed(text)
        if message.content != text:
            message.content, message.edited = text, True
            self.step(message)

    def change_preview(self, who: int, seq: int, preview: dict[str, str] | None) -> None:
        message = self.seen(who, seq)
        if message.draft.writer != who or message.draft.kind != "text" or message.deleted:
            raise CannotSend
        if message.preview != preview and (preview is None or preview["url"] in message.content):
            message.preview = preview
            self.step(message)

    def update_card(self, message: Message, data: dict[str, Any], content: str | None) -> None:
        """The host may always, but a person's text or file is none."""
        if message.draft.kind in ("text", "file", "system"):
            raise BadRequest
        if message.deleted:
            raise CannotSend
        text = message.content if content is None else content
        if (message.data, message.content) != (data, text):
            message.card, message.content, message.edited = data, text, True
            self.step(message)

    def delete(self, who: int, seq: int) -> None:
        message = self.seen(who, seq)
        if message.draft.writer != who:
            raise CannotSend
        if not message.deleted:
            message.content, message.edited, message.deleted, message.reactions = "", False, True, {}
            self.step(message)

    def erase(self, who: int) -> None:
        for message in self.messages:
            if message.deleted or (message.draft.writer != who and who not in message.reactions):
                continue
            if message.draft.writer == who:
                message.content, message.edited, message.deleted, message.reactions = "", False, True, {}
            else:
                del message.reactions[who]
            self.step(message)

    def react(self, who: int, seq: int, given: str | None) -> None:
        message = self.seen(who, seq)
        if message.deleted or self.blocked:
            raise CannotSend
        if message.reactions.get(who) != given:
            message.reactions = {other: one for other, one in message.reactions.items() if other != who}
            if given is not None:
                message.reactions[who] = given
            self.step(message)

    def star(self, who: int, seq: int, on: bool) -> None:
        message = self.seen(who, seq)
        given = (who, self, message)
        if on and message.deleted:
            raise CannotSend
        if on != (given in self.world.stars):
            self.world.stars = (
                [*self.world.stars, given] if on else [each for each in self.world.stars if each != given]
            )

    def starred(self, who: int) -> set[int]:
        return {
            seq for seq, each in self.visible(who).items() if (who, self, each) in self.world.stars and not each.deleted
        }

    def read(self, who: int, seq: int) -> None:
        side = self.sides[who]
        side.read = max(side.read, min(seq, self.head))
        side.marked = False
        if not self.blocked:
            side.shown = side.read

    def deliver(self, who: int, seq: int) -> None:
        side = self.sides[who]
        if not self.blocked:
            side.delivered = max(side.delivered, min(seq, self.head))

    def clear(self, who: int, seq: int) -> None:
        self.sides[who].cleared = max(self.sides[who].cleared, min(seq, self.head))

    def prune(self, seq: int) -> None:
        """The host keeps nothing up to there, so what is sent again is new; but nothing goes during a legal hold."""
        if self.held:
            return
        for who in (0, 1):
            self.clear(who, seq)
        for message in self.messages[:seq]:
            message.deleted = True
        self.sent = {key: message for key, message in self.sent.items() if message not in self.messages[:seq]}

    def block(self, who: int, blocked: bool) -> None:
        self.sides[who].blocked = blocked
        if not self.blocked:
            for side in self.sides:
                side.shown = side.read

    # What people see

    def changes_since(self, who: int, rev: int) -> list[int]:
        changed = [(message.rev, seq) for seq, message in self.visible(who).items() if message.rev > rev]
        return [seq for _, seq in sorted(changed)]

    def page(self, who: int, place: str | None, seq: int, limit: int) -> tuple[list[int], bool, bool]:
        """What one sees of the messages there, and whether there are more before and after."""
        seqs = sorted(self.visible(who))
        if place == "after":
            first = sum(each <= seq for each in seqs)
        elif place == "around":
            older = sum(each < seq for each in seqs)
            first = max(0, older - max(limit // 2, limit - (len(seqs) - older)))
        else:
            end = sum(each < seq for each in seqs) if place == "before" else len(seqs)
            first = max(0, end - limit)
            return seqs[first:end], first > 0, end < len(seqs)
        page = seqs[first : first + limit]
        return page, first > 0, first + len(page) < len(seqs)

    def view(self, who: int) -> dict[str, Any]:
        mine, theirs = self.sides[who], self.sides[1 - who]
        visible = self.visible(who)
        return {
            "head": self.head,
            "rev": self.rev,
            "unread": self.unread(who),
            "me": (mine.read, mine.cleared, mine.muted, mine.archived, mine.pinned, mine.marked, mine.blocked),
            "peer read": theirs.shown,
            "peer delivered": max(theirs.shown, theirs.delivered),
            "can send": not self.blocked,
            "topic": self.title,
            "last": self.head if visible else None,
            "starred": self.starred(who),
            "held": self.held_of(who),
            "messages": {seq: message.shown_to_all() for seq, message in visible.items()},
        }


class World:
    """All rooms of the pair."""

    def __init__(self) -> None:
        self.rooms: list[Room] = []
        self.stars: list[tuple[int, Room, Message]] = []
        self._now = 0

    def tick(self) -> int:
        self._now += 1
        return self._now

    def open(self, who: int, topic: int) -> Room:
        blocked = [bool(self.rooms) and self.rooms[0].sides[number].blocked for number in (0, 1)]
        if blocked[1 - who]:
            raise NotFound
        room = next((room for room in self.rooms if room.topic == topic), None)
        if room is None:
            sides = (Side(blocked=blocked[0]), Side(blocked=blocked[1]))
            room = Room(self, who, topic, self.tick(), sides)
            self.rooms.append(room)
        return room

    def erase(self, who: int) -> None:
        """All that this person wrote and showed goes, also what is cleared or waits, but not during a legal hold."""
        for room in self.rooms:
            if not room.held:
                room.withdraw_all(who)
                room.erase(who)

    def block(self, who: int, blocked: bool) -> None:
        for room in self.rooms:
            room.block(who, blocked)

    def inbox(self, who: int, *, archived: bool, unread: bool = False) -> list[Room]:
        rooms = [room for room in self.rooms if room.is_listed_for(who) and room.sides[who].archived == archived]
        rooms = [room for room in rooms if not unread or room.unread(who) or room.sides[who].marked]
        return sorted(rooms, key=lambda room: (room.sides[who].pinned, room.touched_at), reverse=True)

    def unread_rooms(self, who: int) -> int:
        return len(self.inbox(who, archived=False, unread=True))

    def starred(self, who: int) -> list[tuple[Room, int]]:
        """What this person has starred and still sees, in rooms that this person has not blocked."""
        own = [(room, room.messages.index(message) + 1) for someone, room, message in self.stars if someone == who]
        return [(room, seq) for room, seq in reversed(own) if not room.sides[who].blocked and seq in room.starred(who)]

    def found(self, who: int, query: str, rooms: list[Room]) -> list[tuple[Room, int]]:
        """Where the query is in what this person sees, the newest first."""
        seen = sorted(self._seen_in(rooms, who), key=lambda each: each[2].sent_at, reverse=True)
        return [(room, seq) for room, seq, message in seen if query in message.content]

    def _seen_in(self, rooms: list[Room], who: int) -> Iterator[tuple[Room, int, Message]]:
        for room in rooms:
            for seq, message in room.visible(who).items():
                yield room, seq, message
