"""How fast a person answers: the median time to the first answer, and the share of conversations that got one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.utils import timezone

from django_pairchat import get_message_model
from django_pairchat.base_models import SYSTEM_KIND
from django_pairchat.services import ResponseStats, change_settings, delete, open_room, response_stats, send
from tests.conftest import People
from tests.support.counting import counted
from tests.support.people import make_topic, make_user

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def at(message: Any, ago: timedelta) -> None:
    get_message_model().objects.filter(pk=message.pk).update(created_at=timezone.now() - ago)


def asked(user: Any, ago: timedelta, answered_after: timedelta | None = None, **more: Any) -> Any:
    """A conversation that somebody began with the user so long ago, and the user's answer."""
    peer = make_user(f"Buyer {get_message_model().objects.count()}")
    room = open_room(peer, user, **more)
    at(send(room, peer, "Is it still there?"), ago)
    if answered_after is not None:
        at(send(room, user, "Yes"), ago - answered_after)
        at(send(room, user, "It is"), ago - answered_after - timedelta(minutes=1))
    return room


def fresh(user: Any) -> ResponseStats:
    cache.clear()
    return response_stats(user)


def test_the_median_and_the_share_of_answers(people: People) -> None:
    for wait in (HOUR, 3 * HOUR, 10 * HOUR):
        asked(people.juwon, 5 * DAY, wait)
    asked(people.juwon, 5 * DAY)
    stats = fresh(people.juwon)
    assert (stats.conversations, stats.rate) == (4, 0.75)
    assert stats.median is not None
    assert abs(stats.median - 3 * HOUR) < timedelta(seconds=5)


def test_there_is_nothing_to_say_of_a_person_to_whom_nobody_wrote_first(people: People) -> None:
    room = open_room(people.juwon, people.minji)
    at(send(room, people.juwon, "Mine"), 5 * DAY)
    at(send(room, people.minji, "An answer"), 4 * DAY)
    open_room(people.minji, people.juwon, make_topic())
    assert fresh(people.juwon) == ResponseStats(conversations=0, rate=None, median=None)
    assert fresh(people.minji).conversations == 1


def test_who_wrote_first_counts_and_not_who_opened(people: People) -> None:
    room = open_room(people.juwon, people.minji)
    at(send(room, people.minji, "You have opened this?"), 5 * DAY)
    at(send(room, people.juwon, "Yes"), 5 * DAY - HOUR)
    assert fresh(people.juwon).rate == 1
    assert fresh(people.minji).conversations == 0


def test_messages_of_the_system_are_no_questions_and_no_answers(people: People) -> None:
    room = asked(people.juwon, 5 * DAY)
    at(send(room, None, "The listing was reserved.", kind=SYSTEM_KIND), 4 * DAY)
    assert fresh(people.juwon).rate == 0
    quiet = open_room(people.minji, people.juwon, make_topic())
    at(send(quiet, None, "Welcome", kind=SYSTEM_KIND), 5 * DAY)
    assert fresh(people.juwon).conversations == 1


@pytest.mark.parametrize("who", ["asker", "asked"])
def test_a_room_with_a_block_is_left_out(people: People, who: str) -> None:
    room = asked(people.juwon, 5 * DAY)
    change_settings(room.user1 if who == "asker" else people.juwon, room, blocked=True)
    assert fresh(people.juwon).conversations == 0


def test_what_is_older_than_90_days_is_left_out(people: People) -> None:
    asked(people.juwon, 91 * DAY, HOUR)
    asked(people.juwon, 89 * DAY, HOUR)
    assert fresh(people.juwon).conversations == 1


def test_a_question_of_today_has_a_day_to_be_answered(people: People) -> None:
    asked(people.juwon, 23 * HOUR)
    assert fresh(people.juwon).conversations == 0
    asked(people.juwon, 25 * HOUR)
    asked(people.juwon, HOUR, timedelta(minutes=1))
    assert (fresh(people.juwon).conversations, fresh(people.juwon).rate) == (2, 0.5)


def test_an_answer_that_was_deleted_was_one(people: People) -> None:
    room = asked(people.juwon, 5 * DAY, HOUR)
    delete(people.juwon, room, 2)
    assert fresh(people.juwon).rate == 1


def test_it_takes_one_query_whatever_was_written_and_none_within_the_hour(people: People) -> None:
    for _ in range(5):
        asked(people.juwon, 5 * DAY, HOUR)
    cache.clear()
    with counted() as queries:
        first = response_stats(people.juwon)
    assert queries.count == 1
    asked(people.juwon, 5 * DAY)
    with counted() as queries:
        assert response_stats(people.juwon) == first
    assert queries.count == 0
    assert response_stats(people.minji) == ResponseStats()


def test_only_the_newest_rooms_are_read(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_pairchat.services.answer_times.ROOMS_LIMIT", 2)
    for _ in range(4):
        asked(people.juwon, 5 * DAY, HOUR)
    assert fresh(people.juwon).conversations == 2


def test_without_a_cache_it_is_read_each_time(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(LocMemCache, "get", fail)
    asked(people.juwon, 5 * DAY, HOUR)
    assert response_stats(people.juwon).conversations == 1
    asked(people.juwon, 5 * DAY)
    assert response_stats(people.juwon).conversations == 2
