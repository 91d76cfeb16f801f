"""The heartbeat that notices a loss (§5, §8)."""

from .client import Frame, Person, Socket
from .helpers import settings


def known(socket: Socket, room: str) -> Frame:
    object_ = socket.room_object(room)
    return {name: object_[name] for name in ("epoch", "rev", "state")}


def test_a_ping_is_answered_by_a_pong_with_its_id(mine: Socket) -> None:
    request_id = mine.put("ping")
    pong = mine.answer(request_id)
    assert (pong["type"], pong["id"]) == ("pong", request_id)


def test_a_client_that_knows_everything_is_named_no_room(mine: Socket, room: str, long_room: str) -> None:
    rooms = {key: known(mine, key) for key in (room, long_room)}
    inbox = mine.do("inbox")["state"]
    pong = mine.ping(rooms=rooms, inbox=inbox)
    assert (pong["rooms"], pong["inbox"]) == ([], False)


def test_a_new_message_is_noticed(mine: Socket, theirs: Socket, room: str, long_room: str) -> None:
    rooms = {key: known(mine, key) for key in (room, long_room)}
    inbox = mine.do("inbox")["state"]
    theirs.send(room)
    pong = mine.ping(rooms=rooms, inbox=inbox)
    assert (pong["rooms"], pong["inbox"]) == ([room], True)


def test_a_changed_message_is_noticed(mine: Socket, theirs: Socket, room: str) -> None:
    seq = theirs.send(room)["seq"]
    rooms = {room: known(mine, room)}
    theirs.do("delete", room=room, seq=seq)
    assert mine.ping(rooms=rooms)["rooms"] == [room]


def test_a_read_mark_of_mine_is_noticed(mine: Socket, theirs: Socket, room: str) -> None:
    seq = theirs.send(room)["seq"]
    rooms = {room: known(mine, room)}
    inbox = mine.do("inbox")["state"]
    mine.do("read", room=room, seq=seq)
    pong = mine.ping(rooms=rooms, inbox=inbox)
    assert (pong["rooms"], pong["inbox"]) == ([room], True)


def test_a_read_mark_of_the_peer_is_noticed_where_it_shows(mine: Socket, theirs: Socket, room: str) -> None:
    seq = mine.send(room)["seq"]
    rooms = {room: known(mine, room)}
    shown = mine.room_object(room)["peer"]["read"]
    theirs.do("read", room=room, seq=seq)
    assert mine.ping(rooms=rooms)["rooms"] == ([] if shown is None else [room])


def test_a_setting_of_mine_is_noticed_by_me_only(mine: Socket, theirs: Socket, room: str) -> None:
    my_rooms, their_rooms = {room: known(mine, room)}, {room: known(theirs, room)}
    with settings(mine, room, archived=True):
        assert mine.ping(rooms=my_rooms)["rooms"] == [room]
        assert theirs.ping(rooms=their_rooms)["rooms"] == []


def test_a_block_is_noticed_by_both(mine: Socket, theirs: Socket, room: str) -> None:
    my_rooms, their_rooms = {room: known(mine, room)}, {room: known(theirs, room)}
    with settings(theirs, room, blocked=True):
        assert mine.ping(rooms=my_rooms)["rooms"] == [room]
        assert theirs.ping(rooms=their_rooms)["rooms"] == [room]


def test_another_epoch_and_a_rev_ahead_are_noticed(mine: Socket, room: str) -> None:
    position = known(mine, room)
    for other in ({"epoch": "another"}, {"rev": position["rev"] + 1}, {"rev": 0}, {"state": "another"}):
        assert mine.ping(rooms={room: {**position, **other}})["rooms"] == [room]


def test_an_inbox_of_another_state_is_noticed(mine: Socket) -> None:
    assert mine.ping(inbox="another")["inbox"] is True


def test_a_room_of_others_is_as_one_that_is_not_there(
    mine: Socket, peer: Person, foreign_room: str, missing_room: str
) -> None:
    with peer.connect() as theirs:
        position = known(theirs, foreign_room)
    for held in (position, {"epoch": "another", "rev": 0, "state": "another"}):
        foreign = mine.ping(rooms={foreign_room: held})["rooms"]
        missing = mine.ping(rooms={missing_room: held})["rooms"]
        assert [key.replace(foreign_room, missing_room) for key in foreign] == missing


def test_a_ping_changes_nothing(mine: Socket, theirs: Socket, room: str) -> None:
    theirs.send(room)
    before = mine.room_object(room)
    mine.ping(rooms={room: known(mine, room)}, inbox="another")
    assert mine.room_object(room) == before
