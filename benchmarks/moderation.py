"""``python -m benchmarks.moderation``: the queue of the desk, on the database of ``PAIRCHAT_TEST_DB``.

It makes many cases with a report and a piece of evidence each, and says how many queries and how long the pages of a
moderator take. It makes a database of its own and deletes it at the end.
"""

from __future__ import annotations

import argparse
import statistics
import time
from datetime import timedelta
from typing import Any

from .data import own_database

PART = 5_000
ROUNDS = 5
QUERIES_LIMIT = 10
CATEGORIES = ("spam", "fraud", "harassment", "illegal", "other")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.moderation", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    options = parser.parse_args()
    with own_database() as connection:
        print(f"{connection.vendor}: {options.cases} cases", flush=True)
        _fill(options.cases)
        _measure()


def _fill(count: int) -> None:
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.utils import timezone

    from django_pairchat.moderation.models import Case, Evidence, Report

    users: Any = get_user_model()._default_manager
    people = users.bulk_create([users.model(username=f"person{number}") for number in range(1000)])
    now = timezone.now()
    for start in range(0, count, PART):
        numbers = range(start, min(start + PART, count))
        cases = Case.objects.bulk_create(_case(number, people, now) for number in numbers)
        common = [{"case": case, "room_key": case.room_key} for case in cases]
        Report.objects.bulk_create(Report(**each, category=each["case"].category, text="rude") for each in common)
        Evidence.objects.bulk_create(
            Evidence(**each, seq=1, rev=1, kind="text", content="words " * 20, sent_at=now) for each in common
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE TABLE pairchat_moderation_case" if connection.vendor == "mysql" else "ANALYZE")


def _case(number: int, people: list[Any], now: Any) -> Any:
    from django_pairchat.moderation.models import Case

    is_open = number % 5 == 0
    person = people[number % len(people)]
    return Case(
        open_subject=f"message:{number}:1" if is_open else None,
        room_key=str(number),
        seq=1,
        accused=person,
        accused_key=str(person.pk),
        accused_name=f"Person {number % len(people)}",
        category=CATEGORIES[number % 7 % len(CATEGORIES)],
        state="open" if is_open else "decided",
        decision="" if is_open else "dismissed",
        report_count=1,
        last_reported_at=now - timedelta(minutes=number),
    )


def _measure() -> None:
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from django_pairchat.moderation.models import Case

    users: Any = get_user_model()._default_manager
    client = Client()
    client.force_login(users.create_superuser(username="desk"))
    queue = "/admin/pairchat_moderation/case/"
    newest = Case.objects.order_by("-last_reported_at").first()
    pages = {
        "the queue": queue,
        "decided ones": f"{queue}?state=decided",
        "all of a category": f"{queue}?state=all&category=fraud",
        "a search by name": f"{queue}?q=Person+77&state=all",
        "the page of a case": f"{queue}{newest.pk if newest else 0}/change/",
    }
    for name, url in pages.items():
        times = []
        for _round in range(ROUNDS):
            with CaptureQueriesContext(connection) as asked:
                since = time.perf_counter()
                status = client.get(url).status_code
                times.append((time.perf_counter() - since) * 1000)
        over = "" if len(asked) <= QUERIES_LIMIT or "case" in name else " (too many)"
        print(f"{name}: {status}, {len(asked)} queries{over}, {statistics.median(times):.0f} ms")


if __name__ == "__main__":
    main()
