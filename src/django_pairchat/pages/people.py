"""Somebody on a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

TONES: Final = 6


@dataclass(frozen=True)
class Person:
    """Somebody as the pages show them; without a key: an account that is gone."""

    key: str
    name: str
    avatar: str | None = None
    url: str | None = None

    @classmethod
    def from_wire(cls, peer: Mapping[str, Any]) -> Person:
        """The ``peer`` of a room object."""
        return cls(peer["user"] or "", peer["name"], peer["avatar"], peer["url"])

    @property
    def initial(self) -> str:
        return self.name[:1].upper()

    @property
    def tone(self) -> str:
        """Which of the avatar colours; the browser client reckons the same."""
        return str(sum(map(ord, self.key)) % TONES)
