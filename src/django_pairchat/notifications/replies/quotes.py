"""Find what a person wrote in a mail that also quotes the mail it answers.

Programs introduce a quotation in their own ways, in the language of the reader. So each mail begins with a line of the
chat's own, and the quotation is looked for there. What a program puts above that line names the sender of the mail.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from django.utils.translation import gettext as _

OPENING: Final = "##-"
CLOSING: Final = "-##"
MARKER: Final = re.compile(rf"{OPENING}(?:(?!{CLOSING}|{OPENING}).){{1,300}}{CLOSING}", re.DOTALL)
"""Its ends are what counts: the sentence may be in any language, in a broken charset, or on two lines."""

SIGNATURE: Final = "-- "
LABEL: Final = re.compile(r"[\s*]*[^\s:：*][^:：]{0,23}[:：]")
RULE: Final = re.compile(r"[\s>]*[-_=─—]{3,}[^\n]{0,60}")
ADDRESS: Final = re.compile(r"[^\s<>\"']+@[^\s<>\"']+")
INTRODUCTION_LINES: Final = 4
HEADER_LINES: Final = 12
DATE_DIGITS: Final = 6
ENDS: Final = " \t\N{NO-BREAK SPACE}\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069"
"""Spaces, and the marks with which programs isolate names in right-to-left texts."""


def marker() -> str:
    """Return the line at the top of a mail, in the active language."""
    return f"{OPENING} {_('Reply above this line')} {CLOSING}"


def reply_in(text: str, ours: Collection[str]) -> str:
    """Return what the person wrote. Without a marker in it, it is the whole text.

    ``ours`` are names and addresses of the sender and the receiver of the mail that is answered.
    """
    found = MARKER.search(text)
    if found is None:
        return _without_signature(text.split("\n")).strip()
    start = text.rfind("\n", 0, found.start()) + 1
    is_quoted = text[start : found.start()].lstrip().startswith(">")
    above = _without_signature(_without_introduction(text[:start].split("\n"), ours)).strip()
    below = _below(text[found.end() :].split("\n")[1:]) if is_quoted else ""
    return "\n\n".join(filter(None, (above, below)))


def _without_introduction(lines: list[str], ours: Collection[str]) -> list[str]:
    """Return the lines without what a program writes above a quotation."""
    names = {name.casefold() for name in ours if name}
    lines = _without_blank_end(lines)
    for count in range(1, min(INTRODUCTION_LINES, len(lines)) + 1):
        last = lines[-count:]
        if not last[0].strip():
            break
        if _is_introduction(" ".join(last), names):
            return lines[:-count]
    return _without_headers(lines, names)


def _is_introduction(text: str, names: set[str]) -> bool:
    """Return whether the text is a sentence such as "On …, Chat <chat@example.com> wrote:"."""
    text = text.casefold().rstrip(ENDS)
    digits = sum(map(str.isdigit, ADDRESS.sub("", text)))
    return text.endswith((":", "：")) and digits >= DATE_DIGITS and any(name in text for name in names)


def _without_headers(lines: list[str], names: set[str]) -> list[str]:
    """Return the lines without a list of headers, such as "From: …", and the rule above it."""
    start = len(lines)
    while (
        start and len(lines) - start < HEADER_LINES and (LABEL.match(lines[start - 1]) or RULE.match(lines[start - 1]))
    ):
        start -= 1
    block = lines[start:]
    labels = [line for line in block if LABEL.match(line)]
    if len(labels) < 2 or not any(name in line.casefold() for line in labels for name in names):
        return lines
    lines = _without_blank_end(lines[:start])
    while lines and RULE.fullmatch(lines[-1]):
        lines = _without_blank_end(lines[:-1])
    return lines


def _below(lines: Sequence[str]) -> str:
    """Return what the person wrote below or between the quoted lines; in between it stays with what it answers."""
    answers = [number for number, line in enumerate(lines) if line.strip() and not _is_quoted(line)]
    if not answers:
        return ""
    lines = lines[: answers[-1] + 1]
    quoted = [number for number, line in enumerate(lines) if line.strip("> \t") and _is_quoted(line)]
    if quoted:
        is_between = quoted[-1] > answers[0]
        lines = lines[quoted[0] if is_between else quoted[-1] + 1 :]
    return _without_signature(list(lines)).strip()


def _is_quoted(line: str) -> bool:
    return line.lstrip().startswith(">")


def _without_signature(lines: list[str]) -> str:
    end = lines.index(SIGNATURE) if SIGNATURE in lines else len(lines)
    return "\n".join(lines[:end])


def _without_blank_end(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip("> \t"):
        end -= 1
    return lines[:end]
