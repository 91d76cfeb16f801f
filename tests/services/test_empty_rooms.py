"""Rooms in which nobody has written go after a week; every other room stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.utils import timezone

from django_pairchat import get_room_model
from django_pairchat.services import (
    change_settings,
    delete_empty_rooms,
    empty_rooms,
    inbox,
    open_room,
    send,
    set_legal_hold,
)
from tests.conftest import People
from tests.support.people import make_topic, make_user
from tests.support.policies import HoldsWhatHasNoTopic, chosen

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=7)


def aged(room: Any, days: float = 8) -> Any:
    get_room_model().objects.filter(pk=room.pk).update(created_at=timezone.now() - timedelta(days=days))
    return room


def remaining() -> set[Any]:
    return set(get_room_model().objects.values_list("pk", flat=True))


def delete() -> int:
    return sum(delete_empty_rooms(timezone.now() - WEEK))


def test_only_rooms_without_a_message_that_are_older_than_a_week_go(people: People) -> None:
    empty, young, begun = (open_room(people.minji, make_user(f"Peer {number}")) for number in range(3))
    aged(empty)
    aged(young, days=6)
    send(aged(begun), people.minji, "hello")
    assert delete() == 1
    assert remaining() == {young.pk, begun.pk}
    assert delete() == 0
    assert [room["room"] for room in inbox(people.minji).objects] == [str(begun.pk), str(young.pk)]


def test_a_block_outlives_the_room_in_which_it_was_made(people: People, room: Any) -> None:
    change_settings(people.minji, aged(room), blocked=True)
    assert delete() == 0


def test_a_pinned_room_stays(people: People, room: Any) -> None:
    change_settings(people.minji, aged(room), pinned=True)
    assert delete() == 0


def test_a_room_on_legal_hold_stays(people: People, room: Any) -> None:
    set_legal_hold(aged(room), True)
    assert delete() == 0
    set_legal_hold(room, False)
    assert delete() == 1


def test_the_policy_may_keep_a_room(people: People, room: Any, settings: Any) -> None:
    topic = make_topic("Red wallet")
    other = open_room(people.minji, people.juwon, topic)
    for each in (room, other):
        aged(each)
    settings.PAIRCHAT = chosen(HoldsWhatHasNoTopic)
    assert delete() == 1
    assert remaining() == {room.pk}


@pytest.fixture
def orders(transactional_db: None) -> Iterator[Any]:
    """A table of the host whose rows refer to rooms, and go with them."""

    class Order(models.Model):
        room = models.ForeignKey(get_room_model(), on_delete=models.CASCADE, related_name="+")

        class Meta:
            app_label = get_room_model()._meta.app_label

        def __str__(self) -> str:
            return str(self.pk)

    with connection.schema_editor() as editor:
        editor.create_model(Order)
    apps.clear_cache()
    yield Order.objects
    with connection.schema_editor() as editor:
        editor.delete_model(Order)
    del apps.all_models[Order._meta.app_label]["order"]
    apps.clear_cache()


def test_a_room_to_which_the_host_refers_stays_and_so_do_its_rows(orders: Any, people: People) -> None:
    rooms = [aged(open_room(people.minji, make_user(f"Peer {number}"))) for number in range(2)]
    orders.create(room=rooms[0])
    assert delete() == 1
    assert (remaining(), orders.count()) == ({rooms[0].pk}, 1)


def test_a_first_message_that_comes_at_that_moment_keeps_the_room(
    people: People, room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    aged(room)
    found = empty_rooms._candidates

    def written_meanwhile(*arguments: Any) -> Any:
        for rooms in found(*arguments):
            send(room, people.minji, "hello")
            yield rooms

    monkeypatch.setattr(empty_rooms, "_candidates", written_meanwhile)
    assert delete() == 0
    assert remaining() == {room.pk}


def test_many_rooms_go_in_parts(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(empty_rooms, "ROOMS_AT_ONCE", 2)
    for number in range(5):
        aged(open_room(people.minji, make_user(f"Peer {number}")))
    assert list(delete_empty_rooms(timezone.now() - WEEK, dry_run=True)) == [2, 2, 1]
    assert list(delete_empty_rooms(timezone.now() - WEEK)) == [2, 2, 1]
    assert remaining() == set()


@pytest.mark.parametrize(("arguments", "left"), [([], 1), (["--empty-rooms-after", "0"], 2)])
def test_the_daily_command_deletes_them(people: People, arguments: list[str], left: int) -> None:
    aged(open_room(people.minji, people.juwon), days=7.1)
    aged(open_room(people.minji, people.stranger), days=6.9)
    said = StringIO()
    call_command("pairchat_delete_orphans", *arguments, stdout=said)
    assert len(remaining()) == left
    assert ("1 empty chat deleted." in said.getvalue()) == (left == 1)


@pytest.mark.parametrize("days", ["-1", "99999999"])
def test_the_command_refuses_a_number_that_is_none_of_days(days: str) -> None:
    with pytest.raises(CommandError, match="Nothing was deleted"):
        call_command("pairchat_delete_orphans", "--empty-rooms-after", days)
