"""The figures of each whole day are counted once, in the site's days, also for days on which nobody counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as settings_in_use
from django.core.management import CommandError, call_command
from django.db.models import QuerySet
from django.utils import timezone

from django_pairchat import get_message_model, get_room_model
from django_pairchat.moderation.models import Report
from django_pairchat.services import activity as counting
from django_pairchat.services import open_room, report, send
from django_pairchat.statistics import added, roll_up
from django_pairchat.statistics.models import DailyFigures, RefusalCount
from django_pairchat.statistics.refusals import RefusalCounter
from tests.conftest import People
from tests.support.counting import counted
from tests.support.people import make_topic, make_user

pytestmark = pytest.mark.django_db

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 3, 10, 12, tzinfo=SEOUL)


@pytest.fixture(autouse=True)
def in_seoul(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TIME_ZONE = "Asia/Seoul"
    at_noon(monkeypatch, NOW)


def at_noon(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(timezone, "now", lambda: now)


def written(room: Any, sender: Any, at: datetime) -> None:
    message = send(room, sender, f"at {at}")
    get_message_model().objects.filter(pk=message.pk).update(created_at=at)
    get_room_model().objects.filter(pk=room.pk).update(last_message_at=at)


def on(day: int, hour: float = 12) -> datetime:
    return datetime(2026, 3, day, tzinfo=SEOUL) + timedelta(hours=hour)


def run(**options: Any) -> list[date]:
    return list(roll_up.roll_up(**options))


def of(day: int) -> DailyFigures:
    return DailyFigures.objects.get(day=date(2026, 3, day))


@pytest.fixture
def talks(people: People) -> dict[str, Any]:
    wallet, bicycle = make_topic("Wallet"), make_topic("Bicycle")
    about_wallet = open_room(people.minji, people.juwon, wallet)
    for sender, at in (
        (people.minji, on(5, 23.9)),
        (people.minji, on(6, 0)),
        (people.juwon, on(6, 10)),
        (people.minji, on(8, 9)),
        (people.minji, on(10, 9)),
    ):
        written(about_wallet, sender, at)
    about_bicycle = open_room(people.stranger, people.juwon, bicycle)
    for sender, at in ((people.stranger, on(6, 11)), (people.juwon, on(6, 11.5)), (people.juwon, on(6, 12))):
        written(about_bicycle, sender, at)
    written(open_room(people.minji, people.stranger), people.stranger, on(6, 23.99))
    return {"wallet": wallet, "bicycle": bicycle}


def test_each_day_has_its_messages_new_chats_and_first_answers(talks: Any) -> None:
    run()
    assert [(of(day).messages, of(day).new_chats, of(day).first_answers) for day in (5, 6, 7, 8, 9)] == [
        (1, 1, 0),
        (6, 2, 2),
        (0, 0, 0),
        (1, 0, 0),
        (0, 0, 0),
    ]
    # Half an hour, and ten hours and six minutes.
    assert of(6).answer_seconds == (1800 + 36360) / 2
    assert of(8).answer_seconds is None


def test_the_busiest_topics_come_first(talks: Any) -> None:
    run()
    busiest = [(topic["key"], topic["title"], topic["messages"], topic["chats"]) for topic in of(6).topics]
    wallet, bicycle = talks["wallet"], talks["bicycle"]
    assert busiest == [(str(bicycle.pk), str(bicycle), 3, 1), (str(wallet.pk), str(wallet), 2, 1)]
    assert of(6).topics[0]["type"] == "auth.group"


def test_today_is_left_to_tomorrow(talks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    days = run()
    assert days[-1] == date(2026, 3, 9)
    assert len(days) == roll_up.DAYS_BACK
    # A message of the last minute may be committed a little later.
    at_noon(monkeypatch, on(11, 0.1))
    assert run() == []
    at_noon(monkeypatch, on(11, 0.2))
    assert run() == [date(2026, 3, 10)]
    assert of(10).messages == 1


def test_a_day_is_counted_once_and_missed_ones_are_caught_up(talks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    DailyFigures.objects.filter(day__in=[date(2026, 3, 6), date(2026, 3, 8)]).delete()
    DailyFigures.objects.filter(day=date(2026, 3, 5)).update(messages=99)
    assert run() == [date(2026, 3, 6), date(2026, 3, 8)]
    assert (of(5).messages, of(6).messages, of(8).messages) == (99, 6, 1)
    assert run() == []
    assert run(again_since=date(2026, 3, 8)) == [date(2026, 3, 8), date(2026, 3, 9)]
    assert run(again_since=date(2026, 3, 5))[0] == date(2026, 3, 5)
    assert of(5).messages == 1


def test_parts_and_an_interruption_change_nothing(talks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "ROOMS_AT_ONCE", 1)
    monkeypatch.setattr(roll_up, "DAYS_AT_ONCE", 2)
    passes = iter([False] * 44 + [True])
    first = run(stopping=lambda: next(passes))
    assert len(first) == 88
    assert [*first, *run()][-1] == date(2026, 3, 9)
    assert (of(5).messages, of(6).messages, of(8).messages) == (1, 6, 1)


def test_more_messages_take_no_more_queries(people: People, talks: Any) -> None:
    with counted() as few:
        run()
    other = open_room(people.minji, make_user("Somebody"))
    for hour in range(10):
        written(other, people.minji, on(7, hour))
    DailyFigures.objects.all().delete()
    with counted() as many:
        run()
    assert many.count <= few.count
    assert of(7).messages == 10


@pytest.fixture
def sold() -> Iterator[list[tuple[datetime, datetime]]]:
    asked: list[tuple[datetime, datetime]] = []

    def count(start: datetime, end: datetime) -> int:
        asked.append((start, end))
        return 7

    added.add_daily_figure("sold", "Sold", count)
    yield asked
    added._added.pop("sold")


def test_another_app_counts_something_of_its_own(sold: list[tuple[datetime, datetime]]) -> None:
    run()
    assert of(9).more["sold"] == 7
    assert sold[-1] == (on(9, 0), on(10, 0))


def test_reports_are_counted_where_the_app_of_moderation_keeps_them(people: People, room: Any) -> None:
    send(room, people.minji, "rude")
    for reporter in (people.juwon, people.minji):
        report(reporter, str(room.pk), "rude", 1)
    made = Report.objects.order_by("pk").first()
    assert made is not None
    Report.objects.exclude(pk=made.pk).update(created_at=on(9, 24))
    Report.objects.filter(pk=made.pk).update(created_at=on(9, 0))
    run()
    assert (of(8).more["reports"], of(9).more["reports"]) == (0, 1)


def test_the_command_says_how_many_days_it_counted() -> None:
    said = StringIO()
    call_command("pairchat_roll_up", stdout=said)
    assert said.getvalue() == "90 day(s) were counted.\n"
    call_command("pairchat_roll_up", again_since="2026-03-09", stdout=said, verbosity=2)
    assert said.getvalue().endswith("2026-03-09\n1 day(s) were counted.\n")
    for wrong in ("yesterday", "2026-02-31"):
        with pytest.raises(CommandError, match="Nothing was counted"):
            call_command("pairchat_roll_up", again_since=wrong)


# Refusals


def refusals() -> dict[tuple[date, str], int]:
    return {(each.day, each.code): each.count for each in RefusalCount.objects.all()}


def test_refusals_are_counted_by_day_and_code(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = RefusalCounter()
    for code in ("busy", "busy", "empty", "made-up", "another"):
        counter.refused(code)
    assert refusals() == {}
    counter.store()
    today = date(2026, 3, 10)
    assert refusals() == {(today, "busy"): 2, (today, "empty"): 1, (today, "other"): 2}
    counter.store()
    # In UTC it is still the day before.
    at_noon(monkeypatch, on(11, 1))
    another = RefusalCounter()
    another.refused("busy")
    counter.refused("busy")
    counter.store()
    another.store()
    assert refusals()[date(2026, 3, 11), "busy"] == 2


def test_a_minute_later_they_are_stored_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    from django_pairchat.statistics import refusals as module

    called: list[Any] = []

    class Dispatcher:
        def call(self, calls: list[Any]) -> None:
            called.extend(calls)

    monkeypatch.setattr(module, "signal_dispatcher", Dispatcher)
    clock = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    counter = RefusalCounter()
    counter.refused("busy")
    clock[0] += 59
    counter.swept("connections", 0.1)
    assert called == []
    clock[0] += 2
    counter.swept("connections", 0.1)
    counter.swept("connections", 0.1)
    assert called == [counter.store]
    called[0]()
    assert sum(refusals().values()) == 1
    clock[0] += 100
    counter.swept("connections", 0.1)
    assert len(called) == 1


def test_what_cannot_be_stored_is_kept(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    from django.db import OperationalError

    from django_pairchat.statistics import refusals as module

    counter = RefusalCounter()
    counter.refused("busy")
    with monkeypatch.context() as patched:
        patched.setattr(module, "_add", lambda *_: (_ for _ in ()).throw(OperationalError("away")))
        counter.store()
    assert refusals() == {}
    assert "could not be counted" in caplog.text
    counter.refused("busy")
    counter.store()
    assert list(refusals().values()) == [2]


def test_what_another_process_stores_at_the_same_time_is_counted_too(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    counter, other = RefusalCounter(), RefusalCounter()
    for each in (counter, other, other):
        each.refused("busy")
    add = QuerySet.bulk_create

    def add_late(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(QuerySet, "bulk_create", add)
        other.store()
        return add(*arguments, **options)

    monkeypatch.setattr(QuerySet, "bulk_create", add_late)
    counter.store()
    assert list(refusals().values()) == [3]
    assert "could not be counted" not in caplog.text


def test_what_a_test_run_has_counted_goes_with_its_database(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    counter = RefusalCounter()
    counter.refused("busy")
    with monkeypatch.context() as after_the_run:
        after_the_run.setitem(settings_in_use.DATABASES["default"], "NAME", "the database of the site")
        counter.store()
    counter.store()
    assert refusals() == {}
    assert "could not be counted" not in caplog.text
