"""The inbox: newest first, page by page, at a constant cost; and how many rooms wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from django_pairchat import get_message_model, get_room_model
from django_pairchat.dispatch import dispatch
from django_pairchat.exceptions import BadRequest, Conflict, NotFound
from django_pairchat.model_parts.pair_key import make_pair_key
from django_pairchat.policy import Policy
from django_pairchat.protocol.requests import Ping, Position
from django_pairchat.services import (
    change_settings,
    delete,
    edit,
    inbox,
    mark_read,
    open_room,
    room_objects,
    send,
    unread_rooms,
)
from tests.conftest import People
from tests.support.counting import counted
from tests.support.people import make_topic, make_user
from tests.support.policies import chosen
from tests.support.replica import rooms_of, view_of


def many_rooms(user: Any, number: int, *, unread: bool = True, minutes_ago: int = 0) -> list[Any]:
    """Rooms of this user with others, about as many topics, each with one message; made at once, not sent."""
    room_model, message_model = get_room_model(), get_message_model()
    peers = [make_user(f"Peer {each}") for each in range(4)]
    start = timezone.now() - timedelta(days=1, minutes=minutes_ago)
    rooms = []
    for each in range(number):
        peer, opened = peers[each % 4], each % 2
        rooms.append(
            room_model(
                user1=user if opened else peer,
                user2=peer if opened else user,
                pair_key=f"{minutes_ago:02}{each:05}" + make_pair_key(user, peer, None)[7:],
                head=1,
                rev=1,
                last_message_at=start + timedelta(seconds=each),
                **{("user1" if opened else "user2") + "_has_unread": unread},
            )
        )
    rooms = room_model.objects.bulk_create(rooms)
    if not rooms[0].pk:
        rooms = list(room_model.objects.filter(pair_key__in=[room.pair_key for room in rooms]))
    message_model.objects.bulk_create(
        message_model(room=room, seq=1, rev=1, side=1 if room.user2 == user else 2, content="hello") for room in rooms
    )
    return rooms


def test_the_room_with_the_newest_message_is_first(people: People) -> None:
    first = open_room(people.minji, people.juwon)
    second = open_room(people.stranger, people.minji)
    send(first, people.juwon, "one")
    send(second, people.stranger, "two")
    assert inbox(people.minji).rooms == [second, first]
    send(first, people.minji, "three")
    assert inbox(people.minji).rooms == [first, second]


def test_edits_deletions_and_reading_move_no_room(people: People) -> None:
    first = open_room(people.minji, people.juwon)
    second = open_room(people.stranger, people.minji)
    send(first, people.minji, "one")
    send(second, people.stranger, "two")
    edit(people.minji, str(first.pk), 1, "changed")
    mark_read(people.juwon, str(first.pk), 1)
    delete(people.minji, str(first.pk), 1)
    assert inbox(people.minji).rooms == [second, first]


def test_an_empty_room_is_listed_for_its_opener_only(people: People) -> None:
    room = open_room(people.minji, people.juwon)
    assert inbox(people.minji).rooms == [room]
    assert inbox(people.juwon).rooms == []
    send(room, people.minji, "hello")
    assert inbox(people.juwon).rooms == [room]


def test_archived_rooms_are_listed_apart(people: People) -> None:
    kept = open_room(people.minji, people.juwon)
    put_away = open_room(people.minji, people.juwon, make_topic())
    change_settings(people.minji, str(put_away.pk), archived=True)
    assert inbox(people.minji).rooms == [kept]
    assert inbox(people.minji, archived=True).rooms == [put_away]


@pytest.mark.parametrize("limit", [1, 3, 20, 100])
def test_the_pages_together_are_the_whole_list_once(people: People, limit: int) -> None:
    rooms = many_rooms(people.minji, 23)
    newest_first = sorted(rooms, key=lambda room: room.last_message_at, reverse=True)
    page = inbox(people.minji, limit=limit)
    listed = list(page.rooms)
    while page.next is not None:
        page = inbox(people.minji, limit=limit, before=page.next)
        assert len(page.rooms) <= limit
        listed.extend(page.rooms)
    assert listed == newest_first


def test_rooms_of_the_same_moment_are_all_listed(people: People) -> None:
    many_rooms(people.minji, 9)
    get_room_model().objects.update(last_message_at=timezone.now())
    page = inbox(people.minji, limit=2)
    listed = list(page.rooms)
    while page.next is not None:
        page = inbox(people.minji, limit=2, before=page.next)
        listed.extend(page.rooms)
    assert len(listed) == len({room.pk for room in listed}) == 9


def test_a_room_that_moves_up_while_somebody_pages_is_not_lost_from_the_rest(people: People) -> None:
    rooms = many_rooms(people.minji, 6)
    newest_first = sorted(rooms, key=lambda room: room.last_message_at, reverse=True)
    page = inbox(people.minji, limit=2)
    send(newest_first[4], people.minji, "up")
    rest = inbox(people.minji, limit=10, before=page.next)
    assert rest.rooms == [newest_first[2], newest_first[3], newest_first[5]]


@pytest.mark.parametrize("cursor", ["", "x", "bm90IGpzb24", "W10", "WzEsMl0", "e30", "é", "\0", "A" * 300])
def test_a_cursor_that_no_page_gave_is_refused(people: People, cursor: str) -> None:
    with pytest.raises(BadRequest) as refused:
        inbox(people.minji, before=cursor)
    assert refused.value.field == "before"


def test_a_page_shows_the_peer_the_topic_and_the_last_message(people: People) -> None:
    topic = make_topic("Found: keys")
    room = open_room(people.juwon, people.minji, topic)
    send(room, people.juwon, "yours?")
    (shown,) = room_objects(inbox(people.minji).rooms, people.minji)
    assert shown["peer"]["user"] == str(people.juwon.pk)
    assert shown["peer"]["name"] == "Juwon"
    assert shown["topic"]["title"] == str(topic)
    assert shown["last_message"]["content"] == "yours?"
    assert shown["unread"] == 1


def test_the_cost_is_the_same_with_10_and_with_1000_rooms(people: People) -> None:
    counts = []
    for number in (10, 990):
        many_rooms(people.minji, number, minutes_ago=number % 7)
        with counted() as statements:
            page = inbox(people.minji)
            shown = room_objects(page.rooms, people.minji)
        counts.append(statements.count)
        assert len(shown) == min(20, number)
    assert counts[0] == counts[1] <= 5


def test_room_objects_cost_nothing_more_than_the_profiles(people: People) -> None:
    many_rooms(people.minji, 12)
    rooms = inbox(people.minji).rooms
    with counted() as of_one:
        room_objects(rooms[:1], people.minji)
    with counted() as of_all:
        room_objects(rooms, people.minji)
    assert of_one.count == of_all.count <= 1


# How many wait


def test_unread_rooms_counts_rooms_not_messages(people: People) -> None:
    room = open_room(people.minji, people.juwon)
    send(room, people.minji, "one")
    send(room, people.minji, "two")
    assert (unread_rooms(people.juwon), unread_rooms(people.minji)) == (1, 0)
    mark_read(people.juwon, str(room.pk), 2)
    assert unread_rooms(people.juwon) == 0


def test_the_count_stops_at_100(people: People) -> None:
    many_rooms(people.minji, 99)
    assert unread_rooms(people.minji) == 99
    many_rooms(people.minji, 20, minutes_ago=1)
    assert unread_rooms(people.minji) == 100
    assert inbox(people.minji).unread_rooms == 100


def test_the_count_is_one_statement(people: People) -> None:
    many_rooms(people.minji, 30)
    with counted() as statements:
        assert unread_rooms(people.minji) == 30
    assert statements.count == 1


def test_whoever_is_not_signed_in_has_no_unread_rooms(db: None) -> None:
    from django.contrib.auth.models import AnonymousUser

    assert unread_rooms(AnonymousUser()) == 0


# What differs


def state_of(user: Any) -> str:
    return inbox(user).state


def test_the_inbox_state_changes_with_whatever_the_list_shows(people: People) -> None:
    room = open_room(people.minji, people.juwon)
    key = str(room.pk)
    states = [state_of(people.juwon)]

    def note() -> None:
        states.append(state_of(people.juwon))

    send(room, people.minji, "one")
    note()
    edit(people.minji, key, 1, "changed")
    note()
    mark_read(people.juwon, key, 1)
    note()
    change_settings(people.juwon, key, marked_unread=True)
    note()
    change_settings(people.minji, key, blocked=True)
    note()
    delete(people.minji, key, 1)
    note()
    assert len(set(states)) == len(states)


def test_the_inbox_state_is_the_same_when_nothing_happened(people: People) -> None:
    many_rooms(people.minji, 30)
    states = {inbox(people.minji, limit=limit).state for limit in (1, 5, 20, 100)}
    states |= {inbox(people.minji, archived=True).state, state_of(people.minji)}
    assert len(states) == 1


def ping(user: Any, **fields: Any) -> dict[str, Any]:
    return dispatch(user, Ping(**fields)).result


def test_a_ping_names_the_rooms_that_differ_in_any_way(people: People) -> None:
    room = open_room(people.minji, people.juwon)
    send(room, people.minji, "one")
    other = open_room(people.minji, people.stranger)
    positions = {
        shown["room"]: Position(shown["epoch"], shown["rev"], shown["state"])
        for shown in room_objects(rooms_of(people.minji), people.minji)
    }
    assert ping(people.minji, rooms=positions) == {"rooms": [], "inbox": False}
    mark_read(people.juwon, str(room.pk), 1)
    assert ping(people.minji, rooms=positions)["rooms"] == [str(room.pk)]
    send(other, people.stranger, "two")
    assert set(ping(people.minji, rooms=positions)["rooms"]) == set(positions)


def test_a_ping_says_whether_the_inbox_differs(people: People) -> None:
    room = open_room(people.minji, people.juwon)
    before = state_of(people.minji)
    assert ping(people.minji, inbox=before) == {"rooms": [], "inbox": False}
    send(room, people.juwon, "one")
    assert ping(people.minji, inbox=before) == {"rooms": [], "inbox": True}


def test_a_peer_who_becomes_inactive_is_noticed(people: People) -> None:
    room = open_room(people.minji, people.juwon)
    before = view_of(people.minji)[str(room.pk)]
    people.juwon.is_active = False
    people.juwon.save()
    now = view_of(people.minji)[str(room.pk)]
    assert (before["can_send"], now["can_send"]) == (True, False)
    assert now["state"] != before["state"]


class AnswersAtOnce(Policy):
    """Asks nobody about a single room."""

    asked: ClassVar[list[int]] = []

    def can_send(self, user: Any, peer: Any, room: Any) -> bool:
        raise AssertionError("asked about each room")

    def can_send_in(self, user: Any, rooms: Any) -> Any:
        self.asked.append(len(rooms))
        return rooms[:1]


def test_a_page_asks_the_policy_once(people: People, settings: Any) -> None:
    rooms = [open_room(people.minji, people.juwon), open_room(people.minji, people.stranger)]
    settings.PAIRCHAT = chosen(AnswersAtOnce)
    shown = room_objects(rooms, people.minji)
    assert AnswersAtOnce.asked == [2]
    assert [room["can_send"] for room in shown] == [True, False]


class FewPins(Policy):
    pinned_rooms_limit = 2


@pytest.mark.parametrize("limit", [1, 3, 20])
def test_pinned_rooms_are_first_on_pages_of_any_size_and_none_is_left_out(people: People, limit: int) -> None:
    rooms = many_rooms(people.minji, 8)
    for number in (1, 4):
        change_settings(people.minji, rooms[number], pinned=True)
    expected = [rooms[number].pk for number in (4, 1, 7, 6, 5, 3, 2, 0)]
    seen, before = [], None
    while True:
        page = inbox(people.minji, before=before, limit=limit)
        seen += [room.pk for room in page.rooms]
        before = page.next
        if before is None:
            break
    assert seen == expected
    assert [room.pk for room in inbox(people.minji, unread=True, limit=3).rooms] == expected[:3]


def test_a_pin_changes_the_state_and_the_other_person_sees_nothing(people: People) -> None:
    room = open_room(people.minji, people.juwon)
    send(room, people.juwon, "hello")
    states = inbox(people.minji).state, inbox(people.juwon).state
    change_settings(people.minji, room, pinned=True)
    assert inbox(people.minji).state != states[0]
    assert inbox(people.juwon).state == states[1]


def test_a_room_is_pinned_or_archived(people: People) -> None:
    room = open_room(people.minji, people.juwon)
    change_settings(people.minji, room, archived=True)
    side = change_settings(people.minji, room, pinned=True).side(people.minji)
    assert (side.pinned, side.archived) == (True, False)
    side = change_settings(people.minji, room, archived=True).side(people.minji)
    assert (side.pinned, side.archived) == (False, True)


def test_more_pins_than_the_policy_allows_are_refused(people: People, settings: Any) -> None:
    settings.PAIRCHAT = chosen(FewPins)
    rooms = many_rooms(people.minji, 3)
    for room in rooms[:2]:
        change_settings(people.minji, room, pinned=True)
    with pytest.raises(Conflict) as refused:
        change_settings(people.minji, rooms[2], pinned=True)
    assert refused.value.field == "pinned"
    assert change_settings(people.minji, rooms[0], pinned=True, archived=False).side(people.minji).pinned
    change_settings(people.minji, rooms[0], pinned=False)
    assert change_settings(people.minji, rooms[2], pinned=True).side(people.minji).pinned


def test_only_unread_rooms_are_listed_where_only_they_are_wanted(people: People) -> None:
    read, unread, marked = (open_room(people.minji, make_user(name)) for name in ("A", "B", "C"))
    for room in (read, unread, marked):
        send(room, room.peer_of(people.minji), "hello")
    mark_read(people.minji, read, 1)
    mark_read(people.minji, marked, 1)
    change_settings(people.minji, marked, marked_unread=True)
    assert [room.pk for room in inbox(people.minji, unread=True).rooms] == [marked.pk, unread.pk]


# About one thing


def about(user: Any, thing: Any, **more: Any) -> list[Any]:
    return [room.pk for room in inbox(user, about=thing, **more).rooms]


def test_whoever_has_a_thing_sees_the_chats_of_all_who_ask_about_it(people: People) -> None:
    lamp, chair = make_topic("Lamp"), make_topic("Chair")
    first = open_room(people.juwon, people.minji, lamp)
    second = open_room(people.stranger, people.minji, lamp)
    other = open_room(people.juwon, people.minji, chair)
    for room in (first, other, second):
        send(room, room.user1, "Is it still there?")
    assert about(people.minji, lamp) == [second.pk, first.pk]
    assert about(people.minji, first) == about(people.minji, str(second.pk)) == [second.pk, first.pk]
    assert about(people.juwon, lamp) == [first.pk]
    mark_read(people.minji, str(second.pk), 1)
    assert about(people.minji, lamp, unread=True) == [first.pk]
    newest = inbox(people.minji, about=lamp, limit=1)
    assert about(people.minji, lamp, before=newest.next) == [first.pk]


def test_the_chats_about_a_thing_that_is_gone_stay_together(people: People) -> None:
    lamp = make_topic("Lamp")
    rooms = [open_room(person, people.minji, lamp) for person in (people.juwon, people.stranger)]
    for room in rooms:
        send(room, room.user1, "Is it still there?")
    lamp.delete()
    assert about(people.minji, rooms[0]) == [rooms[1].pk, rooms[0].pk]


@pytest.fixture
def removed_app(db: None) -> Iterator[ContentType]:
    """A model whose app the host has removed."""
    yield ContentType.objects.create(app_label="removed", model="lamp")
    ContentType.objects.clear_cache()


@pytest.mark.parametrize("what", ["app", "kind of key"])
def test_the_chats_about_a_thing_that_cannot_be_read_any_more_stay_together(
    people: People, removed_app: ContentType, what: str
) -> None:
    change = {"topic_type": removed_app} if what == "app" else {"topic_key": "no number"}
    lamp = make_topic("Lamp")
    rooms = [open_room(person, people.minji, lamp) for person in (people.juwon, people.stranger)]
    rooms.append(open_room(people.juwon, people.minji, make_topic("Chair")))
    for room in rooms:
        send(room, room.user1, "Is it still there?")
    get_room_model().objects.filter(pk__in=[room.pk for room in rooms[:2]]).update(**change)
    assert about(people.minji, str(rooms[0].pk)) == [rooms[1].pk, rooms[0].pk]


def test_a_room_about_nothing_and_one_of_others_are_refused(people: People) -> None:
    nothing = open_room(people.juwon, people.minji)
    with pytest.raises(BadRequest) as refused:
        inbox(people.minji, about=nothing)
    assert refused.value.field == "about"
    with pytest.raises(NotFound):
        inbox(people.stranger, about=str(nothing.pk))


def test_the_list_about_one_thing_has_the_state_of_the_whole_list(people: People) -> None:
    lamp = make_topic("Lamp")
    for thing in (lamp, None):
        send(open_room(people.juwon, people.minji, thing), people.juwon, "Is it still there?")
    assert inbox(people.minji, about=lamp).state == inbox(people.minji).state
