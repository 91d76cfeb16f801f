"""A person's own switches: they only reduce what the policy shows, and open pages of the others follow."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_pairchat import get_preferences_model
from django_pairchat.core.events import RoomChanged
from django_pairchat.exceptions import BadRequest, Unsupported
from django_pairchat.forms import FOR_EVER
from django_pairchat.services import (
    Preferences,
    change_preferences,
    change_settings,
    get_room,
    inbox,
    mark_delivered,
    mark_read,
    open_room,
    preferences,
    room_object,
    rooms_set_apart,
    send,
)
from tests.conftest import People
from tests.support.listening import listening
from tests.support.people import make_topic, make_user
from tests.support.policies import ReadsInPrivate, chosen

pytestmark = pytest.mark.django_db


@pytest.fixture
def read_by_juwon(room: Any, people: People) -> Any:
    """A room in which Juwon has read what Minji wrote."""
    send(room, people.minji, "hello")
    mark_read(people.juwon, room, 1)
    return room


def shown_to(user: Any, room: Any) -> dict[str, Any]:
    peer: dict[str, Any] = room_object(get_room(user, room), user)["peer"]
    return peer


def test_all_is_on_until_a_person_switches_it_off(people: People) -> None:
    assert preferences(people.juwon) == Preferences(shows_read_marks=True, shows_presence=True)
    assert change_preferences(people.juwon, shows_presence=False) == Preferences(shows_presence=False)
    people.juwon.refresh_from_db()
    assert preferences(type(people.juwon).objects.get(pk=people.juwon.pk)) == Preferences(shows_presence=False)


def test_the_peer_does_not_see_read_marks_that_are_switched_off(people: People, read_by_juwon: Any) -> None:
    assert (shown_to(people.minji, read_by_juwon)["read"], shown_to(people.minji, read_by_juwon)["delivered"]) == (1, 1)
    change_preferences(people.juwon, shows_read_marks=False)
    shown = shown_to(people.minji, read_by_juwon)
    assert (shown["read"], shown["delivered"]) == (None, None)
    assert shown_to(people.juwon, read_by_juwon)["read"] == 1
    assert inbox(people.minji).objects[0]["peer"]["read"] is None


def test_what_is_read_meanwhile_shows_when_they_are_on_again(people: People, read_by_juwon: Any) -> None:
    change_preferences(people.juwon, shows_read_marks=False)
    send(read_by_juwon, people.minji, "and this?")
    mark_read(people.juwon, read_by_juwon, 2)
    change_preferences(people.juwon, shows_read_marks=True)
    assert shown_to(people.minji, read_by_juwon)["read"] == 2


def test_nothing_is_told_of_reading_while_they_are_off(people: People, read_by_juwon: Any) -> None:
    change_preferences(people.juwon, shows_read_marks=False)
    send(read_by_juwon, people.minji, "and this?")
    with listening() as heard:
        mark_delivered(people.juwon, read_by_juwon, 2)
        mark_read(people.juwon, read_by_juwon, 2)
    assert {user for change in heard.changes for user in change.users} == {str(people.juwon.pk)}


def test_a_person_cannot_show_what_the_policy_hides(people: People, read_by_juwon: Any, settings: Any) -> None:
    change_preferences(people.juwon, shows_read_marks=True)
    settings.PAIRCHAT = chosen(ReadsInPrivate)
    assert shown_to(people.minji, read_by_juwon)["read"] is None


def test_each_peer_is_told_and_nobody_else(people: People, read_by_juwon: Any) -> None:
    other = open_room(people.stranger, people.juwon)
    send(other, people.stranger, "hello")
    open_room(people.juwon, make_user("Never written to"))
    with listening() as heard:
        change_preferences(people.juwon, shows_presence=False)
    told = {(change.room, change.users) for change in heard.changes if isinstance(change, RoomChanged)}
    assert told == {(str(read_by_juwon.pk), (str(people.minji.pk),)), (str(other.pk), (str(people.stranger.pk),))}
    with listening() as heard:
        change_preferences(people.juwon, shows_presence=False)
    assert heard.changes == []


def test_the_switches_of_the_people_of_a_page_cost_no_query(people: People, read_by_juwon: Any) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert inbox(people.minji).objects
            room_object(get_room(people.minji, read_by_juwon), people.minji)
        return len(captured)

    before = queries()
    change_preferences(people.juwon, shows_read_marks=False)
    change_preferences(people.minji, shows_read_marks=False)
    assert queries() == before


def test_a_host_with_messages_of_its_own_may_have_no_switches(
    people: People, read_by_juwon: Any, settings: Any
) -> None:
    if get_preferences_model()._meta.label == "pairchat.Preferences":  # type: ignore[union-attr]  # these projects have one
        pytest.skip("The ready-made tables have them")
    settings.PAIRCHAT_PREFERENCES_MODEL = None
    assert shown_to(people.minji, read_by_juwon)["read"] == 1
    with pytest.raises(Unsupported):
        change_preferences(people.juwon, shows_presence=False)


# What is set apart


def test_a_person_who_is_blocked_is_listed_once(people: People) -> None:
    for topic in (None, make_topic("One"), make_topic("Two")):
        last = open_room(people.minji, people.juwon, topic)
    theirs = open_room(people.stranger, people.minji)
    send(theirs, people.stranger, "hello")
    change_settings(people.minji, last, blocked=True)
    change_settings(people.minji, theirs, blocked=True)
    page = rooms_set_apart(people.minji, "blocked")
    assert [room.peer_of(people.minji) for room in page.rooms] == [people.stranger, people.juwon]
    assert rooms_set_apart(people.juwon, "blocked").rooms == []


def test_muted_and_archived_rooms_are_listed_for_their_own_side(people: People, room: Any) -> None:
    send(room, people.juwon, "hello")
    change_settings(people.minji, room, muted_until=FOR_EVER, archived=True)
    for kind in ("muted", "archived"):
        assert [each.pk for each in rooms_set_apart(people.minji, kind).rooms] == [room.pk]
        assert rooms_set_apart(people.juwon, kind).rooms == []


def test_what_is_set_apart_comes_in_pages(people: People) -> None:
    rooms = [open_room(people.minji, make_user(f"Peer {number}")) for number in range(5)]
    for room in rooms:
        change_settings(people.minji, room, archived=True)
    seen, before = [], None
    while True:
        page = rooms_set_apart(people.minji, "archived", before=before, limit=2)
        seen += [room.pk for room in page.rooms]
        if page.next is None:
            break
        before = page.next
    assert (len(seen), set(seen)) == (5, {room.pk for room in rooms})


def test_there_is_no_other_kind(people: People) -> None:
    with pytest.raises(BadRequest):
        rooms_set_apart(people.minji, "pinned")
