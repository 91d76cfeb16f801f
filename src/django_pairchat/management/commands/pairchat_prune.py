"""``manage.py pairchat_prune``: remove messages that are older than they are kept."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ...core.access import all_rooms
from ...policy import get_policy
from ...services import prune

PROGRESS: Final = 1000


class Command(BaseCommand):
    help = "Removes messages that are older than so many days, with their files, from the beginning of each room."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--older-than", type=int, required=True, metavar="DAYS", help="how many days are kept")
        parser.add_argument(
            "--closed", action="store_true", help="only rooms about closed topics, as the policy's closed_rooms() says"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")

    def handle(self, *args: Any, older_than: int, closed: bool, dry_run: bool, **options: Any) -> None:
        if older_than < 1:
            raise CommandError("--older-than is a number of days, at least 1. Nothing was removed.")
        try:
            before = timezone.now() - timedelta(days=older_than)
        except OverflowError:
            raise CommandError("--older-than goes beyond the calendar. Nothing was removed.") from None
        rooms = messages = 0
        for pruned in prune(before, get_policy().closed_rooms(all_rooms()) if closed else None, dry_run=dry_run):
            rooms, messages = rooms + 1, messages + pruned.messages
            if options["verbosity"] > 1:
                self.stdout.write(f"room {pruned.room.pk}: {pruned.messages}")
            elif rooms % PROGRESS == 0:
                self.stdout.write(f"{messages} message(s) of {rooms} room(s) …")
        done = "would be removed from" if dry_run else "were removed from"
        self.stdout.write(f"{messages} message(s) {done} {rooms} room(s).")
