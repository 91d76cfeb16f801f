"""The list of rooms (§5)."""

import pytest

from .client import Frame, Person, Requester, Socket
from .helpers import settings
from .shapes import assert_room, is_count, is_text


def keys(rooms: list[Frame]) -> list[str]:
    return [room["room"] for room in rooms]


@pytest.fixture(autouse=True)
def rooms(room: str, long_room: str) -> list[str]:
    """At least two, so that there is something to order and to page."""
    return [room, long_room]


def test_the_inbox_has_whole_rooms(voice: Requester) -> None:
    inbox = voice.do("inbox")
    for room in inbox["rooms"]:
        assert_room(room)
    assert is_count(inbox["unread_rooms"])
    assert is_text(inbox["state"])
    assert inbox["next"] is None or is_text(inbox["next"])


def test_a_room_is_the_same_in_the_inbox_as_anywhere(voice: Requester) -> None:
    for room in voice.do("inbox", limit=3)["rooms"]:
        assert room == voice.room_object(room["room"])


def test_each_room_is_listed_once_newest_first(voice: Requester, rooms: list[str]) -> None:
    listed = voice.inbox_rooms()
    assert set(keys(listed)) >= set(rooms)
    assert len(set(keys(listed))) == len(listed)
    times = [room["last_message_at"] for room in listed]
    assert times == sorted(times, reverse=True)


def test_the_room_of_the_last_message_comes_first(voice: Requester, mine: Socket, room: str, long_room: str) -> None:
    mine.send(long_room)
    for newest, second in ((room, long_room), (long_room, room)):
        message = mine.send(newest)
        listed = voice.do("inbox", limit=2)["rooms"]
        assert keys(listed) == [newest, second]
        assert listed[0]["last_message"] == message


def test_pages_of_one_give_the_whole_list(voice: Requester) -> None:
    whole = voice.inbox_rooms()
    listed: list[Frame] = []
    before: Frame = {}
    for _ in whole:
        page = voice.do("inbox", limit=1, **before)
        assert len(page["rooms"]) == 1
        listed += page["rooms"]
        before = {"before": page["next"]}
    assert before == {"before": None}
    assert listed == whole


def test_the_limit_is_clamped(voice: Requester) -> None:
    whole = voice.inbox_rooms()
    assert keys(voice.do("inbox", limit=0)["rooms"]) == keys(whole[:1])
    assert keys(voice.do("inbox", limit=-3)["rooms"]) == keys(whole[:1])
    assert keys(voice.do("inbox", limit=10**9)["rooms"]) == keys(whole[:100])


def test_a_cursor_that_is_none_is_a_bad_request(voice: Requester) -> None:
    for cursor in ("abc", "1", "2026-01-01", "💥", "x" * 5000, "0" * 40):
        assert voice.refused("bad_request", "inbox", before=cursor).get("field") == "before"


def test_archived_rooms_are_listed_apart(voice: Requester, room: str) -> None:
    with settings(voice, room, archived=True):
        assert room in keys(voice.inbox_rooms(archived=True))
        assert room not in keys(voice.inbox_rooms())
        assert room not in keys(voice.inbox_rooms(archived=False))


def test_unread_rooms_counts_rooms_not_messages(voice: Requester, theirs: Socket, room: str) -> None:
    head = theirs.send(room)["seq"]
    voice.do("read", room=room, seq=head)
    before = voice.do("inbox")["unread_rooms"]
    theirs.send(room)
    assert voice.do("inbox")["unread_rooms"] == before + 1
    head = theirs.send(room)["seq"]
    assert voice.do("inbox")["unread_rooms"] == before + 1
    voice.do("read", room=room, seq=head)
    assert voice.do("inbox")["unread_rooms"] == before


def test_the_state_changes_with_what_the_list_shows(voice: Requester, theirs: Socket, room: str) -> None:
    states = [voice.do("inbox")["state"]]
    assert voice.do("inbox")["state"] == states[0]
    seqs = [theirs.send(room)["seq"] for _ in range(2)]
    states.append(voice.do("inbox")["state"])
    for seq in seqs:
        voice.do("read", room=room, seq=seq)
        states.append(voice.do("inbox")["state"])
    assert len(set(states)) == 4


def test_an_empty_room_is_listed_for_its_opener_only(me: Person, peer: Person, empty_room: str) -> None:
    assert me.room_object(empty_room)["head"] == 0
    assert empty_room in keys(me.inbox_rooms())
    assert empty_room not in keys(peer.inbox_rooms())
    assert empty_room not in keys(peer.inbox_rooms(archived=True))


def test_rooms_of_others_are_not_listed(voice: Requester, foreign_room: str) -> None:
    assert foreign_room not in keys(voice.inbox_rooms())
    assert foreign_room not in keys(voice.inbox_rooms(archived=True))


def test_the_inbox_reads_nothing(voice: Requester, theirs: Socket, room: str) -> None:
    theirs.send(room)
    first = voice.inbox_rooms()
    assert voice.inbox_rooms() == first
    assert any(listed["unread"] for listed in first)
