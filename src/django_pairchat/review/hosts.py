"""Hosts that look like one of the site's own and are another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Final

from .verdicts import Span

_HOST = re.compile(
    r"(?<![\w.@-])(?:https?://)?(?P<host>(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{1,60})(?![\w@-])"
)
_TRIGGER = re.compile(r"\.(?=[^\W\d_]{2}|xn--)(?<=\w\.)")
_LOOKS_LIKE: Final = {
    ord(character): letter
    for letter, characters in {
        "a": "аα",
        "b": "вьβ",
        "c": "сϲ",
        "d": "ԁ",
        "e": "еε3",
        "h": "һн",
        "i": "іιıι",
        "j": "јϳ",
        "k": "кκ",
        "l": "ӏ1ł",
        "m": "м",
        "n": "η",
        "o": "оοσ0øօ",
        "p": "рρ",
        "q": "ԛ",
        "r": "гr",
        "s": "ѕ5$",
        "t": "тτ",
        "u": "υս",
        "v": "νѵ",
        "w": "ԝωѡ",
        "x": "хχ",
        "y": "уүγ",
    }.items()
    for character in characters
}
"""Letters of other scripts, and digits, by the Latin letter that they look like. Accents are removed before."""
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("i", "l"))
_SCRIPTS: Final = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN")
SHORTEST: Final = 4
"""The length of a name from which one letter more, less or another makes a look-alike."""


def lookalike_hosts(text: str, hosts: Collection[str]) -> Iterator[Span]:
    """Yield the places of hosts that look like one of ``hosts``, or mix scripts in a name to look like any."""
    if not _TRIGGER.search(text):
        return
    own = tuple(sorted(host.lower().removeprefix("www.") for host in hosts))
    for match in _HOST.finditer(text):
        if is_lookalike(match["host"], own):
            yield match.span()


@lru_cache(maxsize=1024)
def is_lookalike(host: str, own: tuple[str, ...]) -> bool:
    """Return whether a host pretends to be one of the site's own, which are in lower case."""
    name = _decoded(host.lower().removeprefix("www."))
    if any(name == each or name.endswith(f".{each}") for each in own):
        return False
    return any(map(_mixes_scripts, name.split("."))) or any(_resembles(name, each) for each in own)


def _decoded(host: str) -> str:
    """Return the host with its international names as people see them."""
    labels = host.split(".")
    for place, label in enumerate(labels):
        if label.startswith("xn--"):
            try:
                labels[place] = label.encode().decode("idna")
            except UnicodeError:
                continue
    return ".".join(labels)


def _mixes_scripts(label: str) -> bool:
    if label.isascii():
        return False
    scripts = {unicodedata.name(character, "").partition(" ")[0] for character in label if character.isalpha()}
    return len(scripts.intersection(_SCRIPTS)) > 1


@lru_cache(maxsize=1024)
def _skeleton(name: str) -> str:
    plain = "".join(
        character
        for character in unicodedata.normalize("NFKD", name.casefold())
        if not unicodedata.combining(character)
    ).translate(_LOOKS_LIKE)
    for pair, letter in _PAIRS:
        plain = plain.replace(pair, letter)
    return plain


def _resembles(name: str, own: str) -> bool:
    seen, ours = _skeleton(name), _skeleton(own)
    if seen == ours or seen.startswith(f"{ours}.") or f".{ours}." in seen or seen.endswith(f".{ours}"):
        return True
    label = _name_of(ours)
    if len(label) < SHORTEST:
        return False
    # The host's own name as a part: shop-example.com of shop.example.
    joined = ours.replace(".", "-")
    if joined in seen:
        return True
    theirs = seen.split(".")
    same_end = seen.rpartition(".")[2] == ours.rpartition(".")[2]
    return same_end and any(_differs_once(each, label) for each in theirs)


def _name_of(host: str) -> str:
    """Return the longest label but the last: what people know a site by."""
    return max(host.split(".")[:-1] or [host], key=len)


def _differs_once(one: str, other: str) -> bool:
    """Return whether one letter more, less or another makes ``other`` of ``one``."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    if len(longer) == len(shorter):
        return one[start + 1 :] == other[start + 1 :]
    return longer[start + 1 :] == shorter[start:]
