"""Each HTTP twin answers what its request answers over the socket, with the right status."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import override_settings

from django_pairchat import get_message_model, get_room_model
from django_pairchat.core.rate_limit import rate_limiter
from django_pairchat.sending import store
from django_pairchat.services import (
    change_settings,
    get_room,
    inbox,
    message_object,
    open_room,
    room_object,
    room_objects,
    send,
    sign_topic,
)
from django_pairchat.signals import message_reported
from tests.conftest import People
from tests.support.listening import listening, received
from tests.support.people import make_topic, make_user
from tests.support.policies import RefusesSpam, chosen
from tests.web.api.caller import Caller


@pytest.fixture
def talk(room: Any, people: People) -> str:
    """The key of a room with three messages of Minji."""
    for number in range(1, 4):
        send(room, people.minji, f"number {number}")
    return str(room.pk)


def stored(seq: int) -> dict[str, Any]:
    message = get_message_model().objects.select_related("room").get(seq=seq)
    return message_object(message)


def shown(user: Any, key: str) -> dict[str, Any]:
    return room_object(get_room(user, key), user)


def test_a_new_message_is_201_and_a_duplicate_is_200(minji: Caller, key: str) -> None:
    payload = {"content": "hello", "client_id": str(uuid4())}
    first = minji("POST", "api_messages", key, **payload)
    again = minji("POST", "api_messages", key, **payload)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == {"message": stored(1), "duplicate": False}
    assert again.json() == {"message": stored(1), "duplicate": True}


def test_sending_moves_the_senders_read_mark(minji: Caller, juwon: Caller, key: str, people: People) -> None:
    juwon.says(key, "hello")
    minji.says(key, "hi")
    assert shown(people.minji, key)["me"]["read"] == 2
    assert shown(people.juwon, key)["unread"] == 1


def test_another_payload_is_409(minji: Caller, key: str) -> None:
    client_id = str(uuid4())
    minji("POST", "api_messages", key, content="hello", client_id=client_id)
    answer = minji("POST", "api_messages", key, content="bye", client_id=client_id)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (409, "conflict", "client_id")


def test_history_is_a_page(juwon: Caller, talk: str) -> None:
    answer = juwon("GET", "api_messages", talk, query={"before": 3, "limit": 1})
    assert answer.status_code == 200
    page = answer.json()
    assert page["messages"] == [stored(2)]
    assert (page["has_before"], page["has_after"], page["rev"]) == (True, True, 3)
    assert page["epoch"] == get_room_model().objects.get().epoch


@pytest.mark.parametrize(
    ("query", "seqs"),
    [
        ({}, [1, 2, 3]),
        ({"after": 1}, [2, 3]),
        ({"around": 2, "limit": 1}, [2]),
        ({"before": 2}, [1]),
        ({"limit": 0}, [3]),
    ],
)
def test_history_is_asked_for_by_query(juwon: Caller, talk: str, query: dict[str, int], seqs: list[int]) -> None:
    answer = juwon("GET", "api_messages", talk, query=query)
    assert [message["seq"] for message in answer.json()["messages"]] == seqs


def test_a_message_is_edited_and_deleted(minji: Caller, talk: str) -> None:
    edited = minji("PATCH", "api_message", talk, 2, content="changed")
    assert (edited.status_code, edited.json()) == (200, {"message": stored(2)})
    assert edited.json()["message"]["content"] == "changed"
    deleted = minji("DELETE", "api_message", talk, 2)
    assert (deleted.status_code, deleted.json()) == (200, {"message": stored(2)})
    assert deleted.json()["message"]["deleted_at"] is not None


def test_a_reaction_is_put_and_deleted(juwon: Caller, talk: str) -> None:
    put = juwon("PUT", "api_reaction", talk, 1, emoji="👍")
    assert (put.status_code, put.json()["message"]["reactions"]) == (200, {str(juwon.user.pk): "👍"})
    assert put.json() == {"message": stored(1)}
    deleted = juwon("DELETE", "api_reaction", talk, 1)
    assert (deleted.status_code, deleted.json()["message"]["reactions"]) == (200, {})


def test_a_room_is_read(juwon: Caller, talk: str) -> None:
    answer = juwon("POST", "api_read", talk, seq=2)
    assert (answer.status_code, answer.json()) == (200, {"room": shown(juwon.user, talk)})
    assert answer.json()["room"]["me"]["read"] == 2


def test_settings_are_changed(juwon: Caller, talk: str) -> None:
    answer = juwon("PATCH", "api_room", talk, archived=True, muted_until="2030-01-02T03:04:05Z")
    assert (answer.status_code, answer.json()) == (200, {"room": shown(juwon.user, talk)})
    assert answer.json()["room"]["me"]["muted_until"] == "2030-01-02T03:04:05.000Z"


def test_the_inbox_is_listed_page_by_page(minji: Caller, people: People) -> None:
    for name in ("One", "Two", "Three"):
        peer = make_user(name)
        send(open_room(people.minji, peer), peer, "hello")
    first = minji("GET", "api_inbox", query={"limit": 2})
    assert first.status_code == 200
    page = inbox(people.minji, limit=2)
    assert first.json() == {
        "rooms": room_objects(page.rooms, people.minji),
        "next": page.next,
        "unread_rooms": 3,
        "state": page.state,
    }
    rest = minji("GET", "api_inbox", query={"limit": 2, "before": page.next})
    assert len(rest.json()["rooms"]) == 1
    assert rest.json()["next"] is None


@pytest.mark.parametrize("value", ["1", "true"])
def test_archived_rooms_are_asked_for_by_a_flag(minji: Caller, room: Any, key: str, value: str) -> None:
    change_settings(minji.user, key, archived=True)
    assert [each["room"] for each in minji("GET", "api_inbox", query={"archived": value}).json()["rooms"]] == [key]
    assert minji("GET", "api_inbox").json()["rooms"] == []


def test_a_client_catches_up(juwon: Caller, talk: str) -> None:
    epoch = get_room_model().objects.get().epoch
    answer = juwon("POST", "api_sync", rooms={talk: {"epoch": epoch, "rev": 2}})
    assert answer.status_code == 200
    assert answer.json() == {
        "rooms": [{**shown(juwon.user, talk), "changes": [stored(3)], "limited": False, "reset": False}]
    }


def test_messages_are_searched(juwon: Caller, talk: str) -> None:
    answer = juwon("GET", "api_search", query={"query": "number", "limit": 2})
    assert answer.status_code == 200
    assert answer.json()["messages"] == [stored(3), stored(2)]
    rest = juwon("GET", "api_search", query={"query": "number", "room": talk, "before": answer.json()["next"]})
    assert rest.json() == {"messages": [stored(1)], "next": None}


def test_a_report_reaches_the_host(juwon: Caller, talk: str) -> None:
    with received(message_reported) as reports:
        answer = juwon("POST", "api_report", talk, reason="rude", seq=2)
    assert (answer.status_code, answer.json()) == (200, {})
    assert [(each["user"], each["reason"], each["message"].seq) for each in reports] == [(juwon.user, "rude", 2)]


def test_a_new_room_is_201_and_one_that_exists_is_200(minji: Caller, people: People) -> None:
    first = minji("POST", "api_rooms", user=str(people.juwon.pk))
    again = minji("POST", "api_rooms", user=str(people.juwon.pk))
    assert (first.status_code, again.status_code) == (201, 200)
    key = first.json()["room"]["room"]
    assert first.json() == again.json() == {"room": shown(people.minji, key)}


def test_a_room_is_opened_about_a_topic(minji: Caller, people: People) -> None:
    topic = make_topic()
    answer = minji("POST", "api_rooms", user=str(people.juwon.pk), topic=sign_topic(topic, people.juwon))
    assert answer.status_code == 201
    assert answer.json()["room"]["topic"]["title"] == str(topic)


def test_what_happens_over_http_is_announced_like_anything_else(minji: Caller, juwon: Caller, key: str) -> None:
    with listening() as heard:
        minji.says(key, "hello")
    assert [event["message"] for event in heard.events(juwon.user)] == [stored(1)]


def test_the_address_names_the_room_and_the_message_whatever_else_is_said(
    minji: Caller, talk: str, people: People
) -> None:
    other = str(open_room(people.minji, people.stranger).pk)
    minji.says(talk, "hello", room=other, seq=99, sender=str(people.juwon.pk))
    assert stored(4)["room"] == talk
    assert stored(4)["sender"] == str(people.minji.pk)
    minji("PATCH", "api_message", talk, 2, content="changed", room=other, seq=1)
    assert stored(2)["content"] == "changed"
    assert stored(1)["content"] == "number 1"


@pytest.mark.parametrize(
    ("code", "status", "fields"),
    [
        ("empty", 400, {"content": " "}),
        ("too_long", 400, {"content": "x" * 4001}),
        ("bad_text", 400, {"content": "a\0"}),
        ("bad_request", 400, {"content": 7}),
        ("bad_id", 400, {"client_id": "x"}),
        ("bad_request", 400, {"reply_to": 77}),
        ("rejected", 422, {"content": "spam"}),
    ],
)
def test_a_refused_send_has_the_status_of_its_code(
    minji: Caller, key: str, code: str, status: int, fields: dict[str, Any]
) -> None:
    with override_settings(PAIRCHAT=chosen(RefusesSpam)):
        answer = minji.says(key, "hello", **fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert get_message_model().objects.count() == 0


def test_a_blocked_send_is_403(minji: Caller, people: People, key: str) -> None:
    change_settings(people.juwon, key, blocked=True)
    answer = minji.says(key, "hello")
    assert (answer.status_code, answer.json()["code"]) == (403, "cannot_send")
    assert minji("PUT", "api_reaction", key, 1, emoji="👍").status_code == 404


@pytest.fixture
def strict(settings: Any) -> Any:
    """Settings whose rates count from now."""
    cache.clear()
    rate_limiter().stop()
    rate_limiter().reset()
    yield settings
    rate_limiter().stop()
    rate_limiter().reset()


def test_a_flood_is_429_with_the_time_to_wait(minji: Caller, key: str, strict: Any) -> None:
    strict.PAIRCHAT = {**strict.PAIRCHAT, "SENDS_PER_MINUTE": 60, "SEND_BURST": 3}
    answers = [minji.says(key, f"number {number}") for number in range(6)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429, 429, 429]
    refused = answers[-1].json()
    assert refused["code"] == "rate_limited"
    assert 0 < refused["retry_after"] <= 2
    assert answers[-1]["Retry-After"] == "1"
    assert get_message_model().objects.count() == 3


def test_what_stores_nothing_costs_nothing(minji: Caller, key: str, strict: Any) -> None:
    strict.PAIRCHAT = {**strict.PAIRCHAT, "SENDS_PER_MINUTE": 1, "SEND_BURST": 2}
    payload = {"content": "hello", "client_id": str(uuid4())}
    assert minji("POST", "api_messages", key, **payload).status_code == 201
    for _ in range(5):
        assert minji("POST", "api_messages", key, **payload).status_code == 200
        assert minji.says(key, " ").status_code == 400
        assert minji.says(key, "hello", client_id=payload["client_id"], reply_to=1).status_code == 409
    assert minji.says(key, "second").status_code == 201
    assert minji.says(key, "third").status_code == 429


def test_a_message_that_the_database_did_not_take_costs_nothing(
    minji: Caller, key: str, strict: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict.PAIRCHAT = {**strict.PAIRCHAT, "SENDS_PER_MINUTE": 1, "SEND_BURST": 1}

    def fail(*arguments: Any, **options: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as away:
        away.setattr(store, "store_locked", fail)
        assert minji.says(key, "hello").status_code == 503
    assert minji.says(key, "hello").status_code == 201
