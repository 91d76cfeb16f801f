"""Reporting a room or a message to the host's desk (§5)."""

import pytest

from .client import Person, Requester, Socket
from .helpers import needs_feature, unseen_by, writing_nothing


@pytest.fixture(autouse=True)
def offered(mine: Socket) -> None:
    needs_feature(mine, "report")


def test_a_room_can_be_reported(voice: Requester, theirs: Socket, room: str) -> None:
    with writing_nothing(room, voice, theirs):
        assert voice.do("report", room=room, reason="rude")["type"] == "ok"


def test_a_message_can_be_reported(voice: Requester, theirs: Socket, room: str) -> None:
    seq = theirs.send(room)["seq"]
    with writing_nothing(room, voice, theirs):
        assert voice.do("report", room=room, seq=seq, reason="rude")["type"] == "ok"


@pytest.mark.parametrize("reason", ["x", "😀" * 1000], ids=["one letter", "1000 characters"])
def test_a_reason_has_up_to_1000_characters(mine: Socket, room: str, reason: str) -> None:
    assert mine.do("report", room=room, reason=reason)["type"] == "ok"


def test_a_message_that_is_not_there_cannot_be_reported(voice: Requester, room: str) -> None:
    voice.refused("not_found", "report", room=room, seq=voice.room_object(room)["head"] + 1, reason="rude")


def test_the_one_who_is_reported_is_told_nothing(
    mine: Socket, theirs: Socket, stranger: Person, room: str, foreign_room: str
) -> None:
    with unseen_by(theirs, stranger, foreign_room):
        mine.do("report", room=room, reason="rude")
