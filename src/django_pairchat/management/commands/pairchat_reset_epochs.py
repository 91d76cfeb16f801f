"""``manage.py pairchat_reset_epochs``: run it after the database was restored from a backup."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from django_pairchat import get_room_model
from django_pairchat.services import reset_epochs

from ..people import confirm

WARNING = """\
Run this after the database was restored from a backup, before the server starts again.
Pages that were open may hold messages that the backup does not have. Each of the {count} conversation(s) gets a
new epoch, so that these pages drop their copies and load them again. Nothing stored is changed or lost.
"""


class Command(BaseCommand):
    help = "Make open pages load their conversations again after the database was restored from a backup."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-input", "--noinput", action="store_false", dest="interactive", help="Do not ask for confirmation."
        )

    def handle(self, *args: Any, interactive: bool, **options: Any) -> None:
        if interactive:
            self.stdout.write(WARNING.format(count=get_room_model()._default_manager.count()))
            confirm()
        count = reset_epochs()
        self.stdout.write(self.style.SUCCESS(f"Open pages will load {count} conversation(s) again."))
