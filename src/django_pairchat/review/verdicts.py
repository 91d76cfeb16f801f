"""The verdicts of ``Policy.review()`` about a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

Span = tuple[int, int]
"""The place of a part of a text: where it starts, and where it ends, in code points."""

MASK: Final = "•"
"""The character that stands in place of each character that is masked."""


@dataclass(frozen=True, slots=True)
class Allow:
    """The text is stored as it is."""


@dataclass(frozen=True, slots=True)
class Warn:
    """The text is stored as it is, and the person who wrote it is shown ``notice``, in the active language."""

    notice: str


@dataclass(frozen=True, slots=True)
class Mask:
    """These parts of the text are replaced before it is stored. White space in them stays.

    With ``notice``, the person who wrote it is shown that.
    """

    spans: Sequence[Span]
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """The message waits until the host releases it. ``reason`` is for those who decide; the sender does not see it.

    It needs the app ``django_pairchat.held``. A text that is there already is not held: an edit or a reaction with this
    verdict is rejected.
    """

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    """The text is not stored. ``reason`` is shown to the person who wrote it, in place of a general sentence."""

    reason: str = ""


Verdict = Allow | Warn | Mask | Hold | Reject
ALLOW: Final = Allow()


def masked(text: str, spans: Iterable[Span]) -> str:
    """Return the text with these parts masked, as long as before."""
    characters = list(text)
    for start, end in spans:
        for place in range(max(start, 0), min(end, len(characters))):
            if not characters[place].isspace():
                characters[place] = MASK
    return "".join(characters)


def is_masked_from(stored: str, given: str) -> bool:
    """Return whether ``stored`` may be ``given`` with some of it masked."""
    return len(stored) == len(given) and all(one in (other, MASK) for one, other in zip(stored, given, strict=True))
