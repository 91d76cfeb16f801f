"""The stages of a send, one by one: each returns its results and leaves its arguments as they are."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

from django_pairchat import get_message_model
from django_pairchat.core.rate_limit import rate_limiter
from django_pairchat.core.restrictions import restrictions
from django_pairchat.exceptions import CannotSend, DailyLimit, Empty, NotFound, RateLimited, Rejected
from django_pairchat.policy import Policy
from django_pairchat.protocol import frames
from django_pairchat.protocol.requests import Send
from django_pairchat.sending import publish as publishing
from django_pairchat.sending.admit import admit, admit_at_once
from django_pairchat.sending.publish import publish
from django_pairchat.sending.room_cache import RoomCache
from django_pairchat.sending.store import store
from django_pairchat.sending.types import LOCKED, Failed, PendingMessage, SentMessage, StoredMessage
from django_pairchat.services import send_once
from tests.conftest import People
from tests.support.counting import counted
from tests.support.policies import NobodySends, RefusesSpam, chosen


def request(key: str, content: str = "hello", client_id: uuid.UUID | None = None) -> Send:
    return Send(room=key, client_id=client_id or uuid.uuid4(), content=content)


def admitted(user: Any, key: str, content: str = "hello", client_id: uuid.UUID | None = None) -> PendingMessage:
    pending = admit(user, request(key, content, client_id))
    assert isinstance(pending, PendingMessage)
    return pending


@pytest.fixture
def tokens(settings: Any) -> Any:
    """How many messages Minji may still send."""
    settings.PAIRCHAT = {**settings.PAIRCHAT, "SEND_BURST": 4, "SENDS_PER_MINUTE": 1}

    def left(user: Any) -> int:
        count = 0
        while not rate_limiter().acquire(str(user.pk)):
            count += 1
        return count

    return left


@override_settings(PAIRCHAT=chosen(Policy))
def test_a_bad_text_is_told_only_to_a_member_of_the_room(key: str, people: People) -> None:
    results = [store([admitted(user, key, " ")], RoomCache())[0] for user in (people.minji, people.stranger)]
    assert list(map(type, results)) == [Empty, NotFound]


def test_what_the_policy_has_refused_is_refused_whatever_it_says_afterwards(key: str, people: People) -> None:
    with override_settings(PAIRCHAT=chosen(RefusesSpam)):
        refused, passed = (admitted(people.minji, key, text) for text in ("spam", "hello"))
    with override_settings(PAIRCHAT=chosen(NobodySends)):
        results = store([refused, passed], RoomCache())
    assert isinstance(results[0], Rejected)
    assert isinstance(results[1], StoredMessage)


def test_a_repetition_is_answered_although_the_policy_refuses_it_now(key: str, people: People) -> None:
    client_id = uuid.uuid4()
    send_once(people.minji, key, client_id=client_id, content="hello")
    with override_settings(PAIRCHAT=chosen(NobodySends)):
        first, other = (admitted(people.minji, key, client_id=each) for each in (client_id, None))
    repeated, refused = store([first, other], RoomCache())
    assert isinstance(repeated, StoredMessage)
    assert (repeated.seq, repeated.duplicate) == (1, True)
    assert isinstance(refused, CannotSend)


def test_a_room_that_the_policy_cannot_be_asked_about_is_an_error_at_once(key: str, people: People) -> None:
    with override_settings(PAIRCHAT=chosen(NobodySends)):
        assert isinstance(admit(people.stranger, request(key)), NotFound)


def test_the_policy_costs_no_further_query(key: str, people: People) -> None:
    counts = []
    for policy in (None, RefusesSpam):
        with override_settings(PAIRCHAT=chosen(policy) if policy else {}), counted() as statements:
            send_once(people.minji, key, client_id=uuid.uuid4(), content="hello")
        counts.append(statements.count)
    assert counts[0] == counts[1]


@override_settings(PAIRCHAT=chosen(Policy))
def test_what_needs_a_thread_is_not_admitted_at_once(key: str, people: People) -> None:
    admit(people.minji, request(key))
    assert isinstance(admit_at_once(people.minji, request(key), str(people.minji.pk)), PendingMessage)
    with_file = Send(room=key, client_id=uuid.uuid4(), content="", attachment="token")
    assert admit_at_once(people.minji, with_file, str(people.minji.pk)) is None
    with override_settings(PAIRCHAT=chosen(RefusesSpam)):
        assert admit_at_once(people.minji, request(key), str(people.minji.pk)) is None


def test_what_is_admitted_at_once_takes_no_query_even_if_what_is_known_grows_old(
    key: str, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    admit(people.minji, request(key))
    limiter = type(rate_limiter())
    spend = limiter.try_acquire

    def spend_meanwhile(*arguments: Any) -> float | None:
        restrictions().forget()
        return spend(*arguments)

    monkeypatch.setattr(limiter, "try_acquire", spend_meanwhile)
    with override_settings(PAIRCHAT=chosen(Policy)), counted() as statements:
        assert isinstance(admit_at_once(people.minji, request(key), str(people.minji.pk)), PendingMessage)
    assert statements.count == 0


@override_settings(PAIRCHAT=chosen(Policy))
def test_the_limit_of_new_rooms_is_asked_once_for_all_messages_of_a_room(key: str, people: People) -> None:
    asked = []

    def ask(pending: PendingMessage, room: Any) -> DailyLimit:
        asked.append(pending.key)
        return DailyLimit(retry_after=1.0)

    results = store([admitted(people.minji, key) for _ in range(3)], RoomCache(), ask_limit=ask)
    assert [type(result) for result in results] == [DailyLimit] * 3
    assert asked == [key]


def test_a_token_is_given_back_once_for_what_stores_nothing_new(key: str, people: People, tokens: Any) -> None:
    client_id = uuid.uuid4()
    sends = [admitted(people.minji, key, text, client_id) for text in ("hello", "hello", " ")]
    results = store(sends, RoomCache())
    assert [type(result) for result in results] == [StoredMessage, StoredMessage, Empty]
    publish([*zip(sends, results, strict=True), (admitted(people.minji, key), LOCKED)])
    assert tokens(people.minji) == 3


def test_a_send_whose_storage_failed_costs_nothing(
    key: str, people: People, tokens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("django_pairchat.sending.store.store_locked", fail)
    pending = admitted(people.minji, key)
    (result,) = store([pending], RoomCache())
    assert isinstance(result, Failed)
    assert isinstance(publish([(pending, result)]).answers[0], ZeroDivisionError)
    assert tokens(people.minji) == 4


def test_without_a_token_nothing_is_stored(key: str, people: People, tokens: Any) -> None:
    tokens(people.minji)
    (result,) = store([admitted(people.minji, key)], RoomCache())
    assert isinstance(result, RateLimited)
    assert get_message_model().objects.count() == 0


def test_the_answer_and_the_event_have_the_same_text(key: str, people: People) -> None:
    pending = admitted(people.minji, key)
    published = publish([(pending, result) for result in store([pending], RoomCache())])
    (answer,) = published.answers
    assert isinstance(answer, SentMessage)
    assert json.loads(answer.encoded)["content"] == "hello"
    assert answer.encoded in published.events()[0].frame


@pytest.mark.django_db(transaction=True)
def test_no_json_is_made_while_the_room_is_locked(key: str, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    encode, within = frames.new_message, []

    def noting(**fields: Any) -> str:
        within.append(connection.in_atomic_block)
        return encode(**fields)

    monkeypatch.setattr(publishing.frames, "new_message", noting)
    send_once(people.minji, key, client_id=uuid.uuid4(), content="hello")
    assert within == [False]
