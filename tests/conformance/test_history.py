"""Paging through a room (§5)."""

import pytest

from .client import Frame, Person, Requester, Socket


@pytest.fixture(scope="module")
def everything(me: Person, long_room: str) -> list[Frame]:
    """All messages of the long room, gathered page by page from its beginning."""
    messages: list[Frame] = []
    more = True
    while more:
        page = me.do("history", room=long_room, after=messages[-1]["seq"] if messages else 0, limit=100)
        messages += page["messages"]
        more = page["has_after"]
    return messages


def seqs(page: Frame) -> list[int]:
    return [message["seq"] for message in page["messages"]]


def test_a_room_read_forward_has_every_seq_once(everything: list[Frame], me: Person, long_room: str) -> None:
    head = me.room_object(long_room)["head"]
    assert [message["seq"] for message in everything] == list(range(1, head + 1))


def test_a_room_read_backward_has_every_seq_once(everything: list[Frame], me: Person, long_room: str) -> None:
    messages: list[Frame] = []
    before: Frame = {}
    more = True
    while more:
        page = me.do("history", room=long_room, limit=37, **before)
        messages = page["messages"] + messages
        before = {"before": messages[0]["seq"]}
        more = page["has_before"]
    assert messages == everything


def test_a_page_says_which_state_of_the_room_it_shows(voice: Requester, long_room: str) -> None:
    page = voice.do("history", room=long_room)
    room = voice.room_object(long_room)
    assert (page["epoch"], page["rev"]) == (room["epoch"], room["rev"])
    assert isinstance(page["has_before"], bool)
    assert isinstance(page["has_after"], bool)


def test_the_newest_page_is_the_default(voice: Requester, long_room: str, everything: list[Frame]) -> None:
    page = voice.do("history", room=long_room)
    assert page["messages"] == everything[-50:]
    assert (page["has_before"], page["has_after"]) == (True, False)


def test_before_gives_what_comes_just_before(voice: Requester, long_room: str, everything: list[Frame]) -> None:
    page = voice.do("history", room=long_room, before=40, limit=10)
    assert page["messages"] == everything[29:39]
    assert (page["has_before"], page["has_after"]) == (True, True)


def test_after_gives_what_comes_just_after(voice: Requester, long_room: str, everything: list[Frame]) -> None:
    page = voice.do("history", room=long_room, after=40, limit=10)
    assert page["messages"] == everything[40:50]
    assert (page["has_before"], page["has_after"]) == (True, True)


def test_around_gives_a_page_with_the_message_in_it(voice: Requester, long_room: str, everything: list[Frame]) -> None:
    page = voice.do("history", room=long_room, around=100, limit=11)
    found = seqs(page)
    assert found[0] < 100 < found[-1]
    assert len(found) <= 11
    assert page["messages"] == everything[found[0] - 1 : found[-1]]
    assert (page["has_before"], page["has_after"]) == (True, True)


def test_the_first_page_has_nothing_before(voice: Requester, long_room: str) -> None:
    page = voice.do("history", room=long_room, before=6, limit=5)
    assert (seqs(page), page["has_before"], page["has_after"]) == ([1, 2, 3, 4, 5], False, True)
    page = voice.do("history", room=long_room, before=6, limit=4)
    assert (seqs(page), page["has_before"]) == ([2, 3, 4, 5], True)


def test_the_last_page_has_nothing_after(voice: Requester, long_room: str, everything: list[Frame]) -> None:
    head = everything[-1]["seq"]
    page = voice.do("history", room=long_room, after=head - 5, limit=5)
    assert (seqs(page), page["has_before"], page["has_after"]) == (
        list(range(head - 4, head + 1)),
        True,
        False,
    )
    page = voice.do("history", room=long_room, after=head - 5, limit=4)
    assert (seqs(page), page["has_after"]) == (list(range(head - 4, head)), True)


def test_there_is_nothing_before_the_first_and_after_the_last(
    voice: Requester, long_room: str, everything: list[Frame]
) -> None:
    head = everything[-1]["seq"]
    first = voice.do("history", room=long_room, before=1)
    last = voice.do("history", room=long_room, after=head)
    beyond = voice.do("history", room=long_room, after=head + 1000)
    assert (first["messages"], first["has_before"], first["has_after"]) == ([], False, True)
    assert (last["messages"], last["has_before"], last["has_after"]) == ([], True, False)
    assert (beyond["messages"], beyond["has_after"]) == ([], False)


def test_around_the_ends_there_is_nothing_further(voice: Requester, long_room: str, everything: list[Frame]) -> None:
    head = everything[-1]["seq"]
    first = voice.do("history", room=long_room, around=1, limit=10)
    last = voice.do("history", room=long_room, around=head, limit=10)
    assert seqs(first)[0] == 1
    assert (first["has_before"], first["has_after"]) == (False, True)
    assert seqs(last)[-1] == head
    assert (last["has_before"], last["has_after"]) == (True, False)


@pytest.mark.parametrize(("limit", "length"), [(1, 1), (0, 1), (-5, 1), (99, 99), (100, 100), (101, 100), (10**9, 100)])
@pytest.mark.parametrize("where", [{}, {"before": 150}, {"after": 5}], ids=["newest", "before", "after"])
def test_the_limit_is_clamped(voice: Requester, long_room: str, where: Frame, limit: int, length: int) -> None:
    assert len(voice.do("history", room=long_room, limit=limit, **where)["messages"]) == length


def test_two_anchors_at_once_are_refused(mine: Socket, long_room: str) -> None:
    for anchors in ({"before": 10, "after": 5}, {"before": 10, "around": 5}, {"after": 5, "around": 7}):
        mine.refused("bad_request", "history", room=long_room, **anchors)


@pytest.mark.parametrize("value", ["abc", "-1", "1.5", str(2**63), "1e3", "٣"])
@pytest.mark.parametrize("anchor", ["before", "after", "around"])
def test_an_anchor_in_an_address_must_be_a_seq(me: Person, long_room: str, anchor: str, value: str) -> None:
    answer = me.call("GET", f"rooms/{long_room}/messages/", params={anchor: value})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("value", ["abc", "1.5"])
def test_a_limit_in_an_address_must_be_a_number(me: Person, long_room: str, value: str) -> None:
    answer = me.call("GET", f"rooms/{long_room}/messages/", params={"limit": value})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_a_room_without_messages_has_an_empty_page(voice: Requester, empty_room: str) -> None:
    page = voice.do("history", room=empty_room)
    assert (page["rev"], page["messages"], page["has_before"], page["has_after"]) == (0, [], False, False)


def test_reading_history_reads_no_messages(voice: Requester, theirs: Socket, room: str) -> None:
    theirs.send(room)
    before = voice.room_object(room)
    voice.do("history", room=room)
    assert voice.room_object(room) == before
    assert before["unread"] >= 1
