"""Faults of the sweep: two at once, one that is killed, channels and people that fail."""

from __future__ import annotations

import threading
import uuid
from contextlib import suppress
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from django_pairchat import get_room_model
from django_pairchat.notifications import candidates
from django_pairchat.notifications.models import RoomNotice, SweepProgress
from django_pairchat.notifications.notifiers import Refused, Unavailable
from django_pairchat.notifications.services import sweep
from django_pairchat.notifications.sweep import MOST_ATTEMPTS, ROOMS_AT_ONCE, SweepResult, tell
from django_pairchat.services import PastMessage, add_past_messages, change_settings, delete, edit, mark_read, open_room
from tests.conftest import People
from tests.support.people import make_topic, make_user

from .conftest import NotedNotifier, ShowingPolicy, ago, begin_sweeping, end_pauses, make_due, write

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """Ends a sweep as a kill does: nothing that follows is done."""


@pytest.fixture(autouse=True)
def _swept_before(noted: type[NotedNotifier], people: People) -> None:
    begin_sweeping()


def told() -> list[Any]:
    return [news.person.user for news in NotedNotifier.sent]


def test_one_person_is_told_about_all_rooms_at_once(people: People, room: Any) -> None:
    other = open_room(people.stranger, people.juwon)
    write(room, people.minji)
    write(other, people.stranger, minutes_ago=20)
    write(other, people.stranger, minutes_ago=15)
    assert sweep().told == 1
    (news,) = NotedNotifier.sent
    assert sorted((each.peer.name, each.count) for each in news.rooms) == [("Minji", 1), ("Sora", 2)]


def test_the_first_sweep_tells_nobody_about_what_was_there_before(people: People, room: Any) -> None:
    SweepProgress.objects.all().delete()
    RoomNotice.objects.all().delete()
    write(room, people.minji, minutes_ago=60)
    sweep()
    assert told() == []
    write(room, people.minji, minutes_ago=-1)
    sweep()
    assert RoomNotice.objects.get().due_at > timezone.now()


def test_nobody_is_told_about_messages_from_another_chat(people: People, room: Any) -> None:
    sweep()
    for number in range(2):
        past = PastMessage(people.minji, "From there", ago(20 - number), uuid.uuid4(), was_read=False)
        add_past_messages(people.minji, people.juwon, [past])
        SweepProgress.objects.update(seen_until=ago(24 * 60))
        sweep()
    assert told() == []
    write(room, people.minji)
    assert sweep().told == 1
    assert NotedNotifier.sent[0].rooms[0].count == 1


def test_the_daily_look_does_not_go_back_before_the_first_sweep(people: People, room: Any) -> None:
    SweepProgress.objects.all().delete()
    sweep()
    write(room, people.minji, minutes_ago=60)
    SweepProgress.objects.update(seen_until=timezone.now(), complete_at=ago(25 * 60))
    sweep()
    assert told() == []


def test_a_message_that_was_committed_late_is_found(people: People, room: Any) -> None:
    write(room, people.minji, minutes_ago=1)
    SweepProgress.objects.update(seen_until=timezone.now())
    sweep()
    assert RoomNotice.objects.filter(user=people.juwon).exists()


def test_a_message_of_a_long_transaction_is_found_within_ten_minutes(people: People, room: Any) -> None:
    write(room, people.minji, minutes_ago=29)
    SweepProgress.objects.update(seen_until=timezone.now())
    sweep()
    assert told() == []
    SweepProgress.objects.update(wide_at=ago(10))
    sweep()
    assert told() == [people.juwon]


def test_once_a_day_older_rooms_are_looked_at_too(people: People, room: Any) -> None:
    write(room, people.minji, minutes_ago=5 * 60)
    SweepProgress.objects.update(seen_until=timezone.now())
    sweep()
    assert told() == []
    SweepProgress.objects.update(complete_at=ago(25 * 60))
    sweep()
    assert told() == [people.juwon]


def test_what_is_remembered_goes_with_the_room(people: People, room: Any) -> None:
    write(room, people.minji)
    sweep()
    room.delete()
    SweepProgress.objects.update(complete_at=ago(25 * 60))
    sweep()
    assert not RoomNotice.objects.exists()


