"""Catching up (§7)."""

import pytest

from .client import Frame, Person, Requester, Socket, new_client_id
from .helpers import needs_feature
from .shapes import assert_message, assert_room


def synced(asker: Requester, room: str, epoch: str, rev: int) -> Frame:
    entries: list[Frame] = asker.do("sync", rooms={room: {"epoch": epoch, "rev": rev}})["rooms"]
    assert [entry["room"] for entry in entries] == [room]
    return entries[0]


def revs(entry: Frame) -> list[int]:
    return [message["rev"] for message in entry["changes"]]


def test_a_client_that_has_everything_gets_no_changes(voice: Requester, room: str) -> None:
    position = voice.position(room)
    entry = synced(voice, room, **position)
    assert_room(entry)
    assert (entry["rev"], entry["changes"]) == (position["rev"], [])
    assert (entry["limited"], entry["reset"]) == (False, False)


def test_sends_edits_deletions_and_reactions_are_caught_up_with(
    voice: Requester, mine: Socket, theirs: Socket, room: str
) -> None:
    for feature in ("edit", "delete", "react"):
        needs_feature(mine, feature)
    old, older = theirs.send(room), theirs.send(room)
    position = mine.position(room)
    plain = mine.send(room)
    gone = mine.do("delete", room=room, seq=mine.send(room)["seq"])["message"]
    changed = mine.do("edit", room=room, seq=mine.send(room)["seq"], content="edited")["message"]
    edited = theirs.do("edit", room=room, seq=old["seq"], content="edited")["message"]
    reacted = mine.do("react", room=room, seq=older["seq"], emoji="👍")["message"]

    entry = synced(voice, room, **position)
    assert entry["changes"] == [plain, gone, changed, edited, reacted]
    assert entry["rev"] == reacted["rev"] == position["rev"] + 7
    assert (entry["limited"], entry["reset"]) == (False, False)
    for message in entry["changes"]:
        assert_message(message)


def test_a_message_changed_twice_comes_once_in_its_present_state(voice: Requester, mine: Socket, room: str) -> None:
    needs_feature(mine, "edit")
    position = mine.position(room)
    seq = mine.send(room)["seq"]
    mine.do("edit", room=room, seq=seq, content="one")
    last = mine.do("edit", room=room, seq=seq, content="two")["message"]
    assert synced(voice, room, **position)["changes"] == [last]


def test_changes_come_in_the_order_of_their_rev(voice: Requester, mine: Socket, theirs: Socket, room: str) -> None:
    needs_feature(mine, "react")
    messages = [theirs.send(room) for _ in range(3)]
    position = mine.position(room)
    for message in reversed(messages):
        mine.do("react", room=room, seq=message["seq"], emoji="👍")
    entry = synced(voice, room, **position)
    assert [message["seq"] for message in entry["changes"]] == [m["seq"] for m in reversed(messages)]
    assert revs(entry) == sorted(revs(entry))


def test_another_epoch_resets_the_client(voice: Requester, room: str) -> None:
    rev = voice.position(room)["rev"]
    entry = synced(voice, room, "another", rev)
    assert (entry["reset"], entry["limited"]) == (True, False)
    assert_newest_page(voice, room, entry)


def test_a_client_ahead_of_the_server_is_reset(voice: Requester, room: str) -> None:
    position = voice.position(room)
    entry = synced(voice, room, position["epoch"], position["rev"] + 1)
    assert (entry["reset"], entry["limited"]) == (True, False)
    assert_newest_page(voice, room, entry)


def assert_newest_page(asker: Requester, room: str, entry: Frame) -> None:
    seqs = [message["seq"] for message in entry["changes"]]
    assert seqs == list(range(entry["head"] - len(seqs) + 1, entry["head"] + 1))
    assert entry["changes"] == asker.newest(room, limit=len(seqs))
    assert len(seqs) == min(entry["head"], len(seqs)) >= min(entry["head"], 1)


@pytest.fixture(scope="module")
def descending_revs(me: Person, long_room: str) -> list[int]:
    """The `rev` of every message of the long room, greatest first."""
    messages: list[Frame] = []
    more = True
    while more:
        page = me.do("history", room=long_room, after=messages[-1]["seq"] if messages else 0, limit=100)
        messages += page["messages"]
        more = page["has_after"]
    return sorted((message["rev"] for message in messages), reverse=True)


def test_as_many_changes_as_allowed_come_whole(
    voice: Requester, mine: Socket, long_room: str, descending_revs: list[int]
) -> None:
    most = mine.limits["sync_changes"]
    epoch = voice.position(long_room)["epoch"]
    entry = synced(voice, long_room, epoch, descending_revs[most])
    assert revs(entry) == descending_revs[:most][::-1]
    assert (entry["limited"], entry["reset"]) == (False, False)


def test_more_changes_than_allowed_are_called_limited(
    voice: Requester, mine: Socket, long_room: str, descending_revs: list[int]
) -> None:
    most = mine.limits["sync_changes"]
    epoch = voice.position(long_room)["epoch"]
    for rev in (descending_revs[most + 1], 0):
        entry = synced(voice, long_room, epoch, rev)
        assert (entry["limited"], entry["reset"]) == (True, False)
        assert_newest_page(voice, long_room, entry)


def test_rooms_that_are_not_mine_are_left_out(
    voice: Requester, room: str, foreign_room: str, missing_room: str
) -> None:
    position = {"epoch": "a", "rev": 0}
    rooms = {foreign_room: position, missing_room: position, room: voice.position(room)}
    assert [entry["room"] for entry in voice.do("sync", rooms=rooms)["rooms"]] == [room]


@pytest.mark.parametrize(
    "key", ["", " ", "01", "-1", "1.0", "abc", "١", str(2**63), "1\0", "\ud800", "x" * 1000, "1" * 5000]
)
def test_keys_that_are_none_are_left_out(voice: Requester, room: str, key: str) -> None:
    rooms = {key: {"epoch": "a", "rev": 0}, room: voice.position(room)}
    assert [entry["room"] for entry in voice.do("sync", rooms=rooms)["rooms"]] == [room]


def test_several_rooms_are_synced_at_once(voice: Requester, room: str, long_room: str) -> None:
    rooms = {key: voice.position(key) for key in (room, long_room)}
    entries = voice.do("sync", rooms=rooms)["rooms"]
    assert {entry["room"] for entry in entries} == {room, long_room}
    for entry in entries:
        assert_room(entry)


def test_no_rooms_are_no_rooms(voice: Requester) -> None:
    assert voice.do("sync", rooms={})["rooms"] == []


def test_more_rooms_than_allowed_are_a_bad_request(voice: Requester, mine: Socket) -> None:
    most = mine.limits["sync_rooms"]
    rooms = {new_client_id(): {"epoch": "a", "rev": 0} for _ in range(most + 1)}
    assert voice.refused("bad_request", "sync", rooms=rooms).get("field") == "rooms"
    rooms.popitem()
    assert voice.do("sync", rooms=rooms)["rooms"] == []


def test_an_empty_room_is_caught_up_with_from_nothing(voice: Requester, empty_room: str) -> None:
    entry = synced(voice, empty_room, **voice.position(empty_room))
    assert (entry["rev"], entry["changes"], entry["last_message"]) == (0, [], None)
    assert (entry["limited"], entry["reset"]) == (False, False)


def test_a_sync_reads_and_changes_nothing(voice: Requester, theirs: Socket, room: str) -> None:
    theirs.send(room)
    first = synced(voice, room, "another", 0)
    assert synced(voice, room, "another", 0) == first
    assert first["unread"] >= 1
