"""What depends on real transactions: nothing is announced before the commit, and nothing after a rollback."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import connection, transaction

from django_pairchat import get_message_model, get_room_model
from django_pairchat.services import change_settings, delete, edit, get_room, open_room, react, send
from django_pairchat.signals import events_published, message_sent, room_opened
from tests.conftest import People
from tests.support.listening import Heard
from tests.support.replica import Replica, view_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def heard() -> Any:
    """Everything that is announced in the test."""
    listener = Heard()
    events_published.connect(listener.hear)
    yield listener
    events_published.disconnect(listener.hear)


class HostsMindChanged(Exception):
    """What makes a host roll its own transaction back."""


def send_and_give_up(room: Any, sender: Any) -> None:
    with transaction.atomic():
        send(room, sender, "given up")
        raise HostsMindChanged


def open_and_give_up(user: Any, peer: Any) -> None:
    with transaction.atomic():
        open_room(user, peer)
        raise HostsMindChanged


def test_what_the_host_rolls_back_the_peer_never_sees(room: Any, people: People, heard: Heard) -> None:
    heard.changes.clear()
    received: list[Any] = []

    def receive(**payload: Any) -> None:
        received.append(payload)

    message_sent.connect(receive)
    room_opened.connect(receive)
    try:
        with pytest.raises(HostsMindChanged):
            send_and_give_up(room, people.minji)
        with pytest.raises(HostsMindChanged):
            open_and_give_up(people.minji, people.stranger)
    finally:
        message_sent.disconnect(receive)
        room_opened.disconnect(receive)
    assert heard.changes == []
    assert received == []
    assert get_message_model().objects.count() == 0
    assert send(room, people.minji, "hello again").seq == 1


def test_announcements_wait_for_the_hosts_commit(room: Any, people: People, heard: Heard) -> None:
    heard.changes.clear()
    with transaction.atomic():
        send(room, people.minji, "one")
        send(room, people.minji, "two")
        assert heard.changes == []
    assert [event["message"]["content"] for event in heard.events(people.juwon)] == ["one", "two"]


def test_a_savepoint_of_the_host_that_fails_takes_only_its_own_along(room: Any, people: People, heard: Heard) -> None:
    heard.changes.clear()
    with transaction.atomic():
        send(room, people.minji, "kept")
        with pytest.raises(HostsMindChanged):
            send_and_give_up(room, people.minji)
        send(room, people.minji, "kept too")
    events = heard.events(people.juwon)
    assert [(event["message"]["seq"], event["message"]["content"]) for event in events] == [
        (1, "kept"),
        (2, "kept too"),
    ]


def test_when_a_receiver_is_called_the_message_is_in_the_database(room: Any, people: People) -> None:
    found: list[tuple[bool, bool]] = []

    def receive(message: Any, **payload: Any) -> None:
        found.append((connection.in_atomic_block, get_message_model().objects.filter(pk=message.pk).exists()))

    message_sent.connect(receive)
    try:
        send(room, people.minji, "hello")
    finally:
        message_sent.disconnect(receive)
    assert found == [(False, True)]


def test_a_receiver_that_raises_disturbs_nobody(
    room: Any, people: People, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    heard.changes.clear()
    called: list[str] = []

    def raises(**payload: Any) -> None:
        raise ValueError("a mistake in the host's code")

    def receives(message: Any, **payload: Any) -> None:
        called.append(message.content)

    message_sent.connect(raises)
    message_sent.connect(receives)
    try:
        with caplog.at_level(logging.ERROR):
            send(room, people.minji, "a secret")
    finally:
        message_sent.disconnect(raises)
        message_sent.disconnect(receives)
    assert called == ["a secret"]
    assert len(heard.events(people.juwon)) == 1
    assert "a mistake in the host's code" in caplog.text


def test_a_listener_that_raises_disturbs_no_act(room: Any, people: People) -> None:
    def raises(**payload: Any) -> None:
        raise ValueError("a mistake in the delivery")

    events_published.connect(raises)
    try:
        assert send(room, people.minji, "hello").seq == 1
        assert edit(people.minji, str(room.pk), 1, "changed").rev == 2
    finally:
        events_published.disconnect(raises)


def test_the_law_holds_with_real_commits(people: People, heard: Heard) -> None:
    replicas = [Replica(user) for user in people]
    room = open_room(people.minji, people.juwon)
    key = str(room.pk)
    send(room, people.minji, "one")
    with transaction.atomic():
        send(room, people.juwon, "two")
        edit(people.minji, key, 1, "changed")
        react(people.juwon, key, 1, "👍")
    change_settings(people.juwon, key, cleared=1)
    delete(people.juwon, key, 2)
    change_settings(people.minji, key, blocked=True)
    for replica in replicas:
        for change in heard.for_user(replica.user):
            replica.hear(change)
        assert replica.view == view_of(replica.user)
    assert get_room_model().objects.get().rev == 5
    assert get_room(people.minji, key).is_blocked
