"""What a client keeps of one room, and how it merges what arrives: the rules of protocol §7 and §8."""

import copy
from typing import Any, Self

from .client import Frame, Requester


class Replica:
    """One room in a client's memory."""

    def __init__(self, room: str) -> None:
        self.key = room
        self.epoch: str | None = None
        self.rev = 0
        self.messages: dict[int, Frame] = {}
        self.object: Frame = {}
        self._ahead: set[int] = set()
        # States of messages older than all that are held, for when their page comes. Shown alone, such a one would hide
        # that those between are missing.
        self._beyond: dict[int, Frame] = {}
        self._sync_from: int | None = None

    @classmethod
    def load(cls, asker: Requester, room: str, limit: int = 40) -> Self:
        """The newest page and the room object, as a page that opens the room has them."""
        replica = cls(room)
        replica.take_page(asker.do("history", room=room, limit=limit))
        replica.sync(asker)
        return replica

    @property
    def position(self) -> Frame:
        """Where a `sync` has to start so that nothing is left out."""
        rev = self.rev if self._sync_from is None else min(self.rev, self._sync_from)
        return {"epoch": self.epoch, "rev": rev}

    @property
    def for_ping(self) -> Frame:
        return {self.key: {**self.position, "state": self.object["state"]}}

    @property
    def knows_of_a_gap(self) -> bool:
        return bool(self._ahead) or self._sync_from is not None

    # What arrives

    def take_page(self, page: Frame) -> None:
        if self.epoch is None:
            self.epoch, self.rev = page["epoch"], page["rev"]
        if page["epoch"] != self.epoch or self.rev > page["rev"]:
            self._sync_from = page["rev"]
        self._merge(page["messages"])
        self._merge([self._beyond.pop(each["seq"]) for each in page["messages"] if each["seq"] in self._beyond])

    def take_entry(self, entry: Frame) -> None:
        """One room of a `sync` answer."""
        if entry["reset"] or entry["limited"]:
            self.messages.clear()
            self._beyond.clear()
        self.epoch, self.rev = entry["epoch"], entry["rev"]
        self.object = {name: value for name, value in entry.items() if name not in ("changes", "limited", "reset")}
        self._ahead.clear()
        self._sync_from = None
        self._take(entry["changes"])

    def take_event(self, event: Frame) -> None:
        if event["kind"] == "room" and event["room"]["room"] == self.key:
            self.object = copy.deepcopy(event["room"])
        elif event["kind"] == "message" and event["room"] == self.key:
            self._take_message(event["epoch"], event["message"])

    def _take_message(self, epoch: str, message: Frame) -> None:
        if epoch != self.epoch:
            self._sync_from = 0
            return
        self._take([message])
        if message["rev"] > self.rev:
            self._ahead.add(message["rev"])
        while self.rev + 1 in self._ahead:
            self.rev += 1
        self._ahead = {rev for rev in self._ahead if rev > self.rev}

    def _take(self, messages: list[Frame]) -> None:
        oldest = min(self.messages, default=0)
        self._merge([message for message in messages if message["seq"] >= oldest])
        for message in messages:
            known = self._beyond.get(message["seq"])
            if message["seq"] < oldest and (known is None or message["rev"] > known["rev"]):
                self._beyond[message["seq"]] = message

    def _merge(self, messages: list[Frame]) -> None:
        for message in messages:
            known = self.messages.get(message["seq"])
            if known is None or message["rev"] > known["rev"]:
                self.messages[message["seq"]] = message

    # What is done about losses

    def sync(self, asker: Requester) -> None:
        answer = asker.do("sync", rooms={self.key: self.position})
        [entry] = answer["rooms"]
        self.take_entry(entry)

    def check(self, asker: Requester) -> bool:
        """One heartbeat over a socket: syncs if the `pong` names this room, and says whether it did."""
        differs: bool = self.key in asker.do("ping", rooms=self.for_ping)["rooms"]
        if differs:
            self.sync(asker)
        return differs

    # What a person sees

    @property
    def head(self) -> int:
        known: int = self.object.get("head", 0)
        return max([known, *self.messages])

    def visible(self) -> dict[int, Frame]:
        cleared = self.object["me"]["cleared"]
        return {seq: message for seq, message in self.messages.items() if seq > cleared}

    def view(self) -> Frame:
        """The room's header, with what follows from the messages taken from them."""
        me = self.object["me"]
        return {
            **{name: self.object[name] for name in ("me", "peer", "topic", "can_send", "state")},
            "epoch": self.epoch,
            "rev": self.rev,
            "head": self.head,
            "unread": self.head - max(me["read"], me["cleared"]),
            "last_message": self.visible().get(self.head),
        }


def differences(mine: Replica, truth: Replica) -> dict[str, tuple[Any, Any]]:
    """Where a replica differs from what the server says, as {name: (replica's, server's)}."""
    pairs = {name: (mine.view()[name], truth.view()[name]) for name in truth.view()}
    shown, right = mine.visible(), truth.visible()
    if right:
        newer_or_same = {seq: message for seq, message in shown.items() if seq >= min(right)}
        pairs |= {f"message {seq}": (newer_or_same.get(seq), right.get(seq)) for seq in newer_or_same | right}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
