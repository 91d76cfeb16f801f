"""Policies that a test puts into place with ``override_settings(PAIRCHAT=chosen(SomePolicy))``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import connection

from django_pairchat.exceptions import Rejected
from django_pairchat.policy import Policy, Profile
from django_pairchat.review import Allow, Hold, Mask, Reject, Verdict, Warn


def chosen(policy: type[Policy]) -> dict[str, Any]:
    return {**settings.PAIRCHAT, "POLICY": f"{policy.__module__}.{policy.__name__}"}


class NobodyOpens(Policy):
    def can_open(self, user: Any, peer: Any, topic: Any) -> bool:
        return False


class NobodySends(Policy):
    def can_send(self, user: Any, peer: Any, room: Any) -> bool:
        return False


class Openings(Policy):
    def openings(self, user: Any, room: Any) -> list[str]:
        return [f"Hello {room.peer_of(user)}!", "Is it there & free?", "When?", "A fourth one"]


class TripleTitles(Policy):
    def topic_title(self, topic: Any) -> str:
        return str(topic) * 3


class HoldsWhatHasNoTopic(Policy):
    def may_prune(self, room: Any) -> bool:
        return bool(room.topic_title)


class ClosesWhatIsSold(Policy):
    def closed_rooms(self, rooms: Any) -> Any:
        return rooms.filter(topic_title__startswith="Sold")


class RefusesSpam(Policy):
    def check_content(self, user: Any, room: Any, content: str) -> None:
        if "spam" in content:
            raise Rejected


class EditsAtOnce(Policy):
    edit_window = timedelta(0)


class EditsForEver(Policy):
    edit_window = None


class ReadsInPrivate(Policy):
    def shows_read_marks(self, user: Any) -> bool:
        return False


class KnowsNobody(Policy):
    def profiles(self, users: Any) -> dict[Any, Profile]:
        return {}


class LooksForTransactions(Policy):
    """Fails when it is asked inside a transaction that the services opened: a slow host must hold no lock."""

    expected_depth = 0

    def _look(self) -> None:
        depth = len(connection.savepoint_ids) + connection.in_atomic_block
        assert depth == self.expected_depth, "The policy was asked inside a transaction."

    def profiles(self, users: Any) -> dict[Any, Profile]:
        self._look()
        return super().profiles(users)

    def can_open(self, user: Any, peer: Any, topic: Any) -> bool:
        self._look()
        return True

    def can_send(self, user: Any, peer: Any, room: Any) -> bool:
        self._look()
        return True

    def shows_read_marks(self, user: Any) -> bool:
        self._look()
        return True

    def check_content(self, user: Any, room: Any, content: str) -> None:
        self._look()

    def review(self, user: Any, room: Any, content: str) -> Verdict:
        self._look()
        return Allow()

    def topic_title(self, topic: Any) -> str:
        self._look()
        return super().topic_title(topic)


class Reviews(Policy):
    """The first word of a text says what becomes of it."""

    asked: ClassVar[list[str]] = []

    def review(self, user: Any, room: Any, content: str) -> Verdict:
        self.asked.append(content)
        if content.startswith("warn") or content == "😮":
            return Warn(f"Careful: {content}")
        if content.startswith("mask"):
            return Mask([(5, len(content))], "A part was removed.")
        if content.startswith("hold") or content == "😢":
            return Hold("looks like spam")
        if content.startswith("reject") or content == "🙏":
            return Reject("Please write something else.")
        return Allow()
