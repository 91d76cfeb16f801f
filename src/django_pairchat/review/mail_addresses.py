"""Mail addresses, and those that are spelled out so that no program should find them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .verdicts import Span

_TRIGGER = re.compile(r"@|골뱅이|앳|\( ?at|\[ ?at|\{ ?at|< ?at")
_LOCAL = r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}"
_AT = r"\s?(?:@|[(\[{<]\s?(?:at|@|골뱅이|앳)\s?[)\]}>]|골뱅이|앳)\s?"
_DOT = r"\s?(?:\.|[(\[{<]\s?(?:dot|점|닷)\s?[)\]}>]|닷|점|쩜)\s?"
_TOP = r"(?:[A-Za-z]{2,24}|컴|넷|코엠|케이알|케알)"
_PROVIDERS = r"(?:네이버|지메일|쥐메일|한메일|핫메일|다음|네이트|카카오|야후)"
_ADDRESS = re.compile(
    rf"{_LOCAL}{_AT}(?:{_PROVIDERS}(?:{_DOT}{_TOP}|컴|넷)?"
    rf"|[A-Za-z0-9](?:[A-Za-z0-9-]{{0,62}}{_DOT}){{1,4}}{_TOP}(?![A-Za-z0-9]))",
    re.IGNORECASE,
)
_SPELLED = re.compile(
    rf"{_LOCAL} at [a-z0-9-]+(?: dot [a-z0-9-]+)* dot (?:com|net|org|info|io|me|co|kr|jp|cn|uk|de|fr|es|eu|us)\b",
    re.IGNORECASE,
)


def mail_addresses(plain: str) -> Iterator[Span]:
    """Yield the places of mail addresses in a plain text."""
    lowered = plain.lower()
    if _TRIGGER.search(lowered):
        for match in _ADDRESS.finditer(plain):
            yield match.span()
    if " dot " in lowered:
        for match in _SPELLED.finditer(plain):
            yield match.span()
