"""What is pushed, and to whom; and that a snapshot and its events are the next snapshot (§4, §6, §7)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from .client import Frame, Person, Requester, Socket, new_client_id
from .conftest import Connect
from .helpers import needs_feature, settings, unseen_by
from .model import Replica, differences
from .shapes import assert_event


class Witness:
    """One connection that only listens, and what it makes of the events."""

    def __init__(self, socket: Socket, room: str) -> None:
        self.socket = socket
        self.replica = Replica.load(socket, room)
        self.room = room
        self._seen = len(socket.events)  # what came before the snapshot is in it

    def follow(self) -> dict[str, tuple[object, object]]:
        """Applies what has come, and says where that differs from the truth."""
        self.socket.ping()
        for event in self.socket.events[self._seen :]:
            assert_event(event)
            self.replica.take_event(event)
        self._seen = len(self.socket.events)
        return differences(self.replica, Replica.load(self.socket, self.room, limit=20))

    def agrees(self) -> None:
        """Waits until the events alone have led to what the server says, and holds it to that."""
        while left := self.follow():
            self.socket.receive_until(
                lambda: len(self.socket.events) > self._seen or None, f"an event that explains {left}"
            )


def told_of(act: Callable[[], object], room: str, *sockets: Socket) -> None:
    """For each connection: its snapshot before the act, and the events since, make its snapshot after it."""
    witnesses = [Witness(socket, room) for socket in sockets]
    act()
    for witness in witnesses:
        witness.agrees()


@pytest.fixture
def everybody(me: Person, peer: Person, connect: Connect) -> list[Socket]:
    """Two connections of each of the two, none of which does anything itself."""
    return [connect(me), connect(me), connect(peer), connect(peer)]


Act = Callable[[Requester, Requester, str], object]


def own(asker: Requester, room: str) -> int:
    """The last message that this person wrote there."""
    user = asker.room_object(room)["peer"]["user"]
    messages = asker.newest(room, limit=100)
    seq: int = next(m["seq"] for m in reversed(messages) if m["sender"] != user and m["deleted_at"] is None)
    return seq


def until() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


ACTS: dict[str, tuple[str | None, Act]] = {
    "a message": (None, lambda me, peer, room: me.send(room)),
    "a message of the peer": (None, lambda me, peer, room: peer.send(room)),
    "a reply": ("reply", lambda me, peer, room: me.send(room, reply_to=peer.send(room)["seq"])),
    "messages of both": (None, lambda me, peer, room: [asker.send(room) for asker in (me, peer, me)]),
    "a message sent twice": (
        None,
        lambda me, peer, room: [me.send(room, "twice", client_id=client_id) for client_id in [new_client_id()] * 2],
    ),
    "an edit": (
        "edit",
        lambda me, peer, room: me.do("edit", room=room, seq=own(me, room), content=new_client_id()),
    ),
    "a deletion": ("delete", lambda me, peer, room: me.do("delete", room=room, seq=own(me, room))),
    "a reaction": (
        "react",
        lambda me, peer, room: me.do("react", room=room, seq=own(peer, room), emoji="🎈"),
    ),
    "a reaction taken back": (
        "react",
        lambda me, peer, room: [me.do("react", room=room, seq=own(peer, room), emoji=emoji) for emoji in ("🎈", None)],
    ),
    "a reading": ("read", lambda me, peer, room: me.do("read", room=room, seq=peer.send(room)["seq"])),
    "a clearing": (
        None,
        lambda me, peer, room: me.do("settings", room=room, cleared=me.room_object(room)["head"] - 1),
    ),
}
SETTINGS: dict[str, Callable[[], Frame]] = {
    "an archiving": lambda: {"archived": True},
    "a muting": lambda: {"muted_until": until()},
    "a marking": lambda: {"marked_unread": True},
    "a block": lambda: {"blocked": True},
}


@pytest.mark.parametrize(("feature", "act"), ACTS.values(), ids=ACTS)
def test_every_act_is_told_to_all_connections_of_both(
    *, everybody: list[Socket], voice: Requester, peer: Person, topic_room: str, feature: str | None, act: Act
) -> None:
    if feature:
        needs_feature(everybody[0], feature)
    voice.send(topic_room)
    peer.send(topic_room)
    told_of(lambda: act(voice, peer, topic_room), topic_room, *everybody)


@pytest.mark.parametrize("wanted", SETTINGS.values(), ids=SETTINGS)
def test_every_setting_is_told_and_so_is_its_end(
    everybody: list[Socket], voice: Requester, room: str, wanted: Callable[[], Frame]
) -> None:
    witnesses = [Witness(socket, room) for socket in everybody]
    with settings(voice, room, **wanted()):
        for witness in witnesses:
            witness.agrees()
    for witness in witnesses:
        witness.agrees()


@pytest.mark.parametrize("act", ["the peer's message", "my own message", "my reading"])
def test_what_a_message_or_a_reading_does_to_settings_is_told_too(
    everybody: list[Socket], voice: Requester, peer: Person, room: str, act: str
) -> None:
    acts = {
        "the peer's message": lambda: peer.send(room),
        "my own message": lambda: voice.send(room),
        "my reading": lambda: voice.do("read", room=room, seq=voice.room_object(room)["head"]),
    }
    with settings(voice, room, archived=True, marked_unread=True):
        told_of(acts[act], room, *everybody)


def test_a_block_is_told_for_every_room_of_the_pair(
    mine: Socket, theirs: Socket, peer: Person, room: str, topic_room: str
) -> None:
    witnesses = [Witness(socket, key) for socket in (mine, theirs) for key in (room, topic_room)]
    with settings(peer, room, blocked=True):
        for witness in witnesses:
            witness.agrees()
    for witness in witnesses:
        witness.agrees()


def test_a_client_that_has_applied_all_events_has_nothing_to_repair(
    everybody: list[Socket], voice: Requester, peer: Person, room: str
) -> None:
    """A heartbeat after an ordinary message must not cost a catch-up."""
    witnesses = [Witness(socket, room) for socket in everybody]
    for asker in (voice, peer):
        asker.send(room)
        for witness in witnesses:
            witness.agrees()
            assert witness.socket.ping(rooms=witness.replica.for_ping)["rooms"] == []


def test_the_socket_that_sends_hears_of_it_too(mine: Socket, room: str) -> None:
    mine.forget_events()
    message = mine.send(room)
    event = mine.message_event(message)
    assert_event(event)
    assert event["epoch"] == mine.position(room)["epoch"]


def test_an_event_carries_the_message_as_the_answer_does(
    voice: Requester, mine: Socket, theirs: Socket, room: str
) -> None:
    for feature in ("edit", "delete", "react"):
        needs_feature(mine, feature)
    seq = voice.send(room)["seq"]
    theirs.forget_events()
    answers = [
        voice.do("edit", room=room, seq=seq, content="edited")["message"],
        voice.do("react", room=room, seq=seq, emoji="👍")["message"],
        voice.do("delete", room=room, seq=seq)["message"],
    ]
    for socket in (mine, theirs):
        for message in answers:
            socket.message_event(message)


def test_events_of_one_room_come_in_the_order_of_their_rev(mine: Socket, theirs: Socket, room: str) -> None:
    theirs.forget_events()
    last = [mine.send(room) for _ in range(5)][-1]
    theirs.message_event(last)
    revs = [event["message"]["rev"] for event in theirs.events if event["kind"] == "message"]
    assert revs == sorted(revs)
    assert revs == list(range(last["rev"] - 4, last["rev"] + 1))


def test_what_changes_nothing_is_told_to_nobody(voice: Requester, mine: Socket, theirs: Socket, room: str) -> None:
    needs_feature(mine, "edit")
    needs_feature(mine, "delete")
    client_id = new_client_id()
    same = voice.send(room, "the same", client_id=client_id)
    gone = voice.do("delete", room=room, seq=voice.send(room)["seq"])["message"]
    for socket in (mine, theirs):
        socket.message_event(gone)
        socket.forget_events()
    voice.do("send", room=room, client_id=client_id, content="the same")
    voice.do("edit", room=room, seq=same["seq"], content="the same")
    voice.do("delete", room=room, seq=gone["seq"])
    mark = voice.send(room)
    for socket in (mine, theirs):
        socket.message_event(mark)
        assert [e["message"] for e in socket.events if e["kind"] == "message"] == [mark]


def test_typing_is_told_to_the_peer_and_kept_nowhere(mine: Socket, theirs: Socket, room: str) -> None:
    needs_feature(mine, "typing")
    mine.send(room)
    before = mine.room_object(room), theirs.room_object(room)
    for on in (True, False):
        theirs.forget_events()
        mine.put("typing", room=room, on=on)
        assert_event(theirs.event("typing", room=room, user=mine.user, on=on))
    assert (mine.room_object(room), theirs.room_object(room)) == before


def test_a_private_setting_is_told_to_its_owner_only(
    *, voice: Requester, mine: Socket, theirs: Socket, stranger: Person, room: str, foreign_room: str
) -> None:
    with unseen_by(theirs, stranger, foreign_room):
        with settings(voice, room, archived=True, marked_unread=True):
            mine.room_event(room, lambda seen: seen["me"]["archived"])
        mine.room_event(room, lambda seen: not seen["me"]["archived"])


def test_events_go_to_http_clients_sockets_too(me: Person, mine: Socket, theirs: Socket, room: str) -> None:
    message = me.send(room)
    for socket in (mine, theirs):
        assert_event(socket.message_event(message))
