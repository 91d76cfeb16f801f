"""What is read of a long room or a long list is what is shown of it, however much there is around it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from django_pairchat import get_message_model, get_room_model
from django_pairchat.model_parts.pair_key import make_pair_key
from django_pairchat.services import history, inbox, open_room, room_list
from tests.conftest import People
from tests.support.database_work import work_of
from tests.support.people import make_topic, make_user

SHORT, LONG = 300, 3_000
FEW, MANY = 50, 1_000
AT_MOST = 1.5


def analyze() -> None:
    """As the database does by itself, some time after so much was written. On MariaDB it would end the transaction."""
    if connection.vendor != "mysql":
        with connection.cursor() as cursor:
            for model in (get_room_model(), get_message_model()):
                cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def messages_in(room: Any, first: int, last: int) -> None:
    model = get_message_model()
    model.objects.bulk_create(
        model(room=room, seq=seq, rev=seq, side=1 + seq % 2, client_id=uuid4(), content="hello")
        for seq in range(first, last + 1)
    )
    get_room_model().objects.filter(pk=room.pk).update(head=last, rev=last, user1_read=last, user2_read=last)


def room_of(people: People, count: int) -> Any:
    room = open_room(people.minji, people.juwon, make_topic())
    messages_in(room, 1, count)
    return room


PAGES: dict[str, Callable[[int], dict[str, int]]] = {
    "the newest": lambda head: {},
    "before the middle": lambda head: {"before": head // 2},
    "after the middle": lambda head: {"after": head // 2},
    "around the middle": lambda head: {"around": head // 2},
    "before the end": lambda head: {"before": head - 60},
    "after the beginning": lambda head: {"after": 60},
}


def test_a_page_of_a_long_room_costs_what_one_of_a_short_room_costs(people: People) -> None:
    rooms = {head: room_of(people, head) for head in (SHORT, LONG)}
    analyze()

    def work(head: int, place: dict[str, int]) -> int:
        def page() -> None:
            assert len(history(people.minji, str(rooms[head].pk), **place).messages) == 50

        page()
        return work_of(page)

    ratios = {name: work(LONG, place(LONG)) / work(SHORT, place(SHORT)) for name, place in PAGES.items()}
    assert {name: ratio for name, ratio in ratios.items() if ratio > AT_MOST} == {}


@pytest.mark.parametrize("cleared", [0, 100])
@pytest.mark.parametrize("missing", [range(1, 101), range(150, 220), range(101, 300, 2), range(250, 301)])
def test_pages_reach_everything_of_a_room_with_messages_missing(people: People, missing: range, cleared: int) -> None:
    """The oldest are missing after a prune, others if a host has deleted rows."""
    room = room_of(people, SHORT)
    get_message_model().objects.filter(room=room, seq__in=missing).delete()
    get_room_model().objects.filter(pk=room.pk).update(user1_cleared=cleared)
    expected = [seq for seq in range(1, SHORT + 1) if seq not in missing and seq > cleared]
    assert walked(people.minji, room, "before", SHORT + 1) == expected
    assert walked(people.minji, room, "after", 0) == expected
    page = history(people.minji, str(room.pk), around=200)
    seqs = [message.seq for message in page.messages]
    assert seqs == expected[expected.index(seqs[0]) : expected.index(seqs[-1]) + 1]
    assert (page.has_before, page.has_after) == (seqs[0] > expected[0], seqs[-1] < expected[-1])


def walked(user: Any, room: Any, way: str, seq: int) -> list[int]:
    found: list[int] = []
    more = True
    while more:
        page = history(user, str(room.pk), **{way: seq}, limit=40)
        seqs = [message.seq for message in page.messages]
        assert seqs
        found, more, seq = (
            ([*seqs, *found], page.has_before, seqs[0])
            if way == "before"
            else ([*found, *seqs], page.has_after, seqs[-1])
        )
    return found


def rooms_of(person: Any, count: int) -> None:
    room, message, now = get_room_model(), get_message_model(), timezone.now()
    peers = [make_user(f"{person} {number}") for number in range(count)]
    room.objects.bulk_create(
        room(
            user1=person,
            user2=peer,
            pair_key=make_pair_key(person, peer, None),
            head=1,
            rev=1,
            user1_has_unread=number % 10 == 0,
            user1_read=number % 10 != 0,
            last_message_at=now - timedelta(minutes=number),
        )
        for number, peer in enumerate(peers)
    )
    message.objects.bulk_create(
        message(room=each, seq=1, rev=1, side=2, client_id=uuid4(), content="hello")
        for each in room.objects.filter(user1=person)
    )


LISTS: dict[str, Callable[[Any], object]] = {
    "the list": lambda user: inbox(user).rooms,
    "its second page": lambda user: inbox(user, before=inbox(user).next).rooms,
    "its state": lambda user: room_list.inbox_state(user, unread=0),
}


def test_a_page_of_a_long_list_costs_what_one_of_a_short_list_costs(db: None) -> None:
    few, many = make_user("few"), make_user("many")
    rooms_of(few, FEW)
    rooms_of(many, MANY)
    analyze()
    for read in LISTS.values():
        read(few)
    ratios = {name: work_of(lambda: read(many)) / work_of(lambda: read(few)) for name, read in LISTS.items()}  # noqa: B023 - called at once
    assert {name: ratio for name, ratio in ratios.items() if ratio > AT_MOST} == {}
