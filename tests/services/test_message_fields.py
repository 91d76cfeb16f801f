"""The one list of a message's fields has all that a message has, and is what clients get."""

from __future__ import annotations

from typing import Any

from django_pairchat.base_models import AbstractMessage
from django_pairchat.protocol.message_fields import MESSAGE_FIELDS
from django_pairchat.services import message_object, send
from tests.conftest import People


def test_every_column_of_a_message_is_in_the_list() -> None:
    listed = {column for field in MESSAGE_FIELDS for column in field.columns}
    assert listed == {field.attname for field in AbstractMessage._meta.concrete_fields if not field.primary_key}


def test_clients_get_what_the_list_says_in_its_order(room: Any, people: People) -> None:
    assert list(message_object(send(room, people.minji, "hello"))) == [field.name for field in MESSAGE_FIELDS]
