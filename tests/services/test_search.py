"""Search: literal, in one's own rooms, the same answer from every database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from django_pairchat.exceptions import BadRequest, Busy, NotFound
from django_pairchat.services import change_settings, delete, edit, message_search, open_room, search, send
from django_pairchat.services.message_search import search_slots
from django_pairchat.utils.statement_timeout import StatementTimeout
from tests.conftest import People
from tests.support.counting import counted
from tests.support.options import SetOptions

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
    assert texts(people.juwon, query) == texts(people.juwon, query, room=library)


def test_the_newest_is_first(library: str, people: People) -> None:
    messages = search(people.minji, "wallet").messages
    assert [message.seq for message in messages] == [14, 13, 6, 2, 1]


def test_only_own_rooms_are_searched(library: str, people: People) -> None:
    room = open_room(people.juwon, people.stranger)
    send(room, people.stranger, "another wallet")
    assert texts(people.stranger, "wallet") == ["another wallet"]
    assert "another wallet" in texts(people.juwon, "wallet")
    assert "another wallet" not in texts(people.minji, "wallet")
    assert texts(people.juwon, "wallet", room=str(room.pk)) == ["another wallet"]


def test_a_stranger_cannot_search_a_room(library: str, people: People) -> None:
    with pytest.raises(NotFound):
        search(people.stranger, "wallet", room=library)


def test_what_is_deleted_or_was_edited_away_is_not_found(library: str, people: People) -> None:
    delete(people.minji, library, 1)
    edit(people.minji, library, 2, "something else")
    assert texts(people.juwon, "red wallet") == []
    assert texts(people.juwon, "something else") == ["something else"]


def test_what_one_side_has_cleared_is_not_found_by_that_side(library: str, people: People) -> None:
    change_settings(people.juwon, library, cleared=10)
    assert texts(people.juwon, "wallet") == texts(people.juwon, "wallet", room=library) == [TEXTS[13], TEXTS[12]]
    assert len(texts(people.minji, "wallet")) == 5


@pytest.mark.parametrize("key_given", [True, False])
def test_the_pages_together_are_everything_once(library: str, people: People, key_given: bool) -> None:
    place = {"room": library} if key_given else {}
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


@pytest.mark.parametrize(
    ("query", "text", "is_there"),
    [
        ("ı", "this is it", False),
        ("ı", "ısı", True),
        ("I", "ısı", False),
        ("é", "a message", False),
        ("É", "caf\u00e9", True),
        ("é", "CAFE\u0301", True),
        ("r\u00e9s", "re\u0301S and more", True),
        ("e", "caf\u00e9", False),
        ("ö", "o", False),
        ("ñ", "n", False),
        ("k", "300 \u212a", True),
        ("s", "wi\u017fe", True),
        ("σ", "ΣΊΣΥΦΟΣ", True),
        ("Σίσυφος", "σίσυφοσ", True),
        ("지갑", "\u110c\u1175\u1100\u1161\u11b8", True),
        ("\u110c\u1175\u1100\u1161\u11b8", "지갑", True),
        ("가", "각", False),
        ("가", "\u1100\u1161\u11a8", False),
        ("[s]k|.*(?:x){2}^$ \\d-#&~", "a [S]K|.*(?:X){2}^$ \\D-#&~ b", True),
        ("𐐀", "𐐨", True),
    ],
)
def test_letters_are_the_same_or_not_on_every_database(
    room: Any, people: People, query: str, text: str, is_there: bool
) -> None:
    send(room, people.minji, text)
    found = [text] if is_there else []
    assert texts(people.juwon, query) == texts(people.juwon, query, room=str(room.pk)) == found


@pytest.mark.parametrize("query", ["ı", "é", "nowhere"])
@pytest.mark.parametrize("in_room", [True, False])
def test_what_is_not_meant_is_not_fetched(
    room: Any, people: People, options: SetOptions, query: str, in_room: bool
) -> None:
    for number in range(12):
        send(room, people.minji, f"this is the message {number}")
    options(search_read_at_once=2)
    with counted() as statements:
        assert texts(people.juwon, query, **({"room": str(room.pk)} if in_room else {})) == []
    assert statements.count == 1 + in_room


def decomposed(number: int) -> str:
    """A text in which every database finds an e, and no reader does."""
    return f"e\u0301 {number}"


@pytest.mark.parametrize("in_room", [True, False])
def test_what_the_database_finds_and_nobody_meant_is_not_fetched_to_the_end(
    room: Any, people: People, options: SetOptions, in_room: bool
) -> None:
    send(room, people.minji, "e, at last")
    for number in range(12):
        send(room, people.minji, decomposed(number))
    place = {"room": str(room.pk)} if in_room else {}
    options(search_read_at_once=4)
    options(search_page_seconds=-1)
    with counted() as statements:
        page = search(people.juwon, "e", **place)
    assert (page.messages, statements.count) == ([], 1 + in_room)
    assert [message.content for message in _all(people.juwon, "e", **place)] == ["e, at last"]


def _all(user: Any, query: str, **place: Any) -> list[Any]:
    page = search(user, query, **place)
    found = list(page.messages)
    while page.next is not None:
        page = search(user, query, before=page.next, **place)
        found.extend(page.messages)
    return found


def given_up(*arguments: Any) -> Any:
    raise StatementTimeout


@pytest.fixture
def take_small_steps(monkeypatch: pytest.MonkeyPatch, options: SetOptions) -> Callable[[], None]:
    """Let searches from now on find that there is too much to look at, even in a small room."""

    def take() -> None:
        options(search_step=3, search_page_seconds=-1)
        monkeypatch.setattr(message_search, "_all_at_once", given_up)

    return take


@pytest.mark.parametrize("in_room", [True, False])
@pytest.mark.parametrize("query", ["a", "wallet", "nothing like it"])
def test_where_there_is_too_much_to_look_at_the_pages_are_parts_and_together_everything(
    library: str, people: People, take_small_steps: Callable[[], None], in_room: bool, query: str
) -> None:
    elsewhere = open_room(people.juwon, people.stranger)
    for number in range(7):
        send(elsewhere, people.stranger, f"a wallet, number {number}")
    change_settings(people.juwon, library, cleared=2)
    place = {"room": library} if in_room else {}
    everything = search(people.juwon, query, limit=100, **place).messages
    take_small_steps()
    page = search(people.juwon, query, **place)
    assert len(page.messages) <= 3
    assert page.next is not None
    assert _all(people.juwon, query, **place) == everything
    for limit in (1, 2):
        assert _all(people.juwon, query, limit=limit, **place) == everything


@pytest.mark.parametrize("in_room", [True, False])
def test_a_part_is_found_by_a_few_statements(
    library: str, people: People, take_small_steps: Callable[[], None], in_room: bool
) -> None:
    take_small_steps()
    with counted() as statements:
        search(people.minji, "nowhere", **({"room": library} if in_room else {}))
    assert statements.count == 2


@pytest.mark.parametrize("in_room", [True, False])
def test_texts_that_take_too_long_are_looked_at_in_shorter_steps(
    library: str, people: People, monkeypatch: Any, options: SetOptions, in_room: bool
) -> None:
    @contextmanager
    def given_up_unless_short(seconds: float, using: str) -> Iterator[None]:
        if seconds < message_search.SECONDS_PER_STATEMENT:
            raise StatementTimeout
        yield

    monkeypatch.setattr(message_search, "statement_timeout", given_up_unless_short)
    options(search_short_step=3)
    place = {"room": library} if in_room else {}
    page = search(people.minji, "wallet", **place)
    found = [message.content for message in page.messages]
    while page.next is not None:
        page = search(people.minji, "wallet", before=page.next, **place)
        found += [message.content for message in page.messages]
    assert found == [TEXTS[number] for number in (13, 12, 5, 1, 0)]


def test_a_database_that_takes_too_long_is_answered_busy(library: str, people: People, monkeypatch: Any) -> None:
    monkeypatch.setattr(message_search, "statement_timeout", given_up)
    for place in ({}, {"room": library}):
        with pytest.raises(Busy) as refused:
            search(people.minji, "wallet", **place)
        assert refused.value.retry_after
    monkeypatch.undo()
    assert texts(people.minji, "red wallet") == [TEXTS[1], TEXTS[0]]


def test_one_person_searches_once_at_a_time_and_the_others_meanwhile(
    library: str, people: People, options: SetOptions
) -> None:
    options(search_patience_seconds=0)
    with search_slots().enter(people.minji.pk, 1.0):
        with pytest.raises(Busy) as refused:
            search(people.minji, "wallet")
        assert refused.value.retry_after
        assert len(texts(people.juwon, "wallet")) == 5
    assert len(texts(people.minji, "wallet")) == 5
