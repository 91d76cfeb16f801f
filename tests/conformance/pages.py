"""Reads a site's pages as a visitor does: follows links, collects forms, finds topic tokens."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from .client import Person

MOST_PAGES = 60
MOST_OF_A_KIND = 2


@dataclass
class Form:
    """Where a form of a page leads, and its fields' values."""

    page: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Pages:
    """What a walk through a site came by."""

    visited: set[str] = field(default_factory=set)
    forms: list[Form] = field(default_factory=list)


class _Page(HTMLParser):
    """Links and forms of one page, as paths of the same site."""

    def __init__(self, path: str, url: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._path = path
        self._url = url
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and (link := self._on_this_site(given.get("href", ""))):
            self.links.append(link)
        elif tag == "form" and (action := self._on_this_site(given.get("action", ""))):
            self.forms.append(Form(self._path, action))
            self._inside = True
        elif tag in ("input", "button", "textarea") and self._inside and "name" in given:
            self.forms[-1].fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False

    def _on_this_site(self, address: str) -> str | None:
        here = urlsplit(f"{self._url}{self._path}")
        there = urlsplit(urljoin(here.geturl(), address))
        if there.netloc != here.netloc:
            return None
        return f"{there.path}?{there.query}" if there.query else there.path


def walk(person: Person, start: str, *, within: str = "/", around: str | None = None) -> Pages:
    """Visits the pages under `within` that links lead to, except those under `around` and the way out."""
    pages = Pages()
    waiting = [start]
    while waiting and len(pages.visited) < MOST_PAGES:
        path = waiting.pop(0)
        if path in pages.visited or not _may_be_visited(person, path, within, around):
            continue
        pages.visited.add(path)
        answer = person.http.get(path)
        if answer.is_success and "html" in answer.headers.get("Content-Type", ""):
            page = _Page(path, person.site.url)
            page.feed(answer.text)
            pages.forms += page.forms
            waiting += page.links
    return pages


def _may_be_visited(person: Person, path: str, within: str, around: str | None) -> bool:
    if path.startswith(person.site.logout_path) or not path.startswith(within):
        return False
    return around is None or not path.startswith(around)


def few_of_each_kind(addresses: Iterable[str]) -> list[str]:
    """A few of those that differ in numbers only, such as the addresses of messages."""
    kinds: dict[str, list[str]] = {}
    for address in sorted(addresses):
        kinds.setdefault(re.sub(r"\d+", "0", address), []).append(address)
    return [address for kind in kinds.values() for address in kind[:MOST_OF_A_KIND]]


def tokens_by_author(person: Person) -> dict[str, list[str]]:
    """Topic tokens by the user whom they lead to, ordered by the page that offers them."""
    site = person.site
    pages = walk(person, site.topics_path, around=site.mount)
    buttons = [form for form in pages.forms if form.action == f"{site.mount}open/" and form.fields.get("topic")]
    found: dict[str, list[str]] = {}
    for form in sorted(buttons, key=lambda form: (len(form.page), form.page)):
        tokens = found.setdefault(form.fields.get("user", ""), [])
        if form.fields["topic"] not in tokens:
            tokens.append(form.fields["topic"])
    return found
