"""Opening a room: with whom, about what, and once (§9, §11)."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from .client import Frame, Person, Socket
from .helpers import settings, topic_number
from .shapes import assert_room, is_text

BAD_USERS: dict[str, Any] = {
    "null": None,
    "true": True,
    "one": 1,
    "a fraction": 1.5,
    "an array": [1],
    "an object": {},
    "empty": "",
    "a space behind": "1 ",
    "a leading zero": "01",
    "negative": "-1",
    "a point": "1.0",
    "2^63": 2**63,
    "2^63 in a string": str(2**63),
    "another script": "١",
    "NUL": "1\0",
    "a lone surrogate": "\ud800",
    "words": "me",
}
BAD_TOPICS: dict[str, Any] = {
    "a table and a key": "posts.post:1",
    "a table and a key, otherwise": "posts/post/1",
    "empty": "",
    "words": "nonsense",
    "a number": 1,
    "true": True,
    "an array": ["posts", 1],
    "an object": {"model": "posts.post", "pk": 1},
    "NUL": "a\0b",
    "a lone surrogate": "\ud800",
    "long": "x" * 10_000,
}


def everything(person: Person) -> list[Frame]:
    return person.inbox_rooms() + person.inbox_rooms(archived=True)


def refusal(answer: httpx.Response) -> tuple[int, bytes]:
    return answer.status_code, answer.content


def test_opening_answers_the_room(me: Person, peer: Person, room: str) -> None:
    answer = me.open_room(peer.user)
    assert answer.status_code == 200
    opened = answer.json()["room"]
    assert_room(opened)
    assert opened == me.room_object(room)
    assert opened["topic"] is None


def test_both_people_open_the_same_room(me: Person, peer: Person, room: str) -> None:
    assert peer.open_room(me.user).json()["room"] == peer.room_object(room)


def test_opening_a_room_that_is_there_changes_nothing(me: Person, peer: Person, room: str) -> None:
    before = me.room_object(room), peer.room_object(room)
    me.open_room(peer.user)
    peer.open_room(me.user)
    assert (me.room_object(room), peer.room_object(room)) == before


def test_a_room_about_a_topic_is_another_room(
    me: Person, peer: Person, topics: list[str], room: str, topic_room: str
) -> None:
    assert topic_room != room
    again = me.open_room(peer.user, topic=topics[0])
    assert again.status_code == 200
    opened = again.json()["room"]
    assert opened == me.room_object(topic_room)
    assert is_text(opened["topic"]["title"])


def test_the_first_to_open_a_room_creates_it_and_their_sockets_are_told(
    me: Person, peer: Person, mine: Socket, topics: list[str]
) -> None:
    """A run on a fresh server sees 201; on a used one the room may be there already."""
    topic = topic_number(topics, 3)
    known = {room["room"] for person in (me, peer) for room in everything(person)}
    first = me.open_room(peer.user, topic=topic)
    opened = first.json()["room"]
    assert first.status_code == (200 if opened["room"] in known else 201)
    if opened["room"] not in known:
        assert mine.room_event(opened["room"], lambda room: True) == opened
    again = me.open_room(peer.user, topic=topic)
    assert (again.status_code, again.json()["room"]) == (200, opened)


def test_nobody_opens_a_room_with_themselves_or_with_nobody(me: Person, missing_user: str) -> None:
    oneself, nobody = me.open_room(me.user), me.open_room(missing_user)
    assert oneself.status_code == 404
    assert oneself.json()["code"] == "not_found"
    assert refusal(oneself) == refusal(nobody)


def test_somebody_who_blocks_is_as_nobody(
    me: Person, peer: Person, room: str, missing_user: str, unopened_topic: str
) -> None:
    with settings(peer, room, blocked=True):
        blocked = me.open_room(peer.user, topic=unopened_topic)
    assert refusal(blocked) == refusal(me.open_room(missing_user))
    assert blocked.status_code == 404


@pytest.mark.parametrize("user", BAD_USERS.values(), ids=BAD_USERS)
def test_a_user_in_another_spelling_is_a_bad_id(me: Person, user: object) -> None:
    answer = me.open_room(user)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_id")


def test_a_missing_user_field_is_a_bad_id(me: Person) -> None:
    answer = me.call("POST", "rooms/", {})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_id")


def assert_bad_topic(answer: httpx.Response) -> None:
    body = answer.json()
    assert (answer.status_code, body["code"], body.get("field")) == (400, "bad_request", "topic")


@pytest.mark.parametrize("topic", BAD_TOPICS.values(), ids=BAD_TOPICS)
def test_a_topic_that_is_no_token_is_refused(me: Person, peer: Person, topic: object) -> None:
    assert_bad_topic(me.open_room(peer.user, topic=topic))


CHANGES: dict[str, Callable[[str], str]] = {
    "the first sign changed": lambda token: ("b" if token[0] == "a" else "a") + token[1:],
    "a sign in the middle changed": lambda token: token[: len(token) // 2] + "~" + token[len(token) // 2 + 1 :],
    "the beginning of the signature changed": lambda token: (
        f"{token[:-20]}{'b' if token[-20] == 'a' else 'a'}{token[-19:]}"
    ),
    "cut short": lambda token: token[:-1],
    "something behind": lambda token: token + "a",
    "turned round": lambda token: token[::-1],
    "a space behind": lambda token: f"{token} ",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_token_that_was_changed_is_refused(
    me: Person, peer: Person, topics: list[str], topic_room: str, change: Callable[[str], str]
) -> None:
    assert_bad_topic(me.open_room(peer.user, topic=change(topics[0])))


def test_a_token_serves_the_peer_only_for_whom_it_was_signed(
    me: Person, stranger: Person, topics: list[str], topic_room: str
) -> None:
    assert_bad_topic(me.open_room(stranger.user, topic=topics[0]))


def test_a_refused_topic_tells_nothing_of_it(me: Person, stranger: Person, topics: list[str], topic_room: str) -> None:
    title = me.room_object(topic_room)["topic"]["title"]
    real = me.open_room(stranger.user, topic=topics[0])
    invented = me.open_room(stranger.user, topic=uuid4().hex)
    assert refusal(real) == refusal(invented)
    assert title not in real.text


def test_a_refused_opening_lists_no_room(me: Person, peer: Person, room: str) -> None:
    before = everything(me), everything(peer)
    me.open_room(me.user)
    me.open_room(peer.user, topic="nonsense")
    assert (everything(me), everything(peer)) == before
