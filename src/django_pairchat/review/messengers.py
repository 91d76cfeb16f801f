"""Names under which a person is found in another messenger, and links that lead there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .verdicts import Span

# In lower case, and each alternative begins with a letter: so the search is ten times as fast.
_SERVICE = re.compile(
    r"카카오\s?톡|카\W?톡|까\W?톡|k\W?톡|카ㅌ|ㅋㅏ톡|ㅋㅌ|카카오|오픈\s?챗|텔레그램|텔레|텔그|왓츠\s?앱|왓챕|위챗|微信号?|디스코드|디코"
    r"|인스타그램|인스타|스냅챗|바이버|스카이프|라인(?=\s?(?:아이디|id\b|[a-z0-9@]))"
    r"|kakao\s?talk|kakao|telegram|whats\s?app|wechat|discord|instagram|insta|snapchat|viber|zalo|skype"
)
_WEAK_SERVICE = re.compile(r"line|signal|tg|ig|dm|시그널")
# What each of them has, so that most texts need no further look.
_TRIGGER = re.compile(
    r"톡|ㅋㅌ|카ㅌ|카카오|챗|텔레|텔그|왓츠|왓챕|微信|디스코드|디코|인스타|바이버|스카이프|라인|시그널"
    r"|kakao|telegram|whats|wechat|discord|insta|snapchat|viber|zalo|skype"
)
_WEAK_TRIGGER = re.compile(r"(?:line|signal|tg|ig|dm)(?:\s?id\b|\s?[:=]|, )")
_NAME = r"@?[A-Za-z0-9][A-Za-z0-9._-]{2,30}[A-Za-z0-9_](?:\#[0-9]{4})?(?![A-Za-z0-9@])"
_AFTER = re.compile(
    r"(?P<marker>[\s,]{0,2}(?:아이디|아디|계정|\bid\b|id(?=[:\s])|号)?\s?(?:는|은|이|\bis\b)?\s?[:=(]?\s?)"
    rf"(?P<name>{_NAME})",
    re.IGNORECASE,
)
_SAID = re.compile(r"아이디|아디|계정|id|号|[:=(]", re.IGNORECASE)
_UNUSUAL = re.compile(r"[A-Za-z].*[0-9_#]|[0-9_].*[A-Za-z]|[A-Za-z]_")
_BEFORE = re.compile(
    r"(?<![A-Za-z0-9@.])(?P<name>[A-Za-z][A-Za-z0-9._-]{2,30})\s?(?:으?로)?\s?(?:카카오톡|카톡|텔레그램|텔레|라인)"
    r"(?=\s?(?:주세요|줘|추가|친추|이에요|예요|이요|입니다|으로|해|보내|$))"
)
_LINK = re.compile(
    r"(?:https?://)?(?<![A-Za-z0-9.-])(?:(?:open|pf)\.kakao\.com|t\.me|telegram\.me|wa\.me|line\.me|discord\.gg|m\.me)"
    r"/[\w/+%.~?=&-]*[\w/]",
    re.ASCII | re.IGNORECASE,
)
_LINK_TRIGGER = re.compile(r"\.(?:com|me|gg)/", re.IGNORECASE)
_BEFORE_TRIGGER = re.compile(r"[A-Za-z0-9_]\s?(?:으?로)?\s?(?:카|텔|라)")


def messenger_names(plain: str) -> Iterator[Span]:
    """Yield the places of names and links in a plain text."""
    if "/" in plain and _LINK_TRIGGER.search(plain):
        for match in _LINK.finditer(plain):
            yield match.span()
    # A few letters get longer in lower case.
    lowered = plain.lower() if len(plain.lower()) == len(plain) else plain
    if not _TRIGGER.search(lowered) and not _WEAK_TRIGGER.search(lowered):
        return
    for services in (_SERVICE, _WEAK_SERVICE):
        for service in services.finditer(lowered):
            after = _AFTER.match(plain, service.end()) if _is_whole(lowered, service) else None
            if after is not None and _is_name(after, is_strong=services is _SERVICE):
                yield after.span("name")
    if _BEFORE_TRIGGER.search(plain):
        for match in _BEFORE.finditer(plain):
            if _UNUSUAL.search(match["name"]):
                yield match.span("name")


def _is_whole(lowered: str, service: re.Match[str]) -> bool:
    """Return whether the name of a service in Latin letters is no part of a longer word."""
    if not service[0].isascii():
        return True
    around = lowered[service.start() - 1 : service.start()] + lowered[service.end() : service.end() + 1]
    return not any(character.isascii() and character.isalnum() for character in around)


def _is_name(after: re.Match[str], *, is_strong: bool) -> bool:
    """Return whether this is a name, and no word that follows the name of a service by chance."""
    name, is_said = after["name"], bool(_SAID.search(after["marker"]))
    if not re.search("[A-Za-z]", name):
        return False
    if name.startswith("@"):
        return is_strong or is_said
    is_unusual = bool(_UNUSUAL.search(name))
    return (is_said or is_unusual) if is_strong else (is_said and (is_unusual or "id" in after["marker"].lower()))
