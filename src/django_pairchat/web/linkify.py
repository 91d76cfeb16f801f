"""Recognition of links in a text. The browser client has the same rules, and tests/shared/links.json tests both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from unicodedata import category

# In these scripts particles and whole sentences follow a URL without a space, so they end it.
CJK: Final = "\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U00020000-\U0003ffff"
UNSPACED: Final = CJK + "\u0e00-\u109f\u1780-\u17ff\uff00-\uffef"
IN_CJK: Final = re.compile(f"[{CJK}]")
IN_UNSPACED: Final = re.compile(f"[{UNSPACED}]")
# Symbols that a browser reads as letters, if it finds them in a host.
LIKE_LETTERS: Final = re.compile("[\u2100-\u214f\u24b6-\u24e9\U0001f110-\U0001f189]")

# The patterns see a text in which each sign of these kinds is replaced by one of its kind (see `_Shapes`).
IN_PATH: Final = "\u00e9"
IN_HOST: Final = "\u0e01"
FORMAT: Final = "\u200b"
HOST: Final = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)*"
REST: Final = rf"[{IN_PATH}A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*"

START: Final = re.compile(r"(?<![A-Za-z0-9])(?:https?://|mailto:|tel:)", re.ASCII | re.IGNORECASE)
AUTHORITY: Final = re.compile(rf"({HOST})(?::([0-9]{{1,5}}))?", re.ASCII)
PATH: Final = re.compile(rf"[/?#]{REST}")
MAILBOX: Final = re.compile(rf"[A-Za-z0-9._%+-]+@({HOST})(\?{REST})?", re.ASCII)
NUMBER: Final = re.compile(r"\+?[0-9][0-9().-]+", re.ASCII)

# Text after a host that is not its path: then the host is not what it seems ("https://bank.example@evil.example").
# A sign outside ASCII may belong to the host: then a link to the part before it would lead elsewhere. Hangul, kana
# and Han are particles and sentences. What cannot be seen parts nothing, and some signs look like dots and hyphens.
UNSEEN: Final = f"[{FORMAT}\u115f\u1160\u3164\uffa0]*"
DOTS: Final = ".:\u2024\u3002\ufe52\uff0e\uff1a\uff61"
NOT_AFTER_HOST: Final = re.compile(
    rf"{UNSEEN}(?:[{DOTS}]?{UNSEEN}[{IN_PATH}{IN_HOST}A-Za-z0-9_@%\-\u2010\u2011\ufe63\ufe6b\uff0d\uff20]|:[.~])"
)
PUNCTUATION: Final = ".,:;!?'*"
BRACKETS: Final = {")": "(", "]": "["}


class Piece(NamedTuple):
    """A part of a text, and the URL that it links to (empty for plain text)."""

    text: str
    href: str = ""


class _Shapes(dict[int, str | int]):
    """Gives ``str.translate`` what stands for a sign in the patterns."""

    def __missing__(self, code: int) -> str | int:
        sign = chr(code)
        if code < 128 or IN_CJK.match(sign):
            return code
        kind = category(sign)
        if kind == "Cf":
            return FORMAT
        if (kind[0] in "LM" or kind == "Nd") and not IN_UNSPACED.match(sign):
            return IN_PATH
        return IN_HOST if kind[0] in "LMN" or LIKE_LETTERS.match(sign) else code


def pieces(text: str) -> Iterator[Piece]:
    """Split the text into plain parts and links. Joined again they are the text."""
    done = 0
    shape = text if text.isascii() or not START.search(text) else text.translate(_Shapes())
    for start in START.finditer(shape):
        if start.start() < done:
            continue
        end = _end_of_link(shape, start)
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
    return _end_of_url(text, start.end())


def _end_of_url(text: str, start: int) -> int | None:
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
    if not mailbox.group(2) and NOT_AFTER_HOST.match(text, mailbox.end()):
        return None
    return _without_punctuation(text, start, mailbox.end())


def _is_host(host: str) -> bool:
    """Return whether a browser accepts the host: one that ends in a number must be a valid IPv4 address."""
    last = host.rsplit(".", 1)[-1]
    if not re.fullmatch(r"[0-9]+|0[xX][0-9A-Fa-f]*", last):
        return True
    parts = host.split(".")
    return len(parts) == 4 and all(re.fullmatch(r"0|[1-9][0-9]{0,2}", part) and int(part) < 256 for part in parts)


def _without_punctuation(text: str, start: int, end: int) -> int:
    """Return the end of the link without final punctuation and without closing brackets that it did not open."""
    # Counted once, because a text may end in thousands of brackets.
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
