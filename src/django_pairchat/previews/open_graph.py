"""Read the head of a page: its Open Graph data, or else its title and description."""

from __future__ import annotations

import codecs
import re
import unicodedata
from contextlib import suppress
from html.parser import HTMLParser
from typing import Final, NamedTuple
from urllib.parse import urljoin

LENGTHS: Final = {"title": 200, "description": 300, "site": 100}
NAMES: Final = {
    "og:title": "title",
    "og:description": "description",
    "og:site_name": "site",
    "og:image": "image",
    "og:image:url": "image",
    "og:image:secure_url": "image",
    "description": "meta description",
}
CHARSET: Final = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
HEAD_BYTES: Final = 1024
PYTHONS_OWN: Final = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
"""Codecs that no page has. Some take long for what a page may be."""


class Description(NamedTuple):
    """The texts to show of a page. ``image`` is the address of its picture; each is empty if there is none."""

    title: str
    description: str
    site: str
    image: str


def describe(content: bytes, charset: str, url: str) -> Description:
    """Return what the page at ``url`` says of itself. Markup that is broken or cut off is read as far as it goes."""
    reader = _Head()
    # For declarations that no browser minds.
    with suppress(AssertionError):
        reader.feed(_decoded(content, charset))
        # What was cut off within a title comes with this.
        reader.close()
    found = reader.found
    image = found.get("image", "").strip()
    return Description(
        _clean(found.get("title") or reader.title, "title"),
        _clean(found.get("description") or found.get("meta description", ""), "description"),
        _clean(found.get("site", ""), "site"),
        _joined(url, image),
    )


def _joined(url: str, image: str) -> str:
    try:
        return urljoin(url, image) if image else ""
    except ValueError:
        return ""


def _decoded(content: bytes, charset: str) -> str:
    named = CHARSET.search(content[:HEAD_BYTES])
    for name in (charset, named.group(1).decode("ascii") if named else "", "utf-8"):
        with suppress(LookupError, ValueError):
            if name and codecs.lookup(name).name not in PYTHONS_OWN:
                return content.decode(name, "replace")
    return ""


def _clean(text: str, name: str) -> str:
    """Return a text in one line, without signs that are not seen or that turn the direction of what follows."""
    visible = "".join(sign if unicodedata.category(sign)[0] != "C" else " " for sign in text)
    return " ".join(visible.split())[: LENGTHS[name]].strip()


class _Head(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, str] = {}
        self.title = ""
        self._in_title = False
        self._over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            self._over = True
        self._in_title = tag == "title" and not self.title
        if tag != "meta" or self._over:
            return
        given = dict(attrs)
        name = NAMES.get((given.get("property") or given.get("name") or "").strip().lower())
        if name and given.get("content"):
            # The first one counts.
            self.found.setdefault(name, str(given["content"]))

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title and not self._over:
            self.title += data
