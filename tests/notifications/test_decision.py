"""Who is told, when: each reason against it is one test."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_pairchat.notifications.models import NotificationSettings, RoomNotice
from django_pairchat.notifications.people import Person
from django_pairchat.notifications.services import change_notification_settings, sweep
from django_pairchat.realtime import presence
from django_pairchat.services import change_settings, delete, mark_read
from tests.conftest import People

from .conftest import NotedNotifier, ago, begin_sweeping, end_pauses, make_due, write

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _swept_before(noted: type[NotedNotifier], people: People) -> None:
    begin_sweeping()


def told() -> list[Any]:
    return [news.person.user for news in NotedNotifier.sent]


def test_the_reader_of_an_old_message_is_told_once(room: Any, people: People) -> None:
    write(room, people.minji)
    sweep()
    sweep()
    assert told() == [people.juwon]


def test_a_message_younger_than_the_delay_waits(room: Any, people: People) -> None:
    write(room, people.minji, minutes_ago=9)
    sweep()
    assert told() == []
    make_due()
    sweep()
    assert told() == [people.juwon]


def test_messages_that_never_stop_do_not_put_it_off(room: Any, people: People) -> None:
    write(room, people.minji, minutes_ago=1)
    sweep()
    (due_at,) = RoomNotice.objects.values_list("due_at", flat=True)
    write(room, people.minji, minutes_ago=0)
    sweep()
    assert list(RoomNotice.objects.values_list("due_at", flat=True)) == [due_at]


def test_what_was_read_is_not_told(room: Any, people: People, key: str) -> None:
    message = write(room, people.minji)
    mark_read(people.juwon, key, message.seq)
    sweep()
    assert told() == []


def test_a_room_that_was_marked_unread_has_nothing_to_tell(room: Any, people: People, key: str) -> None:
    message = write(room, people.minji)
    mark_read(people.juwon, key, message.seq)
    change_settings(people.juwon, key, marked_unread=True)
    sweep()
    assert told() == []


def test_what_was_read_between_noting_and_telling_is_not_told(room: Any, people: People, key: str) -> None:
    message = write(room, people.minji, minutes_ago=5)
    sweep()
    mark_read(people.juwon, key, message.seq)
    make_due()
    sweep()
    assert told() == []


@pytest.mark.parametrize("blocker", ["minji", "juwon"])
def test_a_blocked_room_is_not_told(room: Any, people: People, key: str, blocker: str) -> None:
    write(room, people.minji)
    change_settings(getattr(people, blocker), key, blocked=True)
    sweep()
    assert told() == []


def test_a_muted_room_is_not_told(room: Any, people: People, key: str) -> None:
    write(room, people.minji)
    change_settings(people.juwon, key, muted_until=datetime(9999, 1, 1, tzinfo=UTC))
    sweep()
    assert told() == []
    change_settings(people.juwon, key, muted_until=None)
    sweep()
    assert told() == []


def test_a_room_muted_for_an_hour_is_told_afterwards(room: Any, people: People, key: str) -> None:
    write(room, people.minji)
    end = timezone.now() + timedelta(hours=1)
    change_settings(people.juwon, key, muted_until=end)
    sweep()
    assert (told(), RoomNotice.objects.get(user=people.juwon).due_at <= end) == ([], True)
    make_due()
    sweep()
    assert told() == []
    change_settings(people.juwon, key, muted_until=ago(0))
    make_due()
    sweep()
    assert told() == [people.juwon]


def test_an_archived_room_is_told_only_to_a_person_who_wants_that(room: Any, people: People, key: str) -> None:
    write(room, people.minji)
    change_settings(people.juwon, key, archived=True)
    sweep()
    assert told() == []
    change_notification_settings(people.juwon, archived=True)
    write(room, people.minji)
    change_settings(people.juwon, key, archived=True)
    sweep()
    assert told() == [people.juwon]


def test_an_inactive_account_is_not_told(room: Any, people: People) -> None:
    write(room, people.minji)
    people.juwon.is_active = False
    people.juwon.save()
    sweep()
    assert told() == []


def test_messages_of_a_deleted_account_are_not_told(room: Any, people: People) -> None:
    write(room, people.minji)
    people.minji.delete()
    sweep()
    assert told() == []


def test_a_person_in_the_chat_is_looked_at_again_later(room: Any, people: People) -> None:
    write(room, people.minji)
    now = timezone.now().timestamp()
    presence._write({str(people.juwon.pk): presence.Presence(now + 40, now)})
    sweep()
    assert told() == []
    presence._write({str(people.juwon.pk): presence.Presence(0.0, now)})
    make_due()
    sweep()
    assert told() == [people.juwon]


def test_a_switch_turns_the_channel_off(room: Any, people: People) -> None:
    change_notification_settings(people.juwon, channels={"noted": False})
    write(room, people.minji)
    sweep()
    change_notification_settings(people.juwon, channels={"noted": True})
    sweep()
    assert told() == []
    write(room, people.minji)
    sweep()
    assert told() == [people.juwon]


def test_a_person_without_a_choice_gets_what_the_setting_says(room: Any, people: People, settings: Any) -> None:
    settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, "ON_BY_DEFAULT": []}
    write(room, people.minji)
    sweep()
    assert told() == []


def test_messages_of_last_week_are_not_told(room: Any, people: People) -> None:
    write(room, people.minji, minutes_ago=5)
    sweep()
    make_due()
    type(room).objects.update(last_message_at=ago(8 * 24 * 60))
    sweep()
    assert told() == []


def test_a_room_without_its_unread_messages_is_not_told(room: Any, people: People, key: str) -> None:
    message = write(room, people.minji)
    delete(people.minji, key, message.seq)
    sweep()
    assert told() == []


def test_own_messages_are_not_told(room: Any, people: People, key: str) -> None:
    mark_read(people.juwon, key, write(room, people.minji).seq)
    write(room, people.juwon)
    sweep()
    assert told() == [people.minji]


def test_a_message_of_the_system_is_told_to_both(room: Any, people: People) -> None:
    write(room, None, "The parcel is on its way.")
    sweep()
    assert {user.pk for user in told()} == {people.minji.pk, people.juwon.pk}
    assert [news.rooms[0].by_system for news in NotedNotifier.sent] == [1, 1]


def test_who_was_told_and_has_not_come_is_told_less_often(room: Any, people: People) -> None:
    write(room, people.minji)
    sweep()
    write(room, people.minji)
    sweep()
    assert len(NotedNotifier.sent) == 1
    make_due()
    sweep()
    assert [news.rooms[0].count for news in NotedNotifier.sent] == [1, 1]


def test_who_has_read_is_told_of_what_follows_after_a_delay_of_its_own(room: Any, people: People, key: str) -> None:
    first = write(room, people.minji, minutes_ago=9)
    sweep()
    mark_read(people.juwon, key, first.seq)
    second = write(room, people.minji, minutes_ago=2)
    second.refresh_from_db()
    end_pauses()
    sweep()
    assert told() == []
    assert RoomNotice.objects.get(user=people.juwon).due_at == second.created_at + timedelta(minutes=10)
    make_due()
    sweep()
    assert told() == [people.juwon]


def test_a_deleted_message_does_not_start_the_clock(room: Any, people: People, key: str) -> None:
    delete(people.minji, key, write(room, people.minji).seq)
    write(room, people.minji, minutes_ago=2)
    sweep()
    end_pauses()
    sweep()
    assert told() == []


def test_who_was_told_and_has_come_since_is_told_as_soon_as_anybody(room: Any, people: People, key: str) -> None:
    write(room, people.minji)
    sweep()
    second = write(room, people.minji, minutes_ago=5)
    sweep()
    mark_read(people.juwon, key, second.seq)
    write(room, people.minji)
    sweep()
    assert told() == [people.juwon] * 2


def quiet(start: str, end: str, zone: str) -> Person:
    row = NotificationSettings(
        quiet_from=time.fromisoformat(start), quiet_until=time.fromisoformat(end), time_zone=zone
    )
    return Person(None, row)


@pytest.mark.parametrize(
    ("start", "end", "zone", "now", "ends"),
    [
        ("22:00", "07:00", "UTC", "2026-06-01T23:00", "2026-06-02T07:00"),
        ("22:00", "07:00", "UTC", "2026-06-02T06:59", "2026-06-02T07:00"),
        ("22:00", "07:00", "UTC", "2026-06-02T07:00", None),
        ("22:00", "07:00", "UTC", "2026-06-02T21:59", None),
        ("12:00", "14:00", "UTC", "2026-06-02T13:00", "2026-06-02T14:00"),
        ("22:00", "07:00", "Asia/Seoul", "2026-06-01T14:00", "2026-06-01T22:00"),
        ("22:00", "07:00", "Asia/Seoul", "2026-06-01T23:00", None),
        # The clock is put forward at 02:00 on this night in Berlin, and back on the other.
        ("22:00", "07:00", "Europe/Berlin", "2026-03-28T22:00", "2026-03-29T05:00"),
        ("22:00", "07:00", "Europe/Berlin", "2026-10-24T21:00", "2026-10-25T06:00"),
        ("08:00", "08:00", "UTC", "2026-06-01T08:00", None),
    ],
)
def test_quiet_hours_end_by_the_persons_clock(start: str, end: str, zone: str, now: str, ends: str | None) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    expected = None if ends is None else datetime.fromisoformat(ends).replace(tzinfo=UTC)
    assert quiet(start, end, zone).quiet_until(moment) == expected


def test_in_quiet_hours_it_is_put_off_to_their_end(room: Any, people: People) -> None:
    now = timezone.now()
    hours = ((now - timedelta(hours=1)).time(), (now + timedelta(hours=1)).time())
    change_notification_settings(people.juwon, quiet=hours, time_zone="UTC")
    write(room, people.minji)
    sweep()
    assert told() == []
    assert RoomNotice.objects.get(user=people.juwon).due_at == now + timedelta(hours=1)
