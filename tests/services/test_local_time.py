"""A host with ``USE_TZ = False``: its database holds the local time, the wire says UTC all the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from django_pairchat.exceptions import BadRequest
from django_pairchat.services import change_settings, inbox, open_room, room_object, search, send
from tests.conftest import People


@pytest.fixture(autouse=True)
def local_time(db: None, settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Seoul"
    settings.USE_TZ = False


@pytest.fixture
def rooms(local_time: None, people: People) -> list[Any]:
    found = [open_room(people.minji, people.juwon), open_room(people.minji, people.stranger)]
    for room in found:
        send(room, people.minji, "hello")
    return found


def test_the_wire_says_utc(people: People, rooms: list[Any]) -> None:
    said = room_object(inbox(people.minji).rooms[0], people.minji)["last_message_at"]
    assert abs(datetime.fromisoformat(said) - datetime.now(UTC)) < timedelta(minutes=5)


def test_each_page_leads_to_the_next(people: People, rooms: list[Any]) -> None:
    first = inbox(people.minji, limit=1)
    assert [room.pk for room in inbox(people.minji, before=first.next).rooms] == [rooms[0].pk]
    found = search(people.minji, "hello", limit=1)
    assert [message.room_id for message in search(people.minji, "hello", before=found.next).messages] == [rooms[0].pk]


def test_a_room_is_muted_until_the_moment_that_was_meant(people: People, rooms: list[Any]) -> None:
    until = datetime(2030, 1, 1, 12, tzinfo=UTC)
    muted = change_settings(people.minji, str(rooms[0].pk), muted_until=until)
    assert room_object(muted, people.minji)["me"]["muted_until"] == "2030-01-01T12:00:00.000Z"


def test_a_moment_that_is_in_no_local_year_is_refused(people: People, rooms: list[Any]) -> None:
    with pytest.raises(BadRequest):
        change_settings(people.minji, str(rooms[0].pk), muted_until=datetime(9999, 12, 31, 23, tzinfo=UTC))


@pytest.mark.parametrize(
    "address", ["", "?archived=1", "rooms/{key}/", "rooms/{key}/messages/1/", "search/?query=hello"]
)
def test_the_pages_are_shown(people: People, rooms: list[Any], address: str) -> None:
    client = Client()
    client.force_login(people.minji)
    assert client.get("/chat/" + address.format(key=rooms[0].pk)).status_code == 200
