"""The letters that a search treats as equal, and the regular expression that finds all of them in a database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

FIRST_WITHOUT_CASE: Final = 0x30000
"""From this code point on no character has a case or a composed form. Looking at all code points would take 0.5 s."""


def folded(text: str) -> str:
    """Return the text case-folded letter by letter, so that ß is not ss, as in every database."""
    return "".join(map(_folded_letter, unicodedata.normalize("NFC", text)))


def _folded_letter(letter: str) -> str:
    lower = letter.casefold()
    return lower if len(lower) == 1 else letter


def pattern_of(text: str) -> str:
    """Return a regular expression for this text in every spelling of its letters: composed or not, in either case.

    Each database has its own rules for case and accents: to some ``ı`` is an ``i`` and ``é`` an ``e``. Letters that are
    spelled out do not depend on these rules. The matches are the texts that :func:`folded` treats as equal, with one
    exception: a letter of the query also matches if its accent or final consonant follows it in the text as a character
    of its own.
    """
    return "".join(map(_spelled, unicodedata.normalize("NFC", text)))


def occurrences(text: str, query: str) -> Iterator[tuple[int, int]]:
    """Yield where the query stands in the text, from and to which index, in whatever spelling the search finds it."""
    if not query:
        return
    for found in re.finditer(pattern_of(query), text):
        # An accent or a final consonant that follows as a character of its own makes another letter of the last one.
        if len(unicodedata.normalize("NFC", text[found.end() - 1 : found.end() + 1])) > 1 or found.end() == len(text):
            yield found.span()


@lru_cache(maxsize=1024)
def _spelled(letter: str) -> str:
    letters = sorted({letter, *_same_letters().get(_folded_letter(letter), ())})
    decomposed = sorted({unicodedata.normalize("NFD", each) for each in letters}.difference(letters))
    plain = "".join(each for each in letters if each.isascii())
    spellings = [f"[{plain}]" if len(plain) > 1 else re.escape(plain)] if plain else []
    # MariaDB compares bytes, so no character class may contain a letter of several bytes.
    spellings += [re.escape(each) for each in letters if not each.isascii()] + decomposed
    return spellings[0] if len(spellings) == 1 else f"(?:{'|'.join(spellings)})"


@lru_cache(maxsize=1)
def _same_letters() -> dict[str, set[str]]:
    """Return, by folded letter, all letters that fold to it."""
    same: dict[str, set[str]] = {}
    for number in range(FIRST_WITHOUT_CASE):
        letter = chr(number)
        if letter.casefold() == letter and unicodedata.is_normalized("NFC", letter):
            continue
        composed = unicodedata.normalize("NFC", letter)
        if len(composed) == 1:
            lower = _folded_letter(composed)
            same.setdefault(lower, {lower}).add(letter)
    return same
