"""Read marks, and the exact number of unread messages (§2, §5)."""

import pytest

from .client import Person, Requester, Socket
from .helpers import needs_feature, settings, writing_nothing
from .shapes import assert_room


@pytest.fixture(autouse=True)
def offered(mine: Socket) -> None:
    needs_feature(mine, "read")


def test_unread_counts_each_message_of_the_peer(voice: Requester, theirs: Socket, room: str) -> None:
    head = theirs.send(room)["seq"]
    voice.do("read", room=room, seq=head)
    counted = []
    for _ in range(3):
        theirs.send(room)
        counted.append(voice.room_object(room)["unread"])
    assert counted == [1, 2, 3]


def test_reading_answers_the_room(voice: Requester, theirs: Socket, room: str) -> None:
    seqs = [theirs.send(room)["seq"] for _ in range(2)]
    answered = voice.do("read", room=room, seq=seqs[0])["room"]
    assert_room(answered)
    assert (answered["me"]["read"], answered["unread"]) == (seqs[0], 1)
    assert answered == voice.room_object(room)


def test_a_read_mark_only_moves_forward(voice: Requester, theirs: Socket, room: str) -> None:
    first = theirs.send(room)["seq"]
    for _ in range(3):
        theirs.send(room)
    marks = [voice.do("read", room=room, seq=first + step)["room"]["me"]["read"] for step in (1, 3, 2, 0)]
    assert marks == [first + step for step in (1, 3, 3, 3)]


def test_reading_what_is_not_there_yet_reads_to_the_end(voice: Requester, theirs: Socket, room: str) -> None:
    head = theirs.send(room)["seq"]
    answered = voice.do("read", room=room, seq=head + 1000)["room"]
    assert (answered["me"]["read"], answered["unread"]) == (head, 0)
    theirs.send(room)
    assert voice.room_object(room)["unread"] == 1


def test_reading_nothing_changes_nothing(voice: Requester, theirs: Socket, room: str) -> None:
    head = theirs.send(room)["seq"]
    voice.do("read", room=room, seq=head)
    with writing_nothing(room, voice, theirs):
        voice.do("read", room=room, seq=0)
        voice.do("read", room=room, seq=head)


def test_reading_makes_no_rev(voice: Requester, theirs: Socket, room: str) -> None:
    message = theirs.send(room)
    assert voice.do("read", room=room, seq=message["seq"])["room"]["rev"] == message["rev"]


def test_the_peer_sees_how_far_i_have_read(voice: Requester, theirs: Socket, room: str) -> None:
    seq = theirs.send(room)["seq"]
    voice.do("read", room=room, seq=seq)
    seen = theirs.room_object(room)["peer"]["read"]
    assert seen in (seq, None)  # null where the host keeps read marks private


def test_my_reading_leaves_the_peers_mark(voice: Requester, theirs: Socket, room: str) -> None:
    theirs_before = theirs.room_object(room)["me"]["read"]
    seq = voice.send(room)["seq"]
    voice.do("read", room=room, seq=seq)
    assert theirs.room_object(room)["me"]["read"] == theirs_before


@pytest.mark.parametrize("act", ["read", "send"])
def test_reading_and_sending_clear_the_unread_mark(voice: Requester, theirs: Socket, room: str, act: str) -> None:
    head = theirs.send(room)["seq"]
    with settings(voice, room, marked_unread=True) as marked:
        assert marked["me"]["marked_unread"] is True
        if act == "read":
            voice.do("read", room=room, seq=head)
        else:
            voice.send(room)
        assert voice.room_object(room)["me"]["marked_unread"] is False


def test_editing_and_reacting_read_nothing(voice: Requester, mine: Socket, theirs: Socket, room: str) -> None:
    needs_feature(mine, "edit")
    needs_feature(mine, "react")
    own = voice.send(room)["seq"]
    theirs.send(room)
    voice.do("edit", room=room, seq=own, content="edited")
    voice.do("react", room=room, seq=own, emoji="👍")
    room_object = voice.room_object(room)
    assert (room_object["me"]["read"], room_object["unread"]) == (own, 1)


def test_unread_is_the_same_wherever_it_is_asked(mine: Socket, me: Person, theirs: Socket, room: str) -> None:
    theirs.send(room)
    of_sync = mine.room_object(room)["unread"]
    of_inbox = [entry["unread"] for entry in me.inbox_rooms() if entry["room"] == room]
    assert of_inbox == [of_sync]
    assert of_sync >= 1
