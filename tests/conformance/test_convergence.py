"""Clients that lose, repeat and mix up what is pushed still end with the database's state (§1, §7, §8)."""

from collections.abc import Callable
from random import Random

import pytest

from .client import Frame, Person, Requester, Socket
from .helpers import needs_feature, settings
from .model import Replica, differences

LOST, REPEATED = 0.3, 0.2

Wire = Callable[[Random, list[Frame]], list[Frame]]


def lossy(random: Random, events: list[Frame]) -> list[Frame]:
    """Some events are lost, some come twice, and the order is anything."""
    kept = [event for event in events if random.random() >= LOST]
    kept += [event for event in kept if random.random() < REPEATED]
    random.shuffle(kept)
    return kept


def without_the_last(random: Random, events: list[Frame]) -> list[Frame]:
    return events[:-1]


def backwards_and_twice(random: Random, events: list[Frame]) -> list[Frame]:
    return events[::-1] + events


def silent(random: Random, events: list[Frame]) -> list[Frame]:
    return []


def talk(random: Random, me: Requester, peer: Requester, room: str) -> None:
    """A stretch of an ordinary conversation."""
    mine = [me.send(room)["seq"], me.send(room)["seq"]]
    theirs = [peer.send(room)["seq"]]
    acts: list[Callable[[], object]] = [
        lambda: me.send(room),
        lambda: peer.send(room),
        lambda: me.do("edit", room=room, seq=mine[0], content=f"edited {random.random()}"),
        lambda: me.do("delete", room=room, seq=mine[1]),
        lambda: peer.do("react", room=room, seq=mine[0], emoji="👍"),
        lambda: me.do("react", room=room, seq=theirs[0], emoji="🎉"),
        lambda: me.do("read", room=room, seq=theirs[0]),
        lambda: peer.do("read", room=room, seq=10**6),
        lambda: me.do("settings", room=room, marked_unread=random.random() < 0.5),
    ]
    random.shuffle(acts)
    for act in acts:
        act()


@pytest.fixture(autouse=True)
def offered(mine: Socket) -> None:
    for feature in ("edit", "delete", "react", "read"):
        needs_feature(mine, feature)


@pytest.mark.parametrize("wire", [lossy, without_the_last, backwards_and_twice, silent])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_client_on_a_bad_wire_converges_within_one_heartbeat(
    *, mine: Socket, me: Person, peer: Person, room: str, wire: Wire, seed: int
) -> None:
    random = Random(seed)
    mine.forget_events()
    replica = Replica.load(mine, room)
    talk(random, me, peer, room)
    mine.message_event(peer.send(room))

    for event in wire(random, mine.events):
        replica.take_event(event)
    if replica.knows_of_a_gap:
        replica.sync(mine)
    replica.check(mine)
    assert differences(replica, Replica.load(mine, room)) == {}
    assert replica.check(mine) is False


def test_a_client_that_only_polls_converges(me: Person, peer: Person, room: str) -> None:
    replica = Replica.load(me, room)
    for seed in (3, 4):
        talk(Random(seed), me, peer, room)
        replica.sync(me)
        assert differences(replica, Replica.load(me, room)) == {}


def test_a_client_that_was_away_for_long_starts_afresh(mine: Socket, long_room: str) -> None:
    replica = Replica.load(mine, long_room)
    replica.rev = 0  # as if it had left when the room was empty
    replica.messages = {1: {**mine.do("history", room=long_room, before=2)["messages"][0]}}
    assert replica.check(mine) is True
    assert 1 not in replica.messages
    assert differences(replica, Replica.load(mine, long_room)) == {}
    while min(replica.messages) > 1:
        replica.take_page(mine.do("history", room=long_room, before=min(replica.messages), limit=100))
    assert sorted(replica.messages) == list(range(1, replica.head + 1))


def test_an_older_page_that_crosses_a_change_shows_it_in_the_end(mine: Socket, theirs: Socket, room: str) -> None:
    """A change between a page's request and its answer, which the page does not show yet."""
    old = theirs.send(room)["seq"]
    for _ in range(2):
        theirs.send(room)
    replica = Replica.load(mine, room, limit=2)
    page = mine.do("history", room=room, before=old + 1, limit=1)
    edited = theirs.do("edit", room=room, seq=old, content="edited meanwhile")["message"]
    replica.take_event(mine.message_event(edited))
    replica.take_page(page)
    assert replica.messages[old] == edited
    replica.sync(mine)
    assert differences(replica, Replica.load(mine, room, limit=3)) == {}


def test_a_reset_replaces_what_a_client_holds(mine: Socket, peer: Person, room: str) -> None:
    peer.send(room)
    replica = Replica.load(mine, room)
    replica.epoch = "before the backup"
    replica.rev += 1000
    replica.messages[replica.head + 500] = {
        "seq": replica.head + 500,
        "rev": 10**6,
        "content": "never restored",
    }
    assert replica.check(mine) is True
    assert differences(replica, Replica.load(mine, room)) == {}


def test_a_setting_whose_event_was_lost_is_found_by_the_heartbeat(mine: Socket, me: Person, room: str) -> None:
    replica = Replica.load(mine, room)
    with settings(me, room, archived=True):
        assert replica.check(mine) is True
        assert replica.object["me"]["archived"] is True
    assert replica.check(mine) is True
    assert replica.object["me"]["archived"] is False
