"""A mail as it came, read so that nothing in it can raise: any program wrote it, and any server passed it on."""

from __future__ import annotations

import codecs
import email.policy
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.utils import getaddresses
from functools import cached_property
from typing import Any, Final

from .html_text import text_of_html

LARGEST_BYTES: Final = 25 * 1024 * 1024
"""The size of a mail above which only its headers are read. It is the limit of large providers."""

HEADERS_BYTES: Final = 256 * 1024
TEXT_BYTES: Final = 1_000_000
"""How much is read of each part that is a text. A message has 4000 characters."""

DEPTH_LIMIT: Final = 20
CHARSETS: Final = {
    # What these names stand for has letters that the standards of these names do not have, such as 똠.
    "euc-kr": "cp949",
    "euckr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc5601": "cp949",
    "windows-949": "cp949",
    "x-windows-949": "cp949",
    "ms949": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "iso-8859-1": "cp1252",
    "us-ascii": "utf-8",
}
NO_CHARSETS: Final = frozenset({"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"})
"""Codecs of Python's that are for no mail, and some of them slow."""

UNNAMED_CHARSETS: Final = ("utf-8", "cp949")
"""Tried in this order where a mail does not say in which charset it is."""

NO_FILES: Final = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature", "text/calendar"}
)
ADDRESSED_BY: Final = ("X-Original-To", "Delivered-To", "Envelope-To", "To", "Cc")
"""Where the address of a recipient may be. What the own server adds comes first: it is of this copy of the mail."""

BROKEN: Final = (MessageError, LookupError, ValueError, TypeError, AttributeError, AssertionError, RecursionError)
"""The errors of Python's own reader for headers and parts that nobody should write. They depend on its version."""


class IncomingMail:
    """The headers and the text of a mail."""

    def __init__(self, message: Message[Any, Any], *, is_whole: bool = True) -> None:
        self.message = message
        self.is_whole = is_whole

    @classmethod
    def parse(cls, raw: bytes) -> IncomingMail:
        """Return the mail. Of one that is too large only the headers are read. Raises ``Unreadable``."""
        is_whole = len(raw) <= LARGEST_BYTES
        read = raw if is_whole else re.split(rb"\r?\n\r?\n", raw[:HEADERS_BYTES], maxsplit=1)[0] + b"\n\n"
        try:
            return cls(message_from_bytes(read, policy=email.policy.default), is_whole=is_whole)
        except BROKEN as error:
            raise Unreadable from error

    def headers(self, name: str) -> list[str]:
        """Return the values of a header on one line each, as they came: reading their structure could raise."""
        found = (value for key, value in self.message.raw_items() if key.lower() == name.lower())
        return [_clean(" ".join(str(value).split())) for value in found]

    def header(self, name: str) -> str:
        """Return the first header of this name, empty if there is none."""
        return next(iter(self.headers(name)), "")

    def addresses(self, *names: str) -> list[str]:
        """Return the addresses in these headers, without names."""
        return [address for name in names for value in self.headers(name) for address in _addresses_in(value)]

    @property
    def recipients(self) -> list[str]:
        return self.addresses(*ADDRESSED_BY)

    @property
    def content_type(self) -> str:
        """The type in lower case, without parameters."""
        return self.header("Content-Type").partition(";")[0].strip().casefold()

    @cached_property
    def text(self) -> str:
        """The text that the sender wrote, with all that is quoted. Raises ``Unreadable``."""
        try:
            return "\n".join(_texts(self.message))
        except BROKEN as error:
            raise Unreadable from error

    @property
    def has_files(self) -> bool:
        """``True`` if the sender attached a file. A picture in the text, such as a logo, is none."""
        try:
            return any(
                part.get_content_disposition() == "attachment"
                and part.get_content_type() not in NO_FILES
                and "Content-ID" not in part
                for part in self.message.walk()
            )
        except BROKEN:
            return False


def _addresses_in(value: str) -> list[str]:
    try:
        return [address for _, address in getaddresses([value]) if address]
    except BROKEN:
        return []


class Unreadable(Exception):
    """The mail is so broken that it cannot be read."""


def _texts(part: Message[Any, Any], depth: int = 0) -> Iterator[str]:
    kind = part.get_content_type()
    if depth > DEPTH_LIMIT or part.get_content_disposition() == "attachment" or kind.startswith("message/"):
        return
    if part.is_multipart():
        children = part.get_payload()
        inner = ["\n".join(_texts(child, depth + 1)) for child in children if isinstance(child, Message)]
        if kind == "multipart/alternative":
            # The last is the most faithful: programs break the lines of the text alone.
            inner = [text for text in reversed(inner) if text.strip()][:1]
        yield from (text for text in inner if text.strip())
    elif kind == "text/html":
        yield text_of_html(_decoded(part))
    elif kind == "text/plain":
        text = _decoded(part).replace("\r\n", "\n").replace("\r", "\n")
        is_flowed = str(part.get_param("format", "")).lower() == "flowed"
        yield unflowed(text, joins=str(part.get_param("delsp", "")).lower() == "yes") if is_flowed else text


def _decoded(part: Message[Any, Any]) -> str:
    payload = part.get_payload(decode=True)
    data = payload[:TEXT_BYTES] if isinstance(payload, bytes) else b""
    given = str(part.get_param("charset", "") or "").strip("\"' ").lower()
    charsets = (CHARSETS.get(given, given),) if _is_known(given) else UNNAMED_CHARSETS
    for charset in charsets:
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    return data.decode(charsets[0], "replace")


def _is_known(charset: str) -> bool:
    """Return whether there is a codec of this name for texts."""
    try:
        found = codecs.lookup(CHARSETS.get(charset, charset))
    except (LookupError, ValueError):
        return False
    return found._is_text_encoding and found.name.replace("-", "_") not in NO_CHARSETS


def unflowed(text: str, *, joins: bool) -> str:
    """Return the paragraphs of a text whose lines a program has broken (RFC 3676), each on one line."""
    lines: list[list[str]] = []
    open_depth = -1
    for raw in text.split("\n"):
        content = raw.lstrip(">")
        depth = len(raw) - len(content)
        content = content.removeprefix(" ")
        if open_depth == depth and content != "-- ":
            lines[-1].append(content)
        else:
            lines.append(["> " * depth, content])
        is_soft = content.endswith(" ") and content != "-- "
        open_depth = depth if is_soft else -1
        if is_soft and joins:
            lines[-1][-1] = content[:-1]
    return "\n".join(map("".join, lines))


def _clean(text: str) -> str:
    """Return the text without halves of characters, which no database takes."""
    return text.encode("utf-8", "replace").decode()
