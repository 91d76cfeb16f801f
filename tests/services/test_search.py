"""Search: literal, in one's own rooms, the same answer from every database."""

from __future__ import annotations

from typing import Any

import pytest

from django_pairchat.exceptions import BadRequest, NotFound
from django_pairchat.services import change_settings, delete, edit, open_room, search, send
from tests.conftest import People
from tests.support.counting import counted

TEXTS = [
    "Have you seen my red wallet?",
    "RED WALLET found at the station",
    "100% sure, it is not_mine",
    "100 percent",
    "notXmine",
    r"C:\wallet\red",
    "안녕하세요, 지갑을 찾았어요",
    "안녕하세요",
    "Ärger mit der STRASSE",
    "ärger mit der Straße",
    "ПрИвЕт, мир",
    "привет",
    "😀 wallet",
    "😁 wallet",
    "cafe\u0301",
    "caf\u00e9",
    "cafe",
    "İstanbul",
    "istanbul",
    "'; DROP TABLE pairchat_message; --",
    "line one\nline two",
]


@pytest.fixture
def library(room: Any, people: People) -> str:
    """The key of a room in which each of the texts was sent once."""
    for text in TEXTS:
        send(room, people.minji, text)
    return str(room.pk)


def texts(user: Any, query: str, **place: Any) -> list[str]:
    return [message.content for message in search(user, query, **place).messages]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("wallet", [12, 13, 5, 1, 0]),
        ("red wallet", [1, 0]),
        ("WALLET", [12, 13, 5, 1, 0]),
        ("100%", [2]),
        ("not_mine", [2]),
        ("\\", [5]),
        (r"C:\wallet", [5]),
        ("안녕", [7, 6]),
        ("지갑을 찾", [6]),
        ("ärger", [9, 8]),
        ("ÄRGER", [9, 8]),
        ("straße", [9]),
        ("strasse", [8]),
        ("istanbul", [18]),
        ("привет", [11, 10]),
        ("ПРИВЕТ", [11, 10]),
        ("приВет", [11, 10]),
        ("😀", [12]),
        ("caf\u00e9", [15, 14]),
        ("cafe\u0301", [15, 14]),
        ("'; DROP", [19]),
        ("one\nline", [20]),
        ("nothing like it", []),
        ("%", [2]),
        ("_", [19, 2]),
        (".*", []),
        ("?", [0]),
    ],
)
def test_a_query_finds_the_same_texts_on_every_database(
    library: str, people: People, query: str, found: list[int]
) -> None:
    assert sorted(texts(people.juwon, query)) == sorted(TEXTS[number] for number in found)
    assert texts(people.juwon, query) == texts(people.juwon, query, key=library)


def test_the_newest_is_first(library: str, people: People) -> None:
    messages = search(people.minji, "wallet").messages
    assert [message.seq for message in messages] == [14, 13, 6, 2, 1]


def test_only_own_rooms_are_searched(library: str, people: People) -> None:
    room = open_room(people.juwon, people.stranger)
    send(room, people.stranger, "another wallet")
    assert texts(people.stranger, "wallet") == ["another wallet"]
    assert "another wallet" in texts(people.juwon, "wallet")
    assert "another wallet" not in texts(people.minji, "wallet")
    assert texts(people.juwon, "wallet", key=str(room.pk)) == ["another wallet"]


def test_a_stranger_cannot_search_a_room(library: str, people: People) -> None:
    with pytest.raises(NotFound):
        search(people.stranger, "wallet", key=library)


def test_what_is_deleted_or_was_edited_away_is_not_found(library: str, people: People) -> None:
    delete(people.minji, library, 1)
    edit(people.minji, library, 2, "something else")
    assert texts(people.juwon, "red wallet") == []
    assert texts(people.juwon, "something else") == ["something else"]


def test_what_one_side_has_cleared_is_not_found_by_that_side(library: str, people: People) -> None:
    change_settings(people.juwon, library, cleared=10)
    assert texts(people.juwon, "wallet") == texts(people.juwon, "wallet", key=library) == [TEXTS[13], TEXTS[12]]
    assert len(texts(people.minji, "wallet")) == 5


@pytest.mark.parametrize("key_given", [True, False])
def test_the_pages_together_are_everything_once(library: str, people: People, key_given: bool) -> None:
    place = {"key": library} if key_given else {}
    everything = [message.seq for message in search(people.minji, "a", limit=100, **place).messages]
    page = search(people.minji, "a", limit=2, **place)
    found = [message.seq for message in page.messages]
    while page.next is not None:
        page = search(people.minji, "a", limit=2, before=page.next, **place)
        assert len(page.messages) <= 2
        found.extend(message.seq for message in page.messages)
    assert found == everything
    assert len(everything) > 6


@pytest.mark.parametrize("cursor", ["", "x", "W10", "\0"])
def test_a_cursor_that_no_page_gave_is_refused(people: People, cursor: str) -> None:
    with pytest.raises(BadRequest) as refused:
        search(people.minji, "wallet", before=cursor)
    assert refused.value.field == "before"


def test_a_search_is_one_statement(library: str, people: People) -> None:
    with counted() as statements:
        search(people.minji, "wallet")
    assert statements.count == 1
