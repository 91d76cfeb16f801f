"""A host's own tables: its columns are filled by the services, its rows point at messages, its policy is asked."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from django_pairchat import get_message_model, get_room_model
from django_pairchat.exceptions import Rejected
from django_pairchat.services import (
    delete,
    edit,
    get_room,
    mark_read,
    open_room,
    room_object,
    room_objects,
    send,
    send_once,
)
from tests.conftest import People
from tests.own_accounts.models import User
from tests.own_chat.models import Message, Room, Star
from tests.support.counting import counted
from tests.support.people import make_user
from tests.support.replica import assert_events_explain_snapshot, rooms_of, view_of


def test_the_host_gets_its_own_models() -> None:
    assert (get_room_model(), get_message_model(), get_user_model()) == (Room, Message, User)


def test_a_room_is_opened_with_the_hosts_columns_filled(people: People) -> None:
    room = open_room(people.minji, people.juwon, fields={"price": 3000})
    room.refresh_from_db()
    assert room.price == 3000
    assert isinstance(room.pk, uuid.UUID)


def test_a_room_that_exists_keeps_what_the_host_put_into_it(people: People) -> None:
    open_room(people.minji, people.juwon, fields={"price": 3000})
    assert open_room(people.juwon, people.minji, fields={"price": 1}).price == 3000


def test_a_message_is_sent_with_the_hosts_columns_filled(room: Any, people: People) -> None:
    message = send(room, people.minji, "hello", fields={"mood": "merry"})
    message.refresh_from_db()
    assert message.mood == "merry"
    assert isinstance(message.pk, uuid.UUID)


def test_the_hosts_columns_survive_every_act(people: People) -> None:
    room = open_room(people.minji, people.juwon, fields={"price": 3000})
    message = send(room, people.minji, "hello", fields={"mood": "merry"})
    key = str(room.pk)
    edit(people.minji, key, 1, "changed")
    mark_read(people.juwon, key, 1)
    delete(people.minji, key, 1)
    message.refresh_from_db()
    assert (message.mood, message.content, get_room(people.minji, key).price) == ("merry", "", 3000)


def test_a_row_of_the_host_points_at_a_message_and_goes_with_it(room: Any, people: People) -> None:
    message = send(room, people.minji, "hello")
    star = Star.objects.create(message=message, user=people.juwon)
    assert list(message.stars.all()) == [star]
    room.delete()
    assert not Star.objects.exists()


def test_names_come_from_one_statement_whatever_the_number_of_rooms(people: People) -> None:
    for number in range(5):
        open_room(people.minji, make_user(f"Peer {number}"))
    rooms = rooms_of(people.minji)
    with counted() as statements:
        shown = room_objects(rooms, people.minji)
    assert statements.count == 1
    assert {room["peer"]["name"] for room in shown} == {f"Peer {number}" for number in range(5)}
    assert {room["peer"]["url"] for room in shown} == {f"/people/{room.user2_id}/" for room in rooms}


def test_a_forbidden_word_is_refused_and_nothing_is_stored(room: Any, key: str, people: People) -> None:
    with assert_events_explain_snapshot(*people), pytest.raises(Rejected):
        send_once(people.minji, key, client_id=uuid.uuid4(), content="A Counterfeit bag")
    send(room, people.minji, "A bag")
    with assert_events_explain_snapshot(*people), pytest.raises(Rejected):
        edit(people.minji, key, 1, "A counterfeit bag")
    assert [message["content"] for message in view_of(people.juwon)[key]["messages"].values()] == ["A bag"]


def test_only_those_who_want_it_read_in_private(room: Any, key: str, people: People) -> None:
    User.objects.filter(pk=people.juwon.pk).update(reads_in_private=True)
    send(room, people.minji, "hello")
    mark_read(people.juwon, key, 1)
    mark_read(people.minji, key, 1)
    assert room_object(get_room(people.minji, key), people.minji)["peer"]["read"] is None
    assert room_object(get_room(people.juwon, key), people.juwon)["peer"]["read"] == 1


def test_an_e_mail_address_is_never_shown(room: Any, key: str, people: People) -> None:
    send(room, people.minji, "hello")
    for user in (people.minji, people.juwon):
        assert "@" not in str(view_of(user))
