"""Opening rooms: one per pair and topic, and refusals that nobody can tell apart."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.test import override_settings
from django.test.utils import isolate_apps

from django_pairchat import get_room_model
from django_pairchat.exceptions import BadId, BadRequest, ChatError, NotFound
from django_pairchat.model_parts.pair_key import topic_identity
from django_pairchat.services import (
    change_settings,
    delete,
    open_room,
    open_room_by_token,
    room_object,
    send,
    sign_topic,
)
from django_pairchat.signals import room_opened
from tests.conftest import People
from tests.support.counting import counted
from tests.support.listening import listening, received
from tests.support.people import make_topic, make_user
from tests.support.policies import LooksForTransactions, NobodyOpens, TripleTitles, chosen
from tests.support.replica import assert_events_explain_snapshot, rooms_of


def missing_key() -> str:
    """A key in canonical form that no user has."""
    user = make_user("Gone")
    key = str(user.pk)
    user.delete()
    return key


def test_two_people_have_one_room_whoever_opens_it(people: People) -> None:
    room = open_room(people.minji, people.juwon)
    assert open_room(people.juwon, people.minji) == room
    assert get_room_model().objects.count() == 1


def test_each_topic_has_a_room_of_its_own(people: People) -> None:
    first, second = make_topic(), make_topic()
    rooms = {open_room(people.minji, people.juwon, topic).pk for topic in (None, first, second, first)}
    assert len(rooms) == 3


def test_the_database_refuses_a_second_room_of_a_pair_whatever_code_inserts_it(room: Any) -> None:
    twin = get_room_model()(user1=room.user2, user2=room.user1, pair_key=room.pair_key)
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


def test_the_database_refuses_a_room_with_oneself_whatever_code_inserts_it(people: People) -> None:
    alone = get_room_model()(user1=people.minji, user2=people.minji)
    with pytest.raises(IntegrityError), transaction.atomic():
        alone.save(force_insert=True)


def test_the_topic_survives_the_thing_it_was_about(people: People) -> None:
    topic = make_topic("Lost: red wallet")
    title = str(topic)
    room = open_room(people.minji, people.juwon, topic)
    assert room.topic == topic
    topic.delete()
    room = get_room_model().objects.get(pk=room.pk)
    assert room_object(room, people.minji)["topic"] == {
        "type": "auth.group",
        "key": room.topic_key,
        "title": title,
        "url": "",
        "image": None,
        "subtitle": "",
        "state": None,
    }


def test_a_title_longer_than_its_column_is_cut(people: People) -> None:
    topic = make_topic("x" * 140)
    with override_settings(PAIRCHAT=chosen(TripleTitles)):
        room = open_room(people.minji, people.juwon, topic)
    room.refresh_from_db()
    assert len(room.topic_title) == 200


def test_opening_is_announced_to_the_opener_only_and_an_empty_room_is_listed_for_him_only(people: People) -> None:
    with assert_events_explain_snapshot(*people) as heard:
        room = open_room(people.minji, people.juwon)
    assert heard.rooms(people.minji) == [str(room.pk)]
    assert rooms_of(people.minji) == [room]
    assert rooms_of(people.juwon) == []


def test_opening_a_room_that_exists_announces_nothing(room: Any, people: People) -> None:
    with listening() as heard, received(room_opened) as openings:
        open_room(people.juwon, people.minji)
    assert heard.changes == []
    assert openings == []


def test_the_host_hears_of_a_new_room(people: People) -> None:
    with received(room_opened) as openings:
        room = open_room(people.minji, people.juwon)
    assert [payload["room"] for payload in openings] == [room]


def refusals(people: People) -> dict[str, Any]:
    blocking = make_user("Blocking")
    with_me = open_room(people.minji, blocking)
    change_settings(blocking, str(with_me.pk), blocked=True)
    return {
        "oneself": str(people.minji.pk),
        "missing": missing_key(),
        "inactive": str(make_user("Inactive", is_active=False).pk),
        "blocking": str(blocking.pk),
    }


@pytest.mark.parametrize("reason", ["oneself", "missing", "inactive", "blocking"])
@pytest.mark.parametrize("about_something", [False, True])
def test_refusals_to_open_cannot_be_told_apart(people: People, reason: str, about_something: bool) -> None:
    peer_key = refusals(people)[reason]
    peer = get_user_model()(pk=get_user_model()._meta.pk.to_python(peer_key))
    token = sign_topic(make_topic(), peer) if about_something else None
    rooms_before = get_room_model().objects.count()
    with listening() as heard, pytest.raises(ChatError) as refused:
        open_room_by_token(people.minji, peer_key, token)
    assert type(refused.value) is NotFound
    assert (refused.value.code, refused.value.field, refused.value.retry_after) == ("not_found", None, None)
    assert heard.changes == []
    assert get_room_model().objects.count() == rooms_before


def test_the_policy_decides_who_may_open(people: People) -> None:
    with override_settings(PAIRCHAT=chosen(NobodyOpens)), pytest.raises(NotFound):
        open_room(people.minji, people.juwon)
    assert not get_room_model().objects.exists()


def test_a_room_that_exists_is_found_although_the_policy_would_open_no_new_one(room: Any, people: People) -> None:
    with override_settings(PAIRCHAT=chosen(NobodyOpens)):
        assert open_room(people.minji, people.juwon) == room


def test_a_token_opens_the_room_about_its_topic(people: People) -> None:
    topic = make_topic()
    token = sign_topic(topic, people.juwon)
    room, created = open_room_by_token(people.minji, str(people.juwon.pk), token)
    again, created_again = open_room_by_token(people.minji, str(people.juwon.pk), token)
    assert (created, created_again) == (True, False)
    assert room == again == open_room(people.juwon, people.minji, topic)


def test_a_token_names_no_table_and_no_key(people: People) -> None:
    token = sign_topic(make_topic(), people.juwon)
    assert "auth" not in token
    assert "group" not in token


def bad_tokens(people: People) -> dict[str, str]:
    topic = make_topic()
    good = sign_topic(topic, people.juwon)
    gone = make_topic()
    of_gone = sign_topic(gone, people.juwon)
    gone.delete()
    return {
        "a table and a key": f"auth.group:{topic.pk}",
        "of another person": sign_topic(topic, people.stranger),
        "changed": good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
        "cut": good[:-1],
        "empty": "",
        "of something gone": of_gone,
        "with NUL": good + "\0",
        "a lone surrogate": "\ud800",
        "very long": good * 100,
    }


@pytest.mark.parametrize(
    "kind",
    [
        "a table and a key",
        "of another person",
        "changed",
        "cut",
        "empty",
        "of something gone",
        "with NUL",
        "a lone surrogate",
        "very long",
    ],
)
def test_a_token_that_the_server_did_not_sign_for_this_person_is_refused(people: People, kind: str) -> None:
    token = bad_tokens(people)[kind]
    with pytest.raises(BadRequest) as refused:
        open_room_by_token(people.minji, str(people.juwon.pk), token)
    assert refused.value.field == "topic"


@pytest.mark.parametrize("spelling", ["01", " 1", "1 ", "1.0", "1.5", "-1", "", "true", "x" * 40, "9" * 30, "१"])
def test_a_key_in_another_spelling_is_no_key(people: People, spelling: str) -> None:
    with pytest.raises(BadId) as refused:
        open_room_by_token(people.minji, spelling, None)
    assert refused.value.field == "user"


def test_a_new_room_of_a_pair_inherits_the_block(room: Any, people: People) -> None:
    change_settings(people.minji, str(room.pk), blocked=True)
    later = open_room(people.minji, people.juwon, make_topic())
    later.refresh_from_db()
    assert later.side(people.minji).blocked
    assert not later.side(people.juwon).blocked
    assert not room_object(later, people.minji)["can_send"]


def test_the_policy_is_asked_outside_of_the_transaction(people: People, settings: Any) -> None:
    settings.PAIRCHAT = chosen(LooksForTransactions)
    LooksForTransactions.expected_depth = len(connection.savepoint_ids) + connection.in_atomic_block
    room = open_room(people.minji, people.juwon, make_topic())
    message = send(room, people.minji, "hello")
    delete(people.minji, str(room.pk), message.seq)
    assert room_object(room, people.minji)["can_send"]


def test_opening_takes_a_constant_number_of_statements(people: People) -> None:
    topics = [make_topic() for _ in range(4)]
    open_room(people.minji, people.juwon, topics[0])
    with counted() as new_with_few:
        open_room(people.minji, people.juwon, topics[1])
    open_room(people.minji, people.juwon, topics[2])
    with counted() as new_with_more:
        open_room(people.minji, people.juwon, topics[3])
    with counted() as existing:
        open_room(people.minji, people.juwon, topics[3])
    assert new_with_few.count == new_with_more.count <= 5
    assert existing.count == 1


def test_a_topic_that_is_not_saved_has_no_room(people: People) -> None:
    with pytest.raises(ValueError, match="save it"):
        open_room(people.minji, people.juwon, type(make_topic())())


@isolate_apps("tests")
def test_a_proxy_is_the_same_topic(db: None) -> None:
    topic = make_topic()

    class Pinned(type(topic)):
        class Meta:
            app_label = "tests"
            proxy = True

    assert topic_identity(Pinned(pk=topic.pk)) == topic_identity(topic)