def test_a_room_that_is_gone_before_it_is_told(people: People, room: Any) -> None:
    write(room, people.minji, minutes_ago=5)
    sweep()
    room.delete()
    make_due()
    sweep()
    assert (told(), RoomNotice.objects.count()) == ([], 0)


def test_more_rooms_than_fit_follow_with_the_next_sweep(people: People) -> None:
    for _ in range(ROOMS_AT_ONCE + 1):
        write(open_room(people.minji, people.juwon, make_topic()), people.minji)
    sweep()
    sweep()
    assert [len(news.rooms) for news in NotedNotifier.sent] == [ROOMS_AT_ONCE, 1]


def after_deciding(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """Do something between the decision who is due and the last look before sending."""
    from django_pairchat.notifications import sweep as module

    decided = module.due_people

    def late(notifier: Any) -> Any:
        found = decided(notifier)
        act()
        return found

    monkeypatch.setattr(module, "due_people", late)


def test_read_between_deciding_and_sending(
    people: People, room: Any, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = write(room, people.minji)
    after_deciding(monkeypatch, lambda: mark_read(people.juwon, key, message.seq))
    sweep()
    assert told() == []


def test_blocked_between_deciding_and_sending(
    people: People, room: Any, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(room, people.minji)
    after_deciding(monkeypatch, lambda: change_settings(people.juwon, key, blocked=True))
    sweep()
    assert told() == []


def test_deleted_between_deciding_and_sending(
    people: People, room: Any, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = write(room, people.minji)
    after_deciding(monkeypatch, lambda: delete(people.minji, key, message.seq))
    sweep()
    assert told() == []


def test_edited_between_deciding_and_sending(
    people: People, room: Any, key: str, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "POLICY": f"{ShowingPolicy.__module__}.ShowingPolicy"}
    message = write(room, people.minji, "My number is 1")
    after_deciding(monkeypatch, lambda: edit(people.minji, key, message.seq, "My number is 2"))
    sweep()
    (news,) = NotedNotifier.sent
    assert [each.content for each in news.rooms[0].messages] == ["My number is 2"]


def test_another_sweep_leaves_alone_what_one_is_sending(people: People, room: Any) -> None:
    write(room, people.minji)

    def sweep_again() -> None:
        NotedNotifier.before.clear()
        sweep()
        tell(NotedNotifier(), people.juwon.pk, SweepResult())

    NotedNotifier.before.append(sweep_again)
    sweep()
    assert told() == [people.juwon]


def test_a_sweep_killed_while_sending_is_repeated_once(people: People, room: Any) -> None:
    write(room, people.minji)
    for _ in range(4):
        NotedNotifier.failures[:] = [Killed()]
        try:
            sweep()
        except Killed:
            # Sent, but nobody knows.
            NotedNotifier.sent.append(None)  # type: ignore[arg-type] # it only counts
        # Its lease ends.
        make_due()
    assert len(NotedNotifier.sent) == 2


def test_what_is_not_known_is_not_forgotten_while_it_is_put_off(people: People, room: Any, key: str) -> None:
    tries: list[int] = []
    NotedNotifier.before.append(lambda: tries.append(1))
    write(room, people.minji)
    for _ in range(4):
        NotedNotifier.failures[:] = [Killed()]
        with suppress(Killed):
            sweep()
        make_due()
        change_settings(people.juwon, key, muted_until=ago(-60))
        sweep()
        change_settings(people.juwon, key, muted_until=None)
        make_due()
    assert len(tries) == 2


def test_what_came_after_two_killed_sweeps_is_told(people: People, room: Any) -> None:
    write(room, people.minji)
    for _ in range(2):
        NotedNotifier.failures[:] = [Killed()]
        with pytest.raises(Killed):
            sweep()
        make_due()
    write(room, people.minji)
    for _ in range(2):
        sweep()
        make_due()
    assert [(news.person.user, news.count) for news in NotedNotifier.sent] == [(people.juwon, 1)]


def test_a_sweep_killed_before_sending_loses_nothing(
    people: People, room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django_pairchat.notifications import sweep as module

    write(room, people.minji)
    with monkeypatch.context() as patched:

        def die(*_: Any) -> None:
            raise Killed

        patched.setattr(module, "_news", die)
        for _ in range(5):
            with pytest.raises(Killed):
                sweep()
            make_due()
    sweep()
    sweep()
    assert told() == [people.juwon]


def test_a_sweep_killed_holds_what_it_took_for_the_time_of_its_lease_only(people: People, room: Any) -> None:
    write(room, people.minji)
    NotedNotifier.failures[:] = [Killed()]
    with pytest.raises(Killed):
        sweep()
    sweep()
    assert told() == []
    make_due()
    sweep()
    assert told() == [people.juwon]


def test_a_channel_that_is_away_ends_the_sweep_and_loses_nothing(people: People, room: Any) -> None:
    other = open_room(people.juwon, people.stranger)
    write(room, people.minji)
    write(other, people.juwon)
    NotedNotifier.failures[:] = [Unavailable("away")]
    result = sweep()
    assert (told(), result.unavailable) == ([], ["noted"])
    sweep()
    make_due()
    sweep()
    assert {user.pk for user in told()} == {people.juwon.pk, people.stranger.pk}


def test_a_pause_stays_where_the_person_was_told_before_and_has_been_there_since(
    people: People, room: Any, key: str
) -> None:
    write(room, people.minji)
    sweep()
    mark_read(people.juwon, key, 1)
    write(room, people.minji)
    NotedNotifier.failures[:] = [Unavailable("away")]
    sweep()
    paused_until = RoomNotice.objects.get().due_at
    SweepProgress.objects.update(seen_until=ago(60))
    sweep()
    assert (len(told()), RoomNotice.objects.get().due_at) == (1, paused_until)
    make_due()
    sweep()
    assert len(told()) == 2


def test_a_channel_that_is_away_for_long_gives_nobody_up(people: People, room: Any) -> None:
    write(room, people.minji)
    for _ in range(MOST_ATTEMPTS + 3):
        NotedNotifier.failures[:] = [Unavailable("away")]
        sweep()
        make_due()
    sweep()
    assert told() == [people.juwon]


def test_a_channel_that_is_away_does_not_use_up_the_attempts_of_a_person(people: People, room: Any) -> None:
    write(room, people.minji)
    for failure in [Unavailable("away")] * MOST_ATTEMPTS + [RuntimeError("broken template"), None]:
        NotedNotifier.failures[:] = [failure]
        sweep()
        make_due()
    assert told() == [people.juwon]


def refuse(people: People, key: str) -> None:
    NotedNotifier.failures[:] = [Refused("no such address")]
    sweep()


def give_up(people: People, key: str) -> None:
    for _ in range(MOST_ATTEMPTS):
        NotedNotifier.failures[:] = [RuntimeError("broken template")]
        sweep()
        make_due()


def take_back(people: People, key: str) -> None:
    delete(people.minji, key, 1)
    sweep()


@pytest.mark.parametrize("act", [refuse, give_up, take_back])
def test_who_was_not_told_is_told_of_the_next_message_without_a_rest(
    people: People, room: Any, key: str, act: Any
) -> None:
    write(room, people.minji)
    act(people, key)
    assert (told(), list(RoomNotice.objects.values_list("told_at", flat=True))) == ([], [None])
    write(room, people.minji)
    sweep()
    assert [news.count for news in NotedNotifier.sent] == [1]


def test_a_person_who_is_refused_is_not_tried_again(people: People, room: Any) -> None:
    other = open_room(people.juwon, people.stranger)
    write(room, people.minji, minutes_ago=20)
    write(other, people.juwon)
    NotedNotifier.failures[:] = [Refused("no such address")]
    result = sweep()
    assert (result.refused, result.told, told()) == (1, 1, [people.stranger])
    assert not RoomNotice.objects.exclude(due_at=None).exists()


def test_what_fails_is_tried_again_with_pauses_and_in_the_end_given_up(people: People, room: Any) -> None:
    write(room, people.minji)
    pauses = []
    for _ in range(MOST_ATTEMPTS):
        NotedNotifier.failures[:] = [RuntimeError("broken template")]
        began = timezone.now()
        sweep()
        due_at = RoomNotice.objects.get().due_at
        pauses.append(None if due_at is None else round((due_at - began).total_seconds() / 60))
        make_due()
    NotedNotifier.failures.clear()
    sweep()
    assert (pauses, told()) == ([2, 4, 8, 16, 32, 60, 60, None], [])
    write(room, people.minji)
    sweep()
    assert told() == [people.juwon]


class ChoosyPolicy(ShowingPolicy):
    """Fails for one person."""

    def notifies(self, user: Any, channel: str) -> bool | None:
        if user.email == "juwon@example.com":
            raise RuntimeError("This host's policy is broken.")
        return None


def test_a_policy_that_fails_for_one_person_keeps_nobody_else_from_being_told(
    addresses: People, room: Any, settings: Any
) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "POLICY": f"{__name__}.ChoosyPolicy"}
    write(room, addresses.minji, minutes_ago=20)
    write(open_room(addresses.juwon, addresses.stranger), addresses.juwon)
    sweep()
    assert told() == [addresses.stranger]
    assert RoomNotice.objects.get(user=addresses.juwon).due_at > timezone.now()


@pytest.mark.django_db(transaction=True)
def test_each_write_is_repeated_after_a_conflict(noted: type[NotedNotifier], people: People, room: Any) -> None:
    begin_sweeping()
    other = open_room(people.juwon, people.stranger)
    write(room, people.minji)
    write(other, people.juwon, minutes_ago=5)
    failed: set[str] = set()

    def fail_once(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith("SELECT") and "pairchat_notifications_" in sql and sql not in failed:
            failed.add(sql)
            raise OperationalError(1213, "Deadlock found when trying to get lock")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail_once):
        sweep()
    mark_read(people.stranger, str(other.pk), 1)
    end_pauses()
    with connection.execute_wrapper(fail_once):
        sweep()
    assert told() == [people.juwon]
    assert not RoomNotice.objects.exclude(due_at=None).exists()
    assert len(failed) >= 5


@pytest.mark.django_db(transaction=True)
def test_sweeps_of_several_threads_tell_each_person_once(noted: type[NotedNotifier]) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite's default options refuse concurrent writers; the claim is one statement there, too")
    begin_sweeping()
    readers = [make_user(f"Reader {number}") for number in range(20)]
    writer = make_user("Writer")
    for reader in readers:
        write(open_room(writer, reader), writer)
    barrier = threading.Barrier(4)

    def run() -> None:
        barrier.wait()
        try:
            sweep()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(user.pk) for user in told()) == sorted(str(reader.pk) for reader in readers)


# Candidates


def plan(queryset: Any) -> str:
    return str(queryset.explain()).lower()


@pytest.fixture
def _many_rooms(transactional_db: None) -> None:
    """So many that a database finds an index worth using. MariaDB's ANALYZE commits."""
    model = get_room_model()
    users = [make_user(f"Person {number}") for number in range(80)]
    pairs = [(one, other) for number, one in enumerate(users) for other in users[number + 1 :]]
    model.objects.bulk_create(
        model(user1=one, user2=other, pair_key=f"pair {number}", head=1, last_message_at=ago(number))
        for number, (one, other) in enumerate(pairs)
    )
    RoomNotice.objects.bulk_create(
        RoomNotice(user=one, room_key=f"r{number}", channel="noted", due_at=ago(-60) if number % 2 else None)
        for number, (one, _other) in enumerate(pairs)
    )
    with connection.cursor() as cursor:
        for table in (model._meta.db_table, RoomNotice._meta.db_table):
            name = connection.ops.quote_name(table)
            cursor.execute(f"ANALYZE TABLE {name}" if connection.vendor == "mysql" else f"ANALYZE {name}")
            if connection.vendor == "mysql":
                cursor.fetchall()


@pytest.mark.usefixtures("_many_rooms")
def test_rooms_with_new_messages_are_found_by_index() -> None:
    rooms = candidates._rooms_after(ago(10), None).values_list(*candidates.COLUMNS)[:1000]
    assert index_name(get_room_model(), ["last_message_at"]) in plan(rooms)


@pytest.mark.usefixtures("_many_rooms")
def test_what_is_due_is_found_by_index() -> None:
    due = candidates.notices("noted").filter(due_at__lte=timezone.now()).order_by("due_at", "pk")[:500]
    assert "pairchat_notice_due" in plan(due)


def index_name(model: Any, fields: list[str]) -> str:
    return next(str(index.name).lower() for index in model._meta.indexes if index.fields == fields)


def test_a_sweep_without_anything_due_costs_the_same_few_queries(
    people: People, room: Any, django_assert_num_queries: Any
) -> None:
    write(room, people.minji)
    sweep()
    # The progress, the rooms with new messages, the new progress, and what is due.
    with django_assert_num_queries(4):
        sweep()
