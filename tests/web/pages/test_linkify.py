"""Links in a text: the vectors that the browser client is held to as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from django_pairchat.templatetags.pairchat import pairchat_links, pairchat_marked
from django_pairchat.web.linkify import Piece, pieces

from .browser import Element, parse

VECTORS = json.loads((Path(__file__).parents[2] / "shared" / "links.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_vector(vector: dict[str, Any]) -> None:
    expected = [Piece(piece["text"], piece.get("href", "")) for piece in vector["pieces"]]
    assert list(pieces(vector["text"])) == expected
    assert "".join(piece.text for piece in expected) == vector["text"]


def text_of(child: Element | str) -> str:
    return child if isinstance(child, str) else "".join(map(str, child.children))


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_on_the_page_a_vector_is_text_and_links_and_nothing_else(vector: dict[str, Any]) -> None:
    shown = parse(pairchat_links(vector["text"]))
    assert "".join(text_of(child) for child in shown.children) == vector["text"]
    links = [element for element in shown if element.tag != "#document"]
    assert [link.tag for link in links] == ["a"] * len(links)
    assert [link["href"] for link in links] == [piece["href"] for piece in vector["pieces"] if "href" in piece]
    assert all(link["rel"] == "noopener noreferrer nofollow ugc" for link in links)


@pytest.mark.parametrize(
    "text", ["https://" * 500, "mailto:" + "a" * 4000, "https://a.kr/" + ")" * 3900, "tel:" * 1000]
)
def test_hostile_texts_are_read_quickly(text: str) -> None:
    assert "".join(piece.text for piece in pieces(text)) == text


def test_marking_escapes_the_text_and_the_query() -> None:
    shown = pairchat_marked("a <b> B.", "<B>")
    assert shown == "a <mark>&lt;b&gt;</mark> B."
    assert pairchat_marked("1.5 and 155", "1.5") == "<mark>1.5</mark> and 155"


class Counted(str):
    """Adds up how many letters are looked at to count something in it or in a part of it."""

    __slots__ = ()
    looked_at: ClassVar[int] = 0

    def count(self, *arguments: Any) -> int:  # type: ignore[override] # of the same meaning
        Counted.looked_at += len(self)
        return super().count(*arguments)

    def __getitem__(self, key: Any) -> str:
        return Counted(super().__getitem__(key)) if isinstance(key, slice) else super().__getitem__(key)


def test_thousands_of_brackets_are_counted_once() -> None:
    text = Counted("https://example.com/" + ")" * 4000)
    assert [piece.text for piece in pieces(text)] == ["https://example.com/", ")" * 4000]
    assert Counted.looked_at <= 4 * len(text)
