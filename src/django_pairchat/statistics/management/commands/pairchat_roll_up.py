"""``manage.py pairchat_roll_up``: count the days that the statistics in the admin show."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date

from ...roll_up import roll_up


class Command(BaseCommand):
    help = "Counts messages, new chats and first answers of each whole day that was not counted yet. Run it daily."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--again-since", metavar="DATE", help="count the days from this one on once more")

    def handle(self, *args: Any, again_since: str | None, **options: Any) -> None:
        days = 0
        for day in roll_up(again_since=_date(again_since)):
            days += 1
            if options["verbosity"] > 1:
                self.stdout.write(str(day))
        self.stdout.write(f"{days} day(s) were counted.")


def _date(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"--again-since is a date such as 2026-01-31, not {text!r}. Nothing was counted.")
    return found
