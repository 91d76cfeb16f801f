"""Searching one's own rooms (§5)."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from .client import Frame, Person, Requester, Socket
from .helpers import needs_feature


@pytest.fixture(autouse=True)
def offered(mine: Socket) -> None:
    needs_feature(mine, "search")


def word() -> str:
    """One that no other message has."""
    return f"w{uuid4().hex[:12]}"


def found(asker: Requester, query: str, **fields: object) -> list[Frame]:
    messages: list[Frame] = asker.do("search", query=query, **fields)["messages"]
    return messages


def test_messages_of_both_people_are_found_newest_first(
    voice: Requester, mine: Socket, theirs: Socket, room: str, long_room: str
) -> None:
    mark = word()
    first = mine.send(room, f"one {mark}")
    second = theirs.send(room, f"{mark} two")
    third = mine.send(long_room, f"three {mark} three")
    assert found(voice, mark) == [third, second, first]
    assert found(voice, mark, room=room) == [second, first]


def test_a_word_that_nobody_wrote_is_not_found(voice: Requester) -> None:
    answer = voice.do("search", query=word())
    assert (answer["messages"], answer["next"]) == ([], None)


@pytest.mark.parametrize("sign", ["%", "_", "\\", "'", '"', "*", "?", "[a]", "😀", "한글", "<b>"])
def test_each_sign_stands_for_itself(voice: Requester, mine: Socket, room: str, sign: str) -> None:
    mark = word()
    message = mine.send(room, f"{mark}{sign}z and {mark}xz")
    assert found(voice, f"{mark}{sign}z") == [message]
    assert found(voice, f"{mark}{sign}y") == []


def test_wildcards_of_a_database_match_nothing_else(voice: Requester, mine: Socket, room: str) -> None:
    mark = word()
    mine.send(room, f"{mark}abc")
    for query in (f"{mark}%", f"{mark}_bc", f"%{mark}", f"{mark}a%c", f"{mark}*", f"{mark}\\", f"{mark}.bc"):
        assert found(voice, query) == [], query


def test_pages_of_one_give_all(voice: Requester, mine: Socket, theirs: Socket, room: str) -> None:
    mark = word()
    messages = [socket.send(room, f"{mark} {number}") for number, socket in enumerate([mine, theirs, mine])]
    assert list(pages(voice, mark)) == messages[::-1]


def pages(asker: Requester, query: str) -> Iterator[Frame]:
    before: Frame = {}
    while True:
        page = asker.do("search", query=query, limit=1, **before)
        yield from page["messages"]
        if page["next"] is None:
            return
        before = {"before": page["next"]}


def test_what_is_deleted_is_not_found(voice: Requester, mine: Socket, theirs: Socket, room: str) -> None:
    needs_feature(mine, "delete")
    mark = word()
    seq = mine.send(room, mark)["seq"]
    mine.do("delete", room=room, seq=seq)
    assert found(voice, mark) == found(theirs, mark) == []


def test_what_is_edited_is_found_by_its_present_text(voice: Requester, mine: Socket, room: str) -> None:
    needs_feature(mine, "edit")
    old, new = word(), word()
    seq = mine.send(room, old)["seq"]
    edited = mine.do("edit", room=room, seq=seq, content=new)["message"]
    assert (found(voice, old), found(voice, new)) == ([], [edited])


def test_what_is_cleared_is_not_found(voice: Requester, mine: Socket, theirs: Socket, topic_room: str) -> None:
    mark = word()
    cleared, kept = (theirs.send(topic_room, f"{mark} {number}") for number in range(2))
    voice.do("settings", room=topic_room, cleared=cleared["seq"])
    assert found(voice, mark) == found(voice, mark, room=topic_room) == [kept]
    assert found(theirs, mark) == [kept, cleared]


def test_what_others_write_is_not_found(voice: Requester, peer: Person, stranger: Person, foreign_room: str) -> None:
    mark = word()
    message = peer.send(foreign_room, mark)
    assert found(voice, mark) == []
    assert found(stranger, mark) == [message]


def test_the_longest_query_is_searched_for(voice: Requester, mine: Socket, room: str) -> None:
    text = f"{word()} ".ljust(100, "😀")
    message = mine.send(room, text)
    assert found(voice, text) == [message]


@pytest.mark.parametrize("query", ["a\0b", "a\ud83d"], ids=["NUL", "a lone surrogate"])
def test_a_query_that_is_no_text_is_refused(mine: Socket, query: str) -> None:
    answer = mine.request("search", query=query)
    assert answer.get("code") in ("bad_text", "bad_request")


def test_the_limit_is_clamped(voice: Requester, mine: Socket, theirs: Socket, room: str) -> None:
    mark = word()
    newest = [socket.send(room, mark) for socket in (mine, theirs)][-1]
    assert found(voice, mark, limit=0) == [newest]
    assert len(found(voice, mark, limit=10**9)) == 2


def test_the_query_that_is_too_long_or_missing_is_refused_over_http(me: Person) -> None:
    for params in ({}, {"query": ""}, {"query": "x" * 101}):
        answer = me.call("GET", "search/", params=params)
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
            400,
            "bad_request",
            "query",
        )
