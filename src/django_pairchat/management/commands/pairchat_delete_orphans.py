"""``manage.py pairchat_delete_orphans``: delete uploaded files that belong to no message."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from ...services import delete_orphans


class Command(BaseCommand):
    help = "Deletes uploaded files older than a day that belong to no message, of deleted rooms too. Run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        count = delete_orphans()
        self.stdout.write(ngettext("%d file deleted.", "%d files deleted.", count) % count)
