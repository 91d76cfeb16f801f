"""Settings of one side: archive, mute, mark unread, clear, block (§2, §5, §6)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from .client import Frame, Person, Requester, Socket, new_client_id
from .helpers import fence, needs_feature, same_refusals, settings, unseen_by, writing_nothing
from .shapes import assert_room


def moment(**ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%S.123Z")


def is_listed(asker: Requester, room: str, *, archived: bool) -> bool:
    return room in [entry["room"] for entry in asker.inbox_rooms(archived=archived)]


# Mine only


@pytest.mark.parametrize(
    ("name", "value"), [("archived", True), ("marked_unread", True), ("muted_until", moment(hours=1))]
)
def test_a_setting_is_answered_kept_and_taken_back(voice: Requester, room: str, name: str, value: object) -> None:
    before = voice.room_object(room)
    with settings(voice, room, **{name: value}) as changed:
        assert_room(changed)
        assert changed["me"] == {**before["me"], name: value}
        assert voice.room_object(room) == changed
        assert changed["state"] != before["state"]
    assert voice.room_object(room)["me"] == before["me"]


@pytest.mark.parametrize(
    ("name", "value"), [("archived", True), ("marked_unread", True), ("muted_until", moment(hours=1))]
)
def test_a_setting_does_not_show_to_the_peer(
    voice: Requester, theirs: Socket, room: str, name: str, value: object
) -> None:
    with writing_nothing(room, theirs), settings(voice, room, **{name: value}):
        assert theirs.room_object(room)["me"][name] != value


def test_a_setting_makes_no_rev(voice: Requester, room: str) -> None:
    before = voice.room_object(room)
    with settings(voice, room, archived=True, muted_until=moment(days=1)) as changed:
        assert (changed["rev"], changed["head"]) == (before["rev"], before["head"])


def test_several_settings_are_changed_at_once(voice: Requester, room: str) -> None:
    until = moment(minutes=5)
    with settings(voice, room, archived=True, muted_until=until, marked_unread=True) as changed:
        me = changed["me"]
        assert (me["archived"], me["muted_until"], me["marked_unread"]) == (True, until, True)


def test_a_setting_repeated_changes_nothing(voice: Requester, room: str) -> None:
    with settings(voice, room, archived=True) as changed:
        assert voice.do("settings", room=room, archived=True)["room"] == changed


def test_one_wrong_setting_spoils_the_request(mine: Socket, me: Person, room: str) -> None:
    with writing_nothing(room, mine):
        for asker in (mine, me):
            error = asker.refused("bad_request", "settings", room=room, marked_unread=True, archived="yes")
            assert error["field"] == "archived"


# Archive


def test_an_archived_room_moves_to_the_other_list(voice: Requester, room: str) -> None:
    with settings(voice, room, archived=True):
        assert is_listed(voice, room, archived=True)
        assert not is_listed(voice, room, archived=False)
    assert is_listed(voice, room, archived=False)
    assert not is_listed(voice, room, archived=True)


def test_a_message_of_the_peer_brings_an_archived_room_back(voice: Requester, theirs: Socket, room: str) -> None:
    with settings(voice, room, archived=True):
        theirs.send(room)
        assert voice.room_object(room)["me"]["archived"] is False
        assert is_listed(voice, room, archived=False)


def test_a_reaction_of_the_peer_leaves_an_archived_room(
    voice: Requester, mine: Socket, theirs: Socket, room: str
) -> None:
    needs_feature(mine, "react")
    seq = voice.send(room)["seq"]
    with settings(voice, room, archived=True):
        theirs.do("react", room=room, seq=seq, emoji="👍")
        assert voice.room_object(room)["me"]["archived"] is True


# Clear


def test_what_is_cleared_is_hidden_from_me_everywhere_and_from_nobody_else(
    voice: Requester, mine: Socket, theirs: Socket, topic_room: str
) -> None:
    word = new_client_id()
    last = [theirs.send(topic_room, f"{word} {number}") for number in range(3)][-1]
    cleared = voice.do("settings", room=topic_room, cleared=last["seq"])["room"]
    assert_room(cleared)
    assert (cleared["me"]["cleared"], cleared["unread"], cleared["last_message"]) == (last["seq"], 0, None)
    assert cleared["head"] == last["seq"]
    for fields in ({}, {"before": last["seq"] + 1}, {"after": 0}, {"around": last["seq"]}):
        assert voice.do("history", room=topic_room, **fields)["messages"] == []
    reset = voice.do("sync", rooms={topic_room: {"epoch": "another", "rev": 0}})["rooms"][0]
    assert reset["changes"] == []
    assert word not in str(voice.inbox_rooms())
    if "search" in mine.features:
        assert voice.do("search", query=word)["messages"] == []
        assert len(theirs.do("search", query=word)["messages"]) == 3
    assert theirs.newest(topic_room) == [last]


def test_only_what_was_there_is_cleared(voice: Requester, theirs: Socket, topic_room: str) -> None:
    first, second = (theirs.send(topic_room) for _ in range(2))
    cleared = voice.do("settings", room=topic_room, cleared=first["seq"])["room"]
    assert (cleared["unread"], cleared["last_message"]) == (1, second)
    page = voice.do("history", room=topic_room)
    assert (page["messages"], page["has_before"]) == ([second], False)


def test_clearing_only_moves_forward(voice: Requester, theirs: Socket, topic_room: str) -> None:
    seq = theirs.send(topic_room)["seq"]
    voice.do("settings", room=topic_room, cleared=seq)
    for back in (seq - 1, 0):
        assert voice.do("settings", room=topic_room, cleared=back)["room"]["me"]["cleared"] == seq


def test_clearing_does_not_show_to_the_peer(voice: Requester, theirs: Socket, topic_room: str) -> None:
    seq = theirs.send(topic_room)["seq"]
    with writing_nothing(topic_room, theirs):
        voice.do("settings", room=topic_room, cleared=seq)


def test_a_change_of_what_is_cleared_does_not_come_back_by_a_sync(
    mine: Socket, theirs: Socket, topic_room: str
) -> None:
    needs_feature(mine, "edit")
    seq = theirs.send(topic_room)["seq"]
    mine.do("settings", room=topic_room, cleared=seq)
    position = mine.position(topic_room)
    theirs.do("edit", room=topic_room, seq=seq, content="edited after it was cleared")
    [entry] = mine.do("sync", rooms={topic_room: position})["rooms"]
    assert entry["changes"] == []
    assert entry["rev"] == position["rev"] + 1


# Block


@pytest.fixture(params=["I block", "the peer blocks"])
def block(request: pytest.FixtureRequest, me: Person, peer: Person, room: str) -> Iterator[Person]:
    """A block in force, from either side; gives who set it."""
    blocker = me if request.param == "I block" else peer
    with settings(blocker, room, blocked=True):
        yield blocker


@pytest.mark.usefixtures("block")
def test_neither_side_of_a_block_can_send_and_nothing_tells_the_two_apart(
    mine: Socket, theirs: Socket, room: str
) -> None:
    def attempt(socket: Socket) -> Frame:
        return socket.refused("cannot_send", "send", room=room, client_id=new_client_id(), content="hello?")

    with writing_nothing(room, mine, theirs):
        assert same_refusals(attempt(mine), attempt(theirs))
    assert mine.room_object(room)["can_send"] is theirs.room_object(room)["can_send"] is False


def test_only_the_one_who_blocks_sees_it(block: Person, me: Person, peer: Person, room: str) -> None:
    blocked = peer if block is me else me
    assert block.room_object(room)["me"]["blocked"] is True
    assert blocked.room_object(room)["me"]["blocked"] is False


@pytest.mark.usefixtures("block")
def test_a_block_is_the_same_over_http(me: Person, peer: Person, room: str) -> None:
    for person in (me, peer):
        error = person.refused("cannot_send", "send", room=room, client_id=new_client_id(), content="hello?")
        assert error["status"] == 403


def test_a_block_stops_editing_reacting_and_typing_but_not_deleting(
    mine: Socket, theirs: Socket, me: Person, peer: Person, room: str
) -> None:
    own, other = mine.send(room), theirs.send(room)
    for blocker in (me, peer):
        with settings(blocker, room, blocked=True):
            for socket, seq in ((mine, own["seq"]), (theirs, other["seq"])):
                with writing_nothing(room, mine, theirs):
                    socket.refused("cannot_send", "edit", room=room, seq=seq, content="edited")
                    socket.refused("cannot_send", "react", room=room, seq=seq, emoji="👍")
                    socket.refused("cannot_send", "typing", room=room, on=True)
    with settings(peer, room, blocked=True):
        tombstone = mine.do("delete", room=room, seq=own["seq"])["message"]
        assert tombstone["deleted_at"] is not None
        assert theirs.newest(room, limit=2)[0] == tombstone


def test_read_marks_do_not_cross_a_block(
    *, mine: Socket, theirs: Socket, me: Person, peer: Person, stranger: Person, room: str, foreign_room: str
) -> None:
    seqs = [theirs.send(room)["seq"] for _ in range(2)]
    for blocker, seq in zip((me, peer), seqs, strict=True):
        with (
            settings(blocker, room, blocked=True),
            writing_nothing(room, theirs),
            unseen_by(theirs, stranger, foreign_room),
        ):
            assert mine.do("read", room=room, seq=seq)["room"]["me"]["read"] == seq


@pytest.mark.usefixtures("block")
def test_typing_does_not_cross_a_block(
    mine: Socket, theirs: Socket, stranger: Person, room: str, foreign_room: str
) -> None:
    with unseen_by(theirs, stranger, foreign_room):
        mine.refused("cannot_send", "typing", room=room, on=True)


@pytest.mark.usefixtures("block")
def test_presence_does_not_cross_a_block(
    *, mine: Socket, theirs: Socket, stranger: Person, room: str, long_room: str
) -> None:
    needs_feature(mine, "presence")
    mine.do("focus", room=room, active=True)
    theirs.do("focus", room=room, active=True)
    fence(mine, stranger, long_room)
    assert [event for event in mine.events if event["kind"] == "presence" and event["online"]] == []


def test_presence_crosses_again_when_a_block_ends(
    *, mine: Socket, theirs: Socket, stranger: Person, room: str, long_room: str
) -> None:
    """Without a new ``focus``: the page in front of the person is the same."""
    needs_feature(mine, "presence")
    mine.do("focus", room=room, active=True)
    theirs.do("focus", room=room, active=True)
    with settings(theirs, room, blocked=True):
        mine.room_event(room, lambda seen: not seen["can_send"])
        # What was on its way before the block comes first.
        fence(mine, stranger, long_room)
        mine.forget_events()
        theirs.do("focus", room=room, active=False)
        theirs.do("focus", room=room, active=True)
        fence(mine, stranger, long_room)
        assert [event for event in mine.events if event["kind"] == "presence"] == []
    assert mine.event("presence", room=room)["online"] is True


def test_a_block_covers_every_room_of_the_pair(
    voice: Requester, me: Person, peer: Person, room: str, topic_room: str
) -> None:
    with settings(peer, topic_room, blocked=True):
        assert me.room_object(room)["can_send"] is False
        assert peer.room_object(room)["me"]["blocked"] is True
        voice.refused("cannot_send", "send", room=room, client_id=new_client_id(), content="here then?")
    assert me.room_object(room)["can_send"] is me.room_object(topic_room)["can_send"] is True


def test_a_block_covers_no_room_with_others(me: Person, peer: Person, room: str, long_room: str) -> None:
    with settings(peer, room, blocked=True):
        assert me.room_object(long_room)["can_send"] is True


def test_a_block_lets_the_peers_room_look_as_before_but_for_can_send(
    voice: Requester, theirs: Socket, peer: Person, room: str
) -> None:
    def seen() -> Frame:
        """What is free to change: the opaque state, and the one thing that a block is meant to show."""
        return {**voice.room_object(room), "state": None, "can_send": None}

    before = seen()
    with settings(theirs, room, blocked=True):
        during = seen()
    assert during == before


def test_a_room_can_be_written_in_again_after_a_block(mine: Socket, theirs: Socket, peer: Person, room: str) -> None:
    with settings(peer, room, blocked=True):
        assert mine.room_object(room)["can_send"] is False
    assert mine.room_object(room)["can_send"] is True
    assert theirs.newest(room)[0]["seq"] < mine.send(room)["seq"]


def test_history_stays_readable_under_a_block(mine: Socket, theirs: Socket, peer: Person, room: str) -> None:
    message = theirs.send(room)
    with settings(peer, room, blocked=True):
        assert mine.newest(room) == [message]
        if "search" in mine.features:
            assert mine.do("search", room=room, query=message["content"])["messages"] == [message]


def test_both_may_block_and_each_takes_back_their_own(me: Person, peer: Person, room: str) -> None:
    with settings(me, room, blocked=True):
        with settings(peer, room, blocked=True):
            assert me.room_object(room)["me"]["blocked"] is peer.room_object(room)["me"]["blocked"] is True
        assert peer.room_object(room)["can_send"] is me.room_object(room)["can_send"] is False
    assert peer.room_object(room)["can_send"] is me.room_object(room)["can_send"] is True
