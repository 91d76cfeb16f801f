"""Numbers of bank accounts: international ones by their check digits, Korean ones beside the name of a bank."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from .plain_text import count_digits
from .verdicts import Span

_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:\s?[A-Za-z0-9]{4}){2,7}(?:\s?[A-Za-z0-9]{1,3})?(?![A-Za-z0-9])"
)
_IBAN_START = re.compile(r"[A-Za-z]{2}[0-9]{2}\s?[A-Za-z0-9]{4}")
_RUN = re.compile(r"[0-9](?:[\s-]{0,3}[0-9]){9}")
_LENGTHS: Final = {
    country: int(length)
    for each in (
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18",
        "FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20",
        "LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19",
        "SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20",
    )
    for country, length in ((word[:2], word[2:]) for word in each.split())
}
_BANK = re.compile(
    r"계좌|국민|신한|우리|하나|농협|기업|카카오\s?뱅크|카뱅|토스|토뱅|케이\s?뱅크|케뱅|새마을|수협|우체국|제일|씨티|산업은행|신협"
    r"|(?:부산|대구|광주|전북|경남|제주|아이엠|i?m)\s?(?:은행|뱅크)|\b(?:KB|NH|IBK|KDB|SC|MG)(?![A-Za-z])"
)
_BANK_NAMES: Final = (
    *(
        "계좌",
        "국민",
        "신한",
        "우리",
        "하나",
        "농협",
        "기업",
        "카카오",
        "카뱅",
        "토스",
        "토뱅",
        "케이",
        "케뱅",
        "새마을",
    ),
    *("수협", "우체국", "제일", "씨티", "은행", "뱅크", "신협", "KB", "NH", "IBK", "KDB", "SC", "MG"),
)
_NUMBER = re.compile(
    r"(?<![0-9.,-])(?:[0-9]{2,6}(?:\s?-\s?[0-9]{1,7}){1,4}|[0-9]{10,14})(?![0-9-]|[.,][0-9]|\s?(?:원|won))"
)
_OTHER_NUMBER = re.compile(r"주문|송장|택배|등기|소포|예약|접수|승인|상품|사업자|모델|카드|특허|order", re.IGNORECASE)
_DATE = re.compile(r"(?:19|20)[0-9]{2}-?(?:0[1-9]|1[0-2])-?(?:[0-2][0-9]|3[01])")
_MOBILE = re.compile(r"01[016789]-?[0-9]{3,4}-?[0-9]{4}$")
NEAR: Final = 16
DIGITS: Final = range(10, 17)


def account_numbers(plain: str) -> Iterator[Span]:
    """Yield the places of account numbers in a plain text."""
    if count_digits(plain) < DIGITS.start:
        return
    if _IBAN_START.search(plain):
        for match in _IBAN.finditer(plain):
            yield from _iban(plain, *match.span())
    if not _RUN.search(plain) or not any(name in plain for name in _BANK_NAMES):
        return
    for bank in _BANK.finditer(plain):
        number = _NUMBER.search(plain, bank.end(), bank.end() + NEAR + 24)
        if number is not None and number.start() - bank.end() <= NEAR and _is_account(plain, bank.end(), number):
            yield number.span()
        for before in _NUMBER.finditer(plain, max(bank.start() - 24, 0), bank.start()):
            if bank.start() - before.end() <= 3 and _is_account(plain, before.start(), before):
                yield before.span()


def _is_account(plain: str, between: int, number: re.Match[str]) -> bool:
    text = re.sub(r"\s", "", number[0])
    if sum(map(str.isdigit, text)) not in DIGITS or _DATE.match(text) or _MOBILE.match(text):
        return False
    return not _OTHER_NUMBER.search(plain, max(min(between, number.start() - NEAR), 0), number.start())


def _iban(plain: str, start: int, end: int) -> Iterator[Span]:
    """Yield the span of the longest beginning that is a number with right check digits: words may follow it."""
    length = _LENGTHS.get(plain[start : start + 2].upper())
    if length is None:
        return
    compact = ""
    for place in range(start, end):
        if not plain[place].isspace():
            compact += plain[place].upper()
        if len(compact) == length:
            if _is_valid(compact) and not plain[place + 1 : place + 2].isalnum():
                yield start, place + 1
            return


def _is_valid(iban: str) -> bool:
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1
