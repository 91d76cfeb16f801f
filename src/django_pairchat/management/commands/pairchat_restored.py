"""``manage.py pairchat_restored``: to be run after the database was restored from a backup."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from django_pairchat import get_room_model
from django_pairchat.services import renew_epochs

WARNING = """\
Run this after the database was restored from a backup, before the server starts again.
Pages that were open hold messages which the backup may not have. Each of the {count} conversation(s) gets a
new epoch, so that these pages drop what they hold and load it again. Nothing stored is changed or lost.
"""


def _answer() -> str:
    try:
        return input("Type 'yes' to go on: ")
    except EOFError:
        raise CommandError("There is nobody here to ask: say --no-input. Nothing was changed.") from None


class Command(BaseCommand):
    help = "Make open pages load their conversations again after the database was restored from a backup."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-input", "--noinput", action="store_false", dest="interactive", help="Do not ask for confirmation."
        )

    def handle(self, *args: Any, interactive: bool, **options: Any) -> None:
        if interactive:
            self.stdout.write(WARNING.format(count=get_room_model()._default_manager.count()))
            if _answer() != "yes":
                raise CommandError("Nothing was changed.")
        count = renew_epochs()
        self.stdout.write(self.style.SUCCESS(f"Open pages will load {count} conversation(s) again."))
