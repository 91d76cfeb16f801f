"""Sixteen threads at once: whatever the order, one outcome that the rules allow."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache

from django_pairchat import get_message_model, get_room_model
from django_pairchat.core.rate_limit import rate_limiter
from django_pairchat.core.transactions import retry_on_conflict
from django_pairchat.exceptions import CannotSend, ChatError, NotFound, RateLimited
from django_pairchat.services import (
    change_settings,
    delete,
    edit,
    get_room,
    mark_read,
    message_object,
    open_room,
    open_room_by_token,
    react,
    room_object,
    send,
    send_once,
    sign_topic,
    unread_rooms,
)
from django_pairchat.signals import message_sent, room_opened
from tests.conftest import People
from tests.support.listening import received
from tests.support.outcomes import attempt
from tests.support.people import make_topic
from tests.support.replica import messages_of, view_of
from tests.support.threads import at_once
from tests.web.api.caller import Caller

THREADS = 16
rounds = pytest.mark.parametrize("round_number", range(3))


def alternating(*calls: Callable[[], Any]) -> list[Callable[[], Any]]:
    """Sixteen calls, these in turn."""
    return [calls[number % len(calls)] for number in range(THREADS)]


def raised(results: list[Any]) -> list[type[Exception]]:
    return [type(result) for result in results if isinstance(result, Exception)]


@rounds
@pytest.mark.parametrize("about_something", [False, True])
def test_the_same_room_opened_from_both_sides_is_one_room(
    people: People, round_number: int, about_something: bool
) -> None:
    topic = make_topic() if about_something else None
    with received(room_opened) as openings:
        results = at_once(
            alternating(
                partial(open_room, people.minji, people.juwon, topic),
                partial(open_room, people.juwon, people.minji, topic),
            )
        )
    assert raised(results) == []
    assert len({room.pk for room in results}) == 1
    assert get_room_model().objects.count() == 1
    assert len(openings) == 1


def test_a_room_opened_by_token_says_once_that_it_is_new(people: People) -> None:
    token = sign_topic(make_topic(), people.juwon)
    results = at_once([partial(open_room_by_token, people.minji, str(people.juwon.pk), token)] * THREADS)
    assert raised(results) == []
    assert Counter(created for _, created in results) == {True: 1, False: 15}


@rounds
def test_one_client_id_over_the_service_and_over_http_is_one_message(
    people: People, key: str, round_number: int
) -> None:
    client_id = uuid4()
    callers = [Caller(people.minji) for _ in range(THREADS // 2)]

    def over_http(caller: Caller) -> tuple[dict[str, Any], bool]:
        answer = caller.says(key, "hello", client_id=str(client_id))
        body = answer.json()
        assert answer.status_code == (200 if body["duplicate"] else 201)
        return body["message"], body["duplicate"]

    def over_the_service() -> tuple[dict[str, Any], bool]:
        sent = send_once(people.minji, key, client_id=client_id, content="hello")
        return message_object(sent.message), sent.duplicate

    with received(message_sent) as sendings:
        results = at_once([*(partial(over_http, caller) for caller in callers), *[over_the_service] * (THREADS // 2)])
    assert raised(results) == []
    assert [message for message, _ in results] == [results[0][0]] * THREADS
    assert Counter(duplicate for _, duplicate in results) == {False: 1, True: 15}
    assert get_message_model().objects.count() == 1
    assert (get_room_model().objects.get().head, get_room_model().objects.get().rev) == (1, 1)
    assert len(sendings) == 1


@rounds
def test_sixteen_messages_into_one_room_are_numbered_one_to_sixteen(
    people: People, room: Any, key: str, round_number: int
) -> None:
    loaded = [get_room(people.minji, key) for _ in range(THREADS)]
    senders = [people.minji, people.juwon] * (THREADS // 2)
    results = at_once(
        [partial(send, room, sender, f"from {sender.pk}") for room, sender in zip(loaded, senders, strict=True)]
    )
    assert raised(results) == []
    assert sorted(message.seq for message in results) == list(range(1, THREADS + 1))
    assert all(message.seq == message.rev for message in results)
    assert messages_of(people.minji, key) == messages_of(people.juwon, key)
    assert list(messages_of(people.minji, key)) == list(range(1, THREADS + 1))
    room.refresh_from_db()
    assert (room.head, room.rev) == (THREADS, THREADS)
    times = [message["created_at"] for message in messages_of(people.minji, key).values()]
    assert max(times) == view_of(people.minji)[key]["last_message_at"]


@rounds
def test_the_read_mark_ends_at_the_greatest(people: People, room: Any, key: str, round_number: int) -> None:
    for number in range(10):
        send(room, people.minji, f"number {number}")
    seqs = [*random.Random(round_number).choices([5, 9, 7], k=THREADS - 1), 9]
    results = at_once([partial(mark_read, people.juwon, key, seq) for seq in seqs])
    assert raised(results) == []
    shown = room_object(get_room(people.juwon, key), people.juwon)
    assert (shown["me"]["read"], shown["unread"]) == (9, 1)
    assert view_of(people.minji)[key]["peer"]["read"] == 9


@rounds
def test_edits_against_deletions_leave_a_tombstone(people: People, room: Any, key: str, round_number: int) -> None:
    send(room, people.minji, "hello")
    calls = [partial(edit, people.minji, key, 1, f"edition {number}") for number in range(THREADS - 2)]
    results = at_once([*calls, *[partial(delete, people.minji, key, 1)] * 2])
    assert set(raised(results)) <= {CannotSend}
    done = THREADS - len(raised(results)) - 1
    message = view_of(people.juwon)[key]["messages"][1]
    assert (message["content"], message["edited_at"]) == ("", None)
    assert message["deleted_at"] is not None
    assert message["rev"] == view_of(people.juwon)[key]["rev"] == 1 + done


@rounds
def test_reactions_of_both_at_once_are_both_kept(people: People, room: Any, key: str, round_number: int) -> None:
    send(room, people.minji, "hello")
    results = at_once(
        alternating(partial(react, people.minji, key, 1, "😀"), partial(react, people.juwon, key, 1, "👍"))
    )
    assert raised(results) == []
    message = view_of(people.minji)[key]["messages"][1]
    assert message["reactions"] == {str(people.minji.pk): "😀", str(people.juwon.pk): "👍"}
    assert message["rev"] == 3


@rounds
def test_reading_against_sending_keeps_the_count_exact(people: People, room: Any, key: str, round_number: int) -> None:
    def read_all() -> None:
        mark_read(people.juwon, key, 2**63 - 1)

    results = at_once(alternating(lambda: send(get_room(people.minji, key), people.minji, "hello"), read_all))
    assert raised(results) == []
    shown = room_object(get_room(people.juwon, key), people.juwon)
    assert shown["unread"] == THREADS // 2 - shown["me"]["read"]
    assert unread_rooms(people.juwon) == (1 if shown["unread"] else 0)


@rounds
def test_nothing_is_stored_after_a_block_has_returned(people: People, key: str, round_number: int) -> None:
    sent_before = [send_once(people.juwon, key, client_id=uuid4(), content="before").message.seq]

    def send_until_refused() -> int:
        last = 0
        for number in range(200):
            outcome = attempt(
                lambda number=number: send_once(people.juwon, key, client_id=uuid4(), content=f"number {number}")
            )
            if isinstance(outcome, ChatError):
                return last
            last = outcome.message.seq
        raise AssertionError("The block never came.")

    def block() -> int:
        while get_room(people.minji, key).head < 10:
            pass
        change_settings(people.minji, key, blocked=True)
        return get_room(people.minji, key).head

    *senders, head = at_once([*[send_until_refused] * (THREADS - 1), block])
    assert raised([*senders, head]) == []
    assert max([*senders, *sent_before]) == head == get_room(people.minji, key).head


@rounds
def test_rooms_opened_while_a_block_is_set_inherit_it(people: People, room: Any, key: str, round_number: int) -> None:
    topics = [make_topic() for _ in range(THREADS - 1)]
    results = at_once(
        [
            *(partial(open_room, people.juwon, people.minji, topic) for topic in topics),
            partial(change_settings, people.minji, key, blocked=True),
        ]
    )
    assert set(raised(results)) <= {NotFound}
    rooms = get_room_model().objects.all()
    assert [each.side(people.minji).blocked for each in rooms] == [True] * len(rooms)
    assert [each.side(people.juwon).blocked for each in rooms] == [False] * len(rooms)


@rounds
def test_blocks_from_both_sides_and_sends_in_all_rooms_never_meet_in_a_deadlock(
    people: People, room: Any, round_number: int
) -> None:
    keys = [str(room.pk), *(str(open_room(people.juwon, people.minji, make_topic()).pk) for _ in range(3))]
    calls: list[Callable[[], Any]] = []
    for key in keys:
        calls += [
            partial(change_settings, people.minji, key, blocked=True),
            partial(change_settings, people.juwon, key, blocked=True),
            partial(change_settings, people.juwon, key, blocked=False),
            partial(send_once, people.minji, key, client_id=uuid4(), content="hello"),
        ]
    results = at_once(calls)
    assert set(raised(results)) <= {CannotSend}
    blocked = {
        (each.side(people.minji).blocked, each.side(people.juwon).blocked) for each in get_room_model().objects.all()
    }
    assert len(blocked) == 1
    assert blocked.pop()[0] is True


@rounds
def test_two_accounts_that_go_at_once_take_their_rooms_along(people: People, key: str, round_number: int) -> None:
    rooms = [open_room(people.minji, people.juwon, make_topic()) for _ in range(5)]
    for each in rooms:
        send(each, people.minji, "hello")

    @retry_on_conflict
    def delete_account(pk: Any) -> None:
        # The transaction is the host's, and so is doing it again.
        get_user_model().objects.get(pk=pk).delete()

    results = at_once([partial(delete_account, people.minji.pk), partial(delete_account, people.juwon.pk)])
    assert raised(results) == []
    assert not get_room_model().objects.exists()
    assert not get_message_model().objects.exists()


def test_a_flood_from_many_threads_stores_the_burst_and_no_more(people: People, key: str, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "SENDS_PER_MINUTE": 1, "SEND_BURST": 20}
    cache.clear()
    rate_limiter().stop()
    rate_limiter().reset()

    def send_three() -> list[type[Exception] | None]:
        outcomes: list[type[Exception] | None] = []
        for number in range(3):
            outcome = attempt(
                lambda number=number: send_once(people.minji, key, client_id=uuid4(), content=f"number {number}")
            )
            outcomes.append(type(outcome) if isinstance(outcome, ChatError) else None)
        return outcomes

    results = at_once([send_three] * THREADS)
    rate_limiter().stop()
    rate_limiter().reset()
    assert raised(results) == []
    assert Counter(outcome for outcomes in results for outcome in outcomes) == {None: 20, RateLimited: 28}
    assert get_room(people.minji, key).head == 20
