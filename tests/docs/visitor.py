"""Somebody at a browser without JavaScript: opens pages, and sends the forms on them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Self

import httpx


class Forms(HTMLParser):
    """The forms of a page: their address, and the values that they were rendered with."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self._open = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((given.get("action", ""), {}))
            self._open = True
        elif self._open and tag in {"input", "textarea"} and "name" in given:
            self.found[-1][1][given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False


class Visitor:
    """One person, with cookies of their own."""

    def __init__(self, site: str) -> None:
        self.client = httpx.Client(base_url=site, follow_redirects=True, timeout=30)
        self.page = ""
        self.address = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    @property
    def cookies(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())

    def open(self, address: str) -> str:
        return self._see(self.client.get(address))

    def send(self, to: str = "", **fields: str) -> str:
        """Send the form of this page that goes ``to`` this address, with these fields filled in."""
        values = dict(Forms(self.page).found)
        assert to in values, f"No form on {self.address} goes to {to!r}, but to {sorted(values)}."
        return self._see(self.client.post(to or self.address, data={**values[to], **fields}))

    def _see(self, answer: httpx.Response) -> str:
        assert answer.status_code == 200, f"{answer.url}: {answer.status_code}\n{answer.text}"
        self.page, self.address = answer.text, str(answer.url)
        return self.page

    def log_in(self, name: str, password: str) -> None:
        self.open("/accounts/login/")
        self.send(username=name, password=password)
