"""``manage.py pairchat_delete_orphans``: delete files of no message, and rooms without any."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import ngettext

from ...services import delete_empty_rooms, delete_orphans

EMPTY_ROOM_DAYS: Final = 7


class Command(BaseCommand):
    help = (
        "Deletes uploaded files older than a day that belong to no message, of deleted rooms too, and rooms in which "
        "nobody has written within a week. Run it daily."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--empty-rooms-after",
            type=int,
            default=EMPTY_ROOM_DAYS,
            metavar="DAYS",
            help=f"how many days a room without messages is kept (default {EMPTY_ROOM_DAYS}); 0 keeps them all",
        )

    def handle(self, *args: Any, empty_rooms_after: int, **options: Any) -> None:
        if empty_rooms_after < 0:
            raise CommandError("--empty-rooms-after is a number of days, or 0. Nothing was deleted.")
        try:
            before = timezone.now() - timedelta(days=empty_rooms_after)
        except OverflowError:
            raise CommandError("--empty-rooms-after goes beyond the calendar. Nothing was deleted.") from None
        count = delete_orphans()
        self.stdout.write(ngettext("%d file deleted.", "%d files deleted.", count) % count)
        if empty_rooms_after:
            rooms = sum(delete_empty_rooms(before))
            self.stdout.write(ngettext("%d empty chat deleted.", "%d empty chats deleted.", rooms) % rooms)
