"""``python -m benchmarks.notifications``: the sweep over many rooms, on the database of ``PAIRCHAT_TEST_DB``.

It measures how long it takes to decide whom to tell, and to find that nobody is to be told. Nothing is sent. It makes a
database of its own and deletes it at the end.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from .data import own_database

PART = 5000
PEOPLE_PER_ROOM = 20
ROUNDS = 5
KIB_PER_MIB = 1024


def main() -> None:
    options = _options()
    with own_database():
        _measure(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.notifications", description=__doc__)
    parser.add_argument("--rooms", type=int, default=1_000_000)
    parser.add_argument("--unread", type=int, default=100_000, help="how many of them have unread messages")
    parser.add_argument("--due", type=int, default=10_000, help="how many of these were not told about yet")
    return parser.parse_args()


def _measure(options: argparse.Namespace) -> None:
    from django.db import connection
    from django.utils import timezone

    from django_pairchat.notifications.models import RoomNotice, SweepProgress
    from django_pairchat.notifications.sweep import sweep

    print(f"{connection.vendor}: filling {options.rooms} rooms …", flush=True)
    _fill(options, timezone.now())
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        decided = _decide()
    else:
        # This one has filled the database, and its memory shows it.
        with get_context("spawn").Pool(1, _begin, [connection.settings_dict["NAME"]]) as processes:
            decided = processes.apply(_decide)
    people, seconds, mib = decided
    print(f"{RoomNotice.objects.exclude(due_at=None).count()} due, {people} people, decided in {seconds:.2f} s")
    print(f"memory: {mib:.0f} MiB more than before")
    RoomNotice.objects.update(due_at=None, notified_seq=1)
    _analyze()
    print(f"nothing due: {_median_ms(sweep):.1f} ms")
    SweepProgress.objects.update(seen_until=timezone.now() - timedelta(days=1), complete_at=timezone.now())
    print(f"after a day without a sweep: {_milliseconds(sweep):.0f} ms")
    SweepProgress.objects.update(complete_at=timezone.now() - timedelta(days=2))
    print(f"all rooms of the last days: {_milliseconds(sweep):.0f} ms")


def _begin(database: str) -> None:
    """Prepare a new process for the database that was filled."""
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = database


def _decide() -> tuple[int, float, float]:
    """Return how many people are to be told, after how many seconds, and the MiB that it took at its peak."""
    from django.db import connection

    from django_pairchat.notifications.candidates import note_unread
    from django_pairchat.notifications.notifiers import get_notifiers
    from django_pairchat.notifications.sweep import due_people

    (notifier,) = get_notifiers()
    connection.ensure_connection()
    before = _forget_peak_mib()
    began = time.perf_counter()
    note_unread(notifier)
    people = due_people(notifier)
    return len(people), time.perf_counter() - began, _status_mib("VmHWM") - before


def _forget_peak_mib() -> float:
    """Let Linux forget the peak so far, and return what is used now."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status_mib("VmRSS")


def _status_mib(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / KIB_PER_MIB for line in lines if line.startswith(f"{name}:"))


def _milliseconds(function: Any) -> float:
    began = time.perf_counter()
    function()
    return (time.perf_counter() - began) * 1000


def _median_ms(function: Any) -> float:
    return statistics.median(_milliseconds(function) for _ in range(ROUNDS))


def _fill(options: argparse.Namespace, now: datetime) -> None:
    """Rooms of the last month; those with unread messages of the last days; those that are due of the last minutes."""
    from django.contrib.auth import get_user_model

    from django_pairchat import get_room_model
    from django_pairchat.notifications.models import RoomNotice, SweepProgress

    user_model, room_model = get_user_model(), get_room_model()
    count = max(options.rooms // PEOPLE_PER_ROOM, options.due, 2)
    for part in _parts(count):
        user_model.objects.bulk_create(
            user_model(username=f"p{number}", email=f"p{number}@example.com") for number in part
        )
    keys = list(user_model.objects.order_by("pk").values_list("pk", flat=True))
    for part in _parts(options.rooms):
        rooms = [_room(room_model, keys, number, options, now) for number in part]
        stored = room_model.objects.bulk_create(rooms)
        RoomNotice.objects.bulk_create(
            RoomNotice(user_id=room.user2_id, room_key=str(room.pk), channel="mail", notified_seq=1)
            for number, room in zip(part, stored, strict=True)
            if options.due <= number < options.unread
        )
    SweepProgress.objects.create(
        channel="mail",
        since=now - timedelta(days=30),
        seen_until=now - timedelta(minutes=30),
        wide_at=now,
        complete_at=now,
    )
    _analyze()


def _room(model: Any, keys: list[Any], number: int, options: argparse.Namespace, now: datetime) -> Any:
    is_unread = number < options.unread
    if number < options.due:
        age = timedelta(minutes=11, milliseconds=number * 480_000 / options.due)
    elif is_unread:
        age = timedelta(minutes=60 + number * 8000 / options.unread)
    else:
        age = timedelta(minutes=30 + number * 43_000 / options.rooms)
    read = 0 if is_unread else 1
    return model(
        user1_id=keys[(number + 1 + number // len(keys)) % len(keys)],
        user2_id=keys[number % len(keys)],
        pair_key=f"bench {number}",
        head=1,
        user1_read=1,
        user2_read=read,
        user2_has_unread=is_unread,
        last_message_at=now - age,
    )


def _parts(count: int) -> Iterator[range]:
    for start in range(0, count, PART):
        yield range(start, min(start + PART, count))


def _analyze() -> None:
    from django.db import connection

    statement = {"mysql": "ANALYZE TABLE pairchat_room, pairchat_notifications_roomnotice"}.get(
        connection.vendor, "ANALYZE"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        if connection.vendor == "mysql":
            cursor.fetchall()


if __name__ == "__main__":
    main()
