"""Finds the links in a text. The browser client follows the same rules; tests/linkify.json holds both to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

# Letters of scripts that part words by spaces belong to an address; Hangul, kana and Han end it,
# because particles and whole sentences follow an address there without a space.
LETTERS: Final = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0370-\u052f"
HOST: Final = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)*"
REST: Final = rf"[{LETTERS}0-9\-._~:/?#\[\]@!$&'()*+,;=%]*"

START: Final = re.compile(r"(?<![A-Za-z0-9])(?:https?://|mailto:|tel:)", re.ASCII | re.IGNORECASE)
AUTHORITY: Final = re.compile(rf"({HOST})(?::([0-9]{{1,5}}))?", re.ASCII)
PATH: Final = re.compile(rf"[/?#]{REST}")
MAILBOX: Final = re.compile(rf"[A-Za-z0-9._%+-]+@({HOST})(\?{REST})?", re.ASCII)
NUMBER: Final = re.compile(r"\+?[0-9][0-9().-]+", re.ASCII)

# What follows a host without being its path: then the host was not what it seemed ("https://bank.example@evil.example").
NOT_AFTER_HOST: Final = re.compile(r"[A-Za-z0-9@_-]|:[A-Za-z0-9@%._~-]", re.ASCII)
PUNCTUATION: Final = ".,:;!?'*"
BRACKETS: Final = {")": "(", "]": "["}


class Piece(NamedTuple):
    """A stretch of a text, and the address it leads to (empty: plain text)."""

    text: str
    href: str = ""


def pieces(text: str) -> Iterator[Piece]:
    """The text cut into plain stretches and links; joined again they are the text."""
    done = 0
    for start in START.finditer(text):
        if start.start() < done:
            continue
        end = _end_of_link(text, start)
        if end is None:
            continue
        if start.start() > done:
            yield Piece(text[done : start.start()])
        link = text[start.start() : end]
        yield Piece(link, link)
        done = end
    if done < len(text):
        yield Piece(text[done:])


def _end_of_link(text: str, start: re.Match[str]) -> int | None:
    scheme = start.group().lower()
    if scheme == "mailto:":
        return _end_of_mailbox(text, start.end())
    if scheme == "tel:":
        number = NUMBER.match(text, start.end())
        return number and _without_punctuation(text, start.end(), number.end())
    return _end_of_address(text, start.end())


def _end_of_address(text: str, start: int) -> int | None:
    authority = AUTHORITY.match(text, start)
    if authority is None or NOT_AFTER_HOST.match(text, authority.end()):
        return None
    host, port = authority.groups()
    if not _is_host(host) or int(port or 0) > 65535:
        return None
    path = PATH.match(text, authority.end())
    return _without_punctuation(text, start, path.end()) if path else authority.end()


def _end_of_mailbox(text: str, start: int) -> int | None:
    mailbox = MAILBOX.match(text, start)
    if mailbox is None or not _is_host(mailbox.group(1)):
        return None
    return _without_punctuation(text, start, mailbox.end())


def _is_host(host: str) -> bool:
    """A browser reads a host that ends in a number as an IPv4 address, and refuses it when it is none."""
    last = host.rsplit(".", 1)[-1]
    if not re.fullmatch(r"[0-9]+|0[xX][0-9A-Fa-f]*", last):
        return True
    parts = host.split(".")
    return len(parts) == 4 and all(re.fullmatch(r"0|[1-9][0-9]{0,2}", part) and int(part) < 256 for part in parts)


def _without_punctuation(text: str, start: int, end: int) -> int:
    """Where the link ends when what ends the sentence, and brackets that it did not open, are left out."""
    # Counted once: a text may end in thousands of brackets.
    closing = {bracket: text.count(bracket, start, end) for bracket in BRACKETS}
    opened = {bracket: text.count(opening, start, end) for bracket, opening in BRACKETS.items()}
    while end > start:
        last = text[end - 1]
        if last in BRACKETS:
            if closing[last] <= opened[last]:
                break
            closing[last] -= 1
        elif last not in PUNCTUATION:
            break
        end -= 1
    return end
