"""A browser without JavaScript: it follows links, fills in forms and keeps cookies, and knows nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.http import HttpResponse
from django.test import Client

VOID = {"br", "hr", "img", "input", "link", "meta", "circle", "path"}


@dataclass
class Element:
    tag: str
    attrs: dict[str, str]
    children: list[Element | str] = field(default_factory=list)
    parent: Element | None = None

    def __getitem__(self, name: str) -> str:
        return self.attrs[name]

    def __iter__(self) -> Iterator[Element]:
        """This element and all within it, but nothing inside a ``<template>``."""
        yield self
        for child in self.children:
            if isinstance(child, Element) and self.tag != "template":
                yield from child

    @property
    def text(self) -> str:
        """What is read out: white space folded, nothing that is hidden."""
        return " ".join(self._text().split())

    def _text(self) -> str:
        if self.tag in {"template", "script", "dialog"} or "hidden" in self.attrs:
            return ""
        return "".join(child if isinstance(child, str) else child._text() for child in self.children)

    def all(self, tag: str | None = None, **attrs: str | bool) -> list[Element]:
        """Elements by tag and attributes; ``data_seq="3"`` is ``data-seq``, ``True`` any value."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [element for element in self if element._matches(tag, wanted)]

    def _matches(self, tag: str | None, wanted: dict[str, str | bool]) -> bool:
        if tag is not None and self.tag != tag:
            return False
        return all(
            (name in self.attrs) is value if isinstance(value, bool) else self.attrs.get(name) == value
            for name, value in wanted.items()
        )

    def one(self, tag: str | None = None, **attrs: str | bool) -> Element:
        found = self.all(tag, **attrs)
        assert len(found) == 1, f"{len(found)} elements for {tag} {attrs}"
        return found[0]

    def slot(self, name: str) -> Element:
        return self.one(data_pc_slot=name)


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Element("#document", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"An attribute twice on <{tag}>: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs}, parent=self.here)
        self.here.children.append(element)
        if tag not in VOID:
            self.here = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.here.tag == tag, f"</{tag}> closes <{self.here.tag}>"
        assert self.here.parent is not None
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)


def parse(markup: str) -> Element:
    """The elements of a page. Fails on tags that do not match and on attributes that are there twice."""
    builder = _Builder()
    builder.feed(markup)
    builder.close()
    assert builder.here is builder.root, f"<{builder.here.tag}> is never closed"
    return builder.root


class Browser:
    """One person's browser; ``follow`` and ``submit`` go where the page says."""

    def __init__(self, user: Any = None, **headers: str) -> None:
        self.client = Client(enforce_csrf_checks=True, headers=headers)
        if user is not None:
            self.client.force_login(user)

    def open(self, url: str) -> Page:
        return self._shown(url, self.client.get)

    def post(self, url: str, data: dict[str, Any]) -> Page:
        return self._shown(url, lambda address: self.client.post(address, data))

    def _shown(self, url: str, ask: Callable[[str], HttpResponse]) -> Page:
        trail = []
        response = ask(url)
        while response.status_code in {301, 302, 303}:
            url = urljoin(url, response["Location"])
            trail.append(url)
            assert len(trail) < 5, trail
            response = self.client.get(url)
        return Page(self, url, response, trail)


class Page:
    def __init__(self, browser: Browser, url: str, response: HttpResponse, trail: list[str]) -> None:
        self.browser = browser
        self.url = url
        self.response = response
        self.status = response.status_code
        self.trail = trail
        self.html = response.content.decode()
        self.root = parse(self.html)

    @property
    def text(self) -> str:
        return self.root.one("body").text

    @property
    def fragment(self) -> str:
        return urlsplit(self.url).fragment

    @property
    def messages(self) -> list[Element]:
        """The bubbles of the message list, top to bottom."""
        return [element for element in self.root.all("li", data_seq=True) if element["data-seq"]]

    @property
    def texts(self) -> list[str]:
        return [message.slot("content").text for message in self.messages]

    @property
    def rows(self) -> list[Element]:
        return self.root.all("li", class_="pc-row")

    def message(self, seq: int) -> Element:
        return self.root.one("li", id=f"m-{seq}")

    def link(self, text: str) -> Element:
        found = [element for element in self.root.all("a", href=True) if element.text == text]
        assert len(found) == 1, f"{len(found)} links {text!r}"
        return found[0]

    def follow(self, text: str) -> Page:
        return self.browser.open(urljoin(self.url, self.link(text)["href"]))

    def button(self, text: str) -> Element:
        found = [element for element in self.root.all("button") if element.text == text and _can_be_pressed(element)]
        assert len(found) == 1, f"{len(found)} buttons {text!r}"
        return found[0]

    def has_button(self, text: str) -> bool:
        return any(element.text == text and _can_be_pressed(element) for element in self.root.all("button"))

    def press(self, text: str, **values: str) -> Page:
        """Press the button with this text, its form filled in with ``values``."""
        button = self.button(text)
        form = _form_of(button)
        assert form is not None
        data = fields_of(form) | values
        if "name" in button.attrs:
            data[button["name"]] = button.attrs.get("value", "")
        address = urljoin(self.url, form.attrs.get("action", ""))
        if form.attrs.get("method", "get") == "post":
            return self.browser.post(address, data)
        query = "&".join(f"{name}={value}" for name, value in data.items())
        return self.browser.open(f"{address}?{query}")

    @property
    def composer(self) -> dict[str, str]:
        """What the form for a new message would send now."""
        return fields_of(self.root.one("form", data_pc_form="send"))


def _can_be_pressed(button: Element) -> bool:
    form = _form_of(button)
    return form is not None and not any("hidden" in element.attrs for element in _upwards(button))


def _upwards(element: Element) -> Iterator[Element]:
    here: Element | None = element
    while here is not None:
        yield here
        here = here.parent


def _form_of(element: Element) -> Element | None:
    return next((above for above in _upwards(element) if above.tag == "form"), None)


def fields_of(form: Element) -> dict[str, str]:
    """The values of a form's boxes, as they stand on the page."""
    values = {element["name"]: element.attrs.get("value", "") for element in form.all("input", name=True)}
    for box in form.all("textarea", name=True):
        # A browser drops the first line break, which the template writes for exactly that reason.
        values[box["name"]] = "".join(map(str, box.children)).removeprefix("\n")
    return values
