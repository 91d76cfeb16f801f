"""Nobody but the two learns that a room exists: somebody else's answers as one that is not there (§5, §9)."""

from typing import Any

import pytest

from .client import Frame, Person, Socket, encode, new_client_id, twin
from .conftest import Connect
from .helpers import needs_feature, unseen_by, writing_nothing

REQUESTS: dict[str, tuple[str, Frame]] = {
    "send": ("send", {"client_id": new_client_id(), "content": "let me in"}),
    "send an empty text": ("send", {"client_id": new_client_id(), "content": " "}),
    "send a reply": ("send", {"client_id": new_client_id(), "content": "let me in", "reply_to": 1}),
    "send a text that is none": ("send", {"client_id": new_client_id(), "content": "a\0"}),
    "edit": ("edit", {"seq": 1, "content": "changed"}),
    "edit what cannot be there": ("edit", {"seq": 10**6, "content": "changed"}),
    "edit to nothing": ("edit", {"seq": 1, "content": ""}),
    "delete": ("delete", {"seq": 1}),
    "react": ("react", {"seq": 1, "emoji": "👍"}),
    "take a reaction back": ("react", {"seq": 1, "emoji": None}),
    "read": ("read", {"seq": 1}),
    "typing": ("typing", {"on": True}),
    "focus": ("focus", {"active": True}),
    "history": ("history", {}),
    "history before": ("history", {"before": 2}),
    "history after": ("history", {"after": 0, "limit": 1}),
    "history around": ("history", {"around": 1}),
    "archive": ("settings", {"archived": True}),
    "block": ("settings", {"blocked": True}),
    "clear": ("settings", {"cleared": 1}),
    "search": ("search", {"query": "hello"}),
    "report": ("report", {"reason": "rude"}),
    "report a message": ("report", {"reason": "rude", "seq": 1}),
}
OVER_HTTP = {name: request for name, request in REQUESTS.items() if request[0] not in ("typing", "focus")}


@pytest.mark.parametrize(("type_", "fields"), REQUESTS.values(), ids=REQUESTS)
def test_a_foreign_room_and_a_missing_one_are_answered_with_the_same_bytes(
    mine: Socket, foreign_room: str, missing_room: str, type_: str, fields: Frame
) -> None:
    if type_ == "focus":
        needs_feature(mine, "presence")

    def raw(room: str) -> str:
        mine.put_raw(encode({"type": type_, "id": "same", "room": room, **fields}))
        return mine.raw_answer("same")

    foreign, missing = raw(foreign_room), raw(missing_room)
    assert foreign == missing
    assert '"not_found"' in foreign


@pytest.mark.parametrize(("type_", "fields"), OVER_HTTP.values(), ids=OVER_HTTP)
def test_a_foreign_room_and_a_missing_one_are_answered_with_the_same_bytes_over_http(
    me: Person, foreign_room: str, missing_room: str, type_: str, fields: Frame
) -> None:
    def answered(room: str) -> tuple[int, bytes, Any]:
        answer = me.call(*twin(type_, {"room": room, **fields}))
        headers = {name: answer.headers.get(name) for name in ("Content-Type", "Cache-Control", "Allow", "Vary")}
        return answer.status_code, answer.content, headers

    assert answered(foreign_room) == answered(missing_room)
    assert answered(foreign_room)[0] == 404


def test_requests_in_a_foreign_room_change_nothing_in_it(
    mine: Socket, peer: Person, stranger: Person, foreign_room: str
) -> None:
    with writing_nothing(foreign_room, peer, stranger):
        for type_, fields in REQUESTS.values():
            assert mine.request(type_, room=foreign_room, **fields)["code"] in ("not_found", "unsupported")


def test_the_people_in_a_room_are_told_nothing_of_who_tries_it(
    *,
    mine: Socket,
    me: Person,
    theirs: Socket,
    strangers: Socket,
    room: str,
    long_room: str,
    foreign_room: str,
) -> None:
    for watcher, shared in ((theirs, room), (strangers, long_room)):
        with unseen_by(watcher, me, shared):
            for type_, fields in REQUESTS.values():
                mine.request(type_, room=foreign_room, **fields)


def test_a_sync_with_a_foreign_room_is_the_same_as_with_a_missing_one(
    mine: Socket, me: Person, foreign_room: str, missing_room: str
) -> None:
    def answered(room: str) -> str:
        mine.put_raw(encode({"type": "sync", "id": "same", "rooms": {room: {"epoch": "a", "rev": 1}}}))
        return mine.raw_answer("same")

    def answered_over_http(room: str) -> bytes:
        return me.call("POST", "sync/", {"rooms": {room: {"epoch": "a", "rev": 1}}}).content

    assert answered(foreign_room) == answered(missing_room)
    assert answered_over_http(foreign_room) == answered_over_http(missing_room)


def test_what_happens_in_a_room_reaches_its_two_people_only(
    *, mine: Socket, theirs: Socket, strangers: Socket, me: Person, room: str, long_room: str
) -> None:
    needs_feature(mine, "react")
    with unseen_by(strangers, me, long_room):
        seq = mine.send(room)["seq"]
        theirs.do("read", room=room, seq=seq)
        theirs.do("react", room=room, seq=seq, emoji="👍")
        theirs.put("typing", room=room, on=True)
        theirs.ping()
        mine.do("delete", room=room, seq=seq)


def test_focusing_a_foreign_room_starts_no_presence(
    *, mine: Socket, me: Person, stranger: Person, connect: Connect, foreign_room: str, long_room: str
) -> None:
    needs_feature(mine, "presence")
    mine.refused("not_found", "focus", room=foreign_room, active=True)
    with unseen_by(mine, stranger, long_room):
        connect(stranger).do("focus", room=foreign_room, active=True)


def test_a_foreign_room_on_the_screen_is_left_out(
    *, mine: Socket, stranger: Person, connect: Connect, foreign_room: str, missing_room: str, long_room: str
) -> None:
    needs_feature(mine, "presence_rooms")
    assert mine.do("focus", room=None, active=False, rooms=[foreign_room, missing_room, "01"])["room"] is None
    with unseen_by(mine, stranger, long_room):
        connect(stranger).do("focus", room=foreign_room, active=True)


def test_a_message_that_is_not_there_is_told_as_a_room_that_is_not_there(
    mine: Socket, room: str, missing_room: str
) -> None:
    ahead = mine.room_object(room)["head"] + 1000

    def raw(key: str) -> str:
        mine.put_raw(encode({"type": "edit", "id": "same", "room": key, "seq": ahead, "content": "x"}))
        return mine.raw_answer("same")

    assert raw(room) == raw(missing_room)
