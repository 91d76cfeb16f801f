"""Telephone numbers, as people write them to each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from .plain_text import count_digits, with_spoken_digits
from .verdicts import Span

_GAP = r"(?:[\W_ㅡ]{0,3}|\s?에\s?)"
_KOREAN_MOBILE = re.compile(
    rf"(?<![0-9])(?:(?:\+|00)?82{_GAP})?(?:"
    rf"01[016789]{_GAP}[0-9]{{3,4}}{_GAP}[0-9]{{4}}"
    r"|0[\W_]{1,3}1[\W_]{1,3}[016789](?:[\W_]{1,3}[0-9]){7,8}"
    r")(?![0-9])"
    rf"|(?<![0-9])(?:\+|00)?82{_GAP}1[016789]{_GAP}[0-9]{{3,4}}{_GAP}[0-9]{{4}}(?![0-9])"
)
_COUNTRIES = (
    r"(?:1|7|2[07]|2[1-69][0-9]|3[0-469]|3[578][0-9]|4[013-9]|42[013]|5[1-8]|5[09][0-9]|6[0-6]|6[78][0-9]"
    r"|8[1246]|8[058][0-9]|9[0-58]|9[679][0-9])"
)
_INTERNATIONAL = re.compile(
    rf"(?<![\w+])(?:\+|00)\s?{_COUNTRIES}(?:[ .\-()/]{{0,2}}[0-9]){{7,12}}(?![0-9]|[.,][0-9]{{3}}|\s?(?:원|won\b|%))"
)
_NATIONAL = re.compile(
    r"(?<![0-9])(?<![0-9][-.,/: ])\(?(?:"
    # Korea: a landline, on the Internet, or a personal one.
    r"0(?:2|[3-6][1-5]|70|50[2-8])(?:\)\s?|\s?[-.]\s?|\s)[0-9]{3,4}(?:\s?[-.]\s?|\s)[0-9]{4}"
    # North America.
    r"|(?:1[-. ])?(?:\(?[2-9][0-9]{2}\)\s?|[2-9][0-9]{2}[-. ])[2-9][0-9]{2}[-. ][0-9]{4}|1-8[0-9]{2}-[0-9]{3}-[0-9]{4}"
    # The United Kingdom.
    r"|07[0-9]{3}[ -][0-9]{3}[ -]?[0-9]{3}|0(?:20|1[0-9]{2,3}) [0-9]{3,4} [0-9]{4}"
    # France, Germany.
    r"|0[1-9](?:[ .-][0-9]{2}){4}|0(?:30|40|69|89|1[567][0-9])[ /-][0-9]{5,8}(?: [0-9]{1,4})?"
    # Japan, China.
    r"|0[0-9]{1,3}-[0-9]{2,4}-[0-9]{4}|1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4}"
    r")(?![0-9]|[-.,:/ ][0-9])"
)
_UNDIVIDED = re.compile(r"(?<![0-9])(?:0[0-9]{8,10}|[2-9][0-9]{2}[2-9][0-9]{6})(?![0-9])")
_ITS_NAME = re.compile(
    r"(?:전화|연락처|핸드폰|휴대폰|폰|\b(?:tel|phone|call|text|cell|mobile)\b|电话|電話)[^0-9]{0,8}$", re.IGNORECASE
)
_OTHER_NUMBER = re.compile(
    r"(?:주문|송장|택배|등기|예약|접수|승인|상품|사업자|시리얼|계좌|모델|S/N|IMEI|ISBN|order|tracking|no\.)[^0-9]{0,8}$",
    re.IGNORECASE,
)
_RUN = re.compile(r"[0-9](?:[^0-9]{0,4}[0-9]){7,}")
"""Where digits are close together. The other patterns are slow, and look at nothing else."""
FEWEST_DIGITS: Final = 9
AROUND: Final = 4
LOOK_BACK: Final = 16


def phone_numbers(plain: str) -> Iterator[Span]:
    """Yield the places of telephone numbers in a plain text."""
    spoken = with_spoken_digits(plain)
    runs = _runs(spoken)
    for start, end in runs:
        for match in _KOREAN_MOBILE.finditer(spoken, start, end):
            yield match.span()
    for start, end in runs if spoken is plain else _runs(plain):
        yield from _numbers_in(plain, start, end)


def _runs(plain: str) -> list[Span]:
    if count_digits(plain) < FEWEST_DIGITS:
        return []
    return [(max(run.start() - AROUND, 0), run.end() + AROUND) for run in _RUN.finditer(plain)]


def _numbers_in(plain: str, start: int, end: int) -> Iterator[Span]:
    for match in _INTERNATIONAL.finditer(plain, start, end):
        if count_digits(match[0]) >= FEWEST_DIGITS:
            yield match.span()
    for match in _NATIONAL.finditer(plain, start, end):
        if not _OTHER_NUMBER.search(plain, max(match.start() - LOOK_BACK, 0), match.start()):
            yield match.span()
    for match in _UNDIVIDED.finditer(plain, start, end):
        if _ITS_NAME.search(plain, max(match.start() - LOOK_BACK, 0), match.start()):
            yield match.span()
