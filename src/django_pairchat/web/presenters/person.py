"""A person as the pages show one."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...core.uploads import CONTINUES, FLAG

AVATAR_COLORS: Final = 6
_JOINER: Final = "\u200d"


@dataclass(frozen=True)
class PersonItem:
    """A person as the pages show one. The key is empty for a deleted account."""

    key: str
    name: str
    avatar: str | None = None
    url: str | None = None

    @classmethod
    def from_wire(cls, peer: Mapping[str, Any]) -> PersonItem:
        """Return the person in the ``peer`` of a room object."""
        return cls(peer["user"] or "", peer["name"], peer["avatar"], peer["url"])

    @property
    def initial(self) -> str:
        """Return the first letter of the name in capitals, as the browser client also cuts it."""
        return _first_letter(self.name.strip()).upper()

    @property
    def avatar_color(self) -> str:
        """The number of the avatar colour. The browser client computes the same."""
        return str(sum(map(ord, self.key)) % AVATAR_COLORS)


def _first_letter(text: str) -> str:
    """Return what a person sees as the first letter: with its accents, or an emoji of several characters."""
    if FLAG.match(text[:1]) and FLAG.match(text[1:2]):
        return text[:2]
    end = len(text[:1])
    while end < len(text) and _belongs_to(text[end - 1], text[end]):
        end += 1
    return text[:end]


def _belongs_to(before: str, character: str) -> bool:
    category = unicodedata.category(character)
    is_joined = character == _JOINER or (before == _JOINER and category == "So")
    return category[0] == "M" or is_joined or CONTINUES.match(character) is not None
