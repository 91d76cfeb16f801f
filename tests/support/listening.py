"""Hears what the services announce after a commit, and who is meant to know it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.dispatch import Signal
from django.test import TestCase

from django_pairchat.core.events import Event, FramePush, RoomChanged
from django_pairchat.signals import events_published


@contextmanager
def committed() -> Iterator[None]:
    """What waits for a commit happens at the end of the block, also inside a test's own transaction."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        yield


@dataclass
class Heard:
    changes: list[Event] = field(default_factory=list)

    def hear(self, changes: Sequence[Event], **kwargs: Any) -> None:
        self.changes.extend(changes)

    def for_user(self, user: Any) -> list[Event]:
        return [change for change in self.changes if str(user.pk) in change.users]

    def events(self, user: Any) -> list[dict[str, Any]]:
        """The frames that this user's sockets get as they are."""
        return [json.loads(change.frame) for change in self.for_user(user) if isinstance(change, FramePush)]

    def rooms(self, user: Any) -> list[str]:
        """The keys of the rooms of which this user was sent a new state."""
        return [change.room for change in self.for_user(user) if isinstance(change, RoomChanged)]


@contextmanager
def listening() -> Iterator[Heard]:
    """What is announced in the block, its transactions committed at the end of it."""
    heard = Heard()
    events_published.connect(heard.hear)
    try:
        with committed():
            yield heard
    finally:
        events_published.disconnect(heard.hear)


@contextmanager
def received(signal: Signal) -> Iterator[list[dict[str, Any]]]:
    """The payload of each sending of ``signal`` in the block, its transactions committed at the end of it."""
    payloads: list[dict[str, Any]] = []

    def receive(sender: Any, signal: Signal, **payload: Any) -> None:
        payloads.append(payload)

    signal.connect(receive)
    try:
        with committed():
            yield payloads
    finally:
        signal.disconnect(receive)
